"""Which servers the list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from traffic_guard.services.guarding.rows import Wanted

LONGEST = 100
STATES = [
    ("", _("all")),
    (
        _("Traffic"),
        [
            ("unknown", _("unknown what is left")),
            ("low", _("running low")),
            ("runs_out", _("runs out before the reset")),
        ],
    ),
    (
        _("Power"),
        [
            ("running", pgettext_lazy("server", "running")),
            ("stopped", _("stopped")),
            ("changing", _("stopping or starting")),
            ("gone", _("gone or unclear")),
        ],
    ),
    (
        _("Guard"),
        [
            ("planned", _("a stop is planned")),
            ("kept_off", _("stopped by the guard")),
            ("protected", _("protected")),
            ("paused", _("automatic stops paused")),
            ("missing", _("not found by the last search")),
        ],
    ),
]
ORDERS = [
    ("", _("least left first")),
    ("runs_out", _("runs out soonest")),
    ("rate", _("uses most an hour")),
    ("name", _("name")),
    ("account", _("account")),
]


class ServerFilter(forms.Form):
    """Everything is optional; what is no choice is left out."""

    q = forms.CharField(label=_("Search"), required=False)
    account = forms.ChoiceField(label=_("Account"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    order = forms.ChoiceField(label=_("Sort by"), required=False, choices=ORDERS)

    def __init__(
        self,
        *args: Any,
        accounts: Sequence[tuple[str, str]],
        regions: Sequence[str],
        **kwargs: Any,
    ) -> None:
        """`accounts`: public id and name of each."""
        super().__init__(*args, **kwargs)
        self.has_accounts = bool(accounts)
        names = [(region, region) for region in regions]
        self.fields["account"].choices = [("", _("all")), *accounts]  # type: ignore[attr-defined]
        self.fields["region"].choices = [("", _("all")), *names]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def wanted(self) -> Wanted:
        """Return what is looked for."""
        given = {name: self.cleaned_data.get(name) or "" for name in self.fields}
        text = str(given["q"]).replace("\x00", "")[:LONGEST]
        return Wanted(text, given["account"], given["region"], given["state"], given["order"])

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        wanted = self.wanted
        return any((wanted.text, wanted.account, wanted.region, wanted.state))

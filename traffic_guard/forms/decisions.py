"""Which decisions the log shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from traffic_guard.services.guarding.verdicts import Event, Verdict

LONGEST = 100
# what a person looks for -> the codes that tell of it
KINDS: dict[str, tuple[str, ...]] = {
    "stops": (
        Event.PLANNED,
        Event.HELD,
        Event.REMINDED,
        Event.ORDERED,
        Event.DONE,
        Event.DRY_RUN,
        Event.PLANNED_DRY,
        Verdict.STOP,
    ),
    "unknown": (
        Verdict.UNKNOWN,
        Verdict.CYCLE_OVER,
        Verdict.NO_PACKAGE,
        Verdict.UNCONFIRMED,
        Verdict.POWER_UNKNOWN,
        Verdict.NO_THRESHOLD,
    ),
    "spared": (
        Verdict.PROTECTED,
        Verdict.AUTO_OFF,
        Verdict.WATCH_ONLY,
        Verdict.PAUSED,
        Verdict.PAUSED_ALL,
        Verdict.SKIPPED,
        Verdict.TAGGED_OFF,
        Verdict.OWN_MACHINE,
        Verdict.HALTED,
        Verdict.LOCKED,
        Verdict.NO_OPENING,
        Verdict.RESTARTED,
    ),
    "trouble": (Event.REFUSED, Event.UNVERIFIED, Event.UNCLEAR, Event.LATE, Event.CUT_POWER),
    "people": (
        Event.POSTPONED,
        Event.CANCELLED,
        Event.SKIPPED_BY,
        Event.APPROVED,
        Event.BROUGHT_FORWARD,
        Event.PROTECTED_BY,
        Event.UNPROTECTED_BY,
        Event.PAUSED_BY,
        Event.UNPAUSED_BY,
        Event.STARTED_BY_HAND,
    ),
}
LABELS = [
    ("", _("all")),
    ("stops", _("stops, planned and done")),
    ("unknown", _("not known well enough")),
    ("spared", _("not stopped, as somebody wished")),
    ("trouble", _("trouble")),
    ("people", _("what people did")),
]


class DecisionFilter(forms.Form):
    """Everything is optional; what is no choice is left out."""

    q = forms.CharField(label=_("Server"), required=False)
    account = forms.ChoiceField(label=_("Account"), required=False)
    kind = forms.ChoiceField(label=_("About"), required=False, choices=LABELS)
    server = forms.SlugField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, accounts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        """`accounts`: public id and name of each."""
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [("", _("all")), *accounts]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return any(self.cleaned_data.get(name) for name in self.fields)

    def condition(self) -> Q:
        """Return what a decision must be to show."""
        given = self.cleaned_data
        wanted = Q()
        if account := given.get("account"):
            wanted &= Q(server__account__public_id=account)
        if server := given.get("server"):
            wanted &= Q(server__public_id=server)
        if kind := given.get("kind"):
            wanted &= Q(code__in=[str(code) for code in KINDS[kind]])
        for word in str(given.get("q") or "").replace("\x00", "")[:LONGEST].split():
            wanted &= Q(server__name__icontains=word) | Q(server__cloud_id__icontains=word)
        return wanted

"""The form of a wish for a VPS: it is only alerted of, so it says what and where."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ovh_sniper.forms.watching import WatchForm, watch_initial
from ovh_sniper.forms.wish_fields import CodeField
from ovh_sniper.forms.wish_sources import Source, SourceField
from ovh_sniper.models import Wish
from ovh_sniper.services.stock.vps_rows import LINUX, WINDOWS

BETWEEN = re.compile(r"[\s,;]+")


class VpsForm(WatchForm):
    """A VPS plan to be told of."""

    plan_code = CodeField(
        label=_("Plan"),
        max_length=80,
        help_text=_("OVH’s code of it, for example vps-2027-model2."),
    )
    datacenters = forms.CharField(
        label=_("Datacenters"),
        required=False,
        max_length=400,
        help_text=_("OVH’s codes with spaces between them, for example GRA SBG. Empty: any."),
    )

    system = forms.ChoiceField(
        label=_("System"),
        required=False,
        choices=[("", _("any")), (LINUX, LINUX), (WINDOWS, WINDOWS)],
    )

    FIELDS = {
        **WatchForm.FIELDS,
        "host": "source",
        "subsidiary": "source",
        "system_storage": "system",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"] = SourceField(with_accounts=False, label=_("Sold by"))

    def clean_datacenters(self) -> list[str]:
        """Return the codes, each once."""
        return list(dict.fromkeys(filter(None, BETWEEN.split(self.cleaned_data["datacenters"]))))

    def terms(self) -> dict[str, Any]:
        """Return what the valid form says, as wishes/lifecycle.py takes it."""
        given = self.cleaned_data
        source: Source = given["source"]
        return {
            **self.watch_terms(),
            "track": Wish.Track.VPS,
            "mode": Wish.Mode.ALERT,
            "account": None,
            "host": source.host,
            "subsidiary": source.subsidiary,
            "plan_code": given["plan_code"],
            "system_storage": given["system"],
            "datacenters": given["datacenters"],
        }


def initial_of(wish: Wish) -> dict[str, Any]:
    """Return a wish as the form shows it."""
    return {
        **watch_initial(wish),
        "source": Source(wish.host, wish.subsidiary).key,
        "plan_code": wish.plan_code,
        "system": wish.system_storage,
        "datacenters": " ".join(wish.datacenters),
    }

"""Of what time, shop and hardware somebody wants to see a plan's history; nonsense counts for
nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ovh_sniper.forms.stock import Shop
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Configuration
from ovh_sniper.services.catalogue import markets
from ovh_sniper.services.wording import hardware

RANGES = (7, 30, 90)  # days
USUAL = 30


class HistoryFilter(forms.Form):
    """The shop whose prices count, and what of the plan's history is shown."""

    shop = forms.ChoiceField(label=gettext_lazy("Prices of"), required=False)
    fqn = forms.ChoiceField(label=gettext_lazy("Hardware"), required=False)
    days = forms.TypedChoiceField(
        label=gettext_lazy("Time"), required=False, coerce=int, empty_value=None
    )

    def __init__(
        self, data: Any, host: Host, shops: Sequence[Shop], listed: Sequence[Configuration]
    ) -> None:
        super().__init__(data.copy())
        self.host = host
        mine = [subsidiary for known, subsidiary in shops if known == host]
        usual = mine[0] if mine else markets.FIRST[host]
        self.fields["shop"].choices = [  # type: ignore[attr-defined]
            (f"{host.value}/{code}", name) for code, name in markets.subsidiaries(host)
        ]
        self.fields["fqn"].choices = [  # type: ignore[attr-defined]
            ("", _("all configurations")),
            *((one.fqn, hardware_of(one)) for one in listed),
        ]
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (str(days), ngettext("%(n)s day", "%(n)s days", days) % {"n": days}) for days in RANGES
        ]
        self.is_valid()
        self.subsidiary = str(self.cleaned_data.get("shop") or "").partition("/")[2] or usual
        self.configuration = str(self.cleaned_data.get("fqn") or "")
        self.reach = int(self.cleaned_data.get("days") or USUAL)
        # what was left out, or is no choice, shows as what counts
        shown: Any = self.data
        shown["shop"] = self.shop_value
        shown["fqn"], shown["days"] = self.configuration, str(self.reach)

    @property
    def shop_value(self) -> str:
        """The shop as the stock pages name it: `eu/FR`."""
        return f"{self.host.value}/{self.subsidiary}"


def hardware_of(one: Configuration) -> str:
    """Return a configuration's parts in words; its name where it has none."""
    parts = [
        hardware.memories([one.memory]) if one.memory else "",
        hardware.storage(one.storage) if one.storage else "",
        hardware.storage(one.system_storage) if one.system_storage else "",
        one.gpu,
    ]
    return ", ".join(filter(None, parts)) or one.fqn

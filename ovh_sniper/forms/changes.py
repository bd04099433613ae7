"""Which changes of price lists somebody wants to see; what is no choice is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ovh_sniper.forms.stock import Shop, shop_label
from ovh_sniper.models import CatalogueChange

MOST_TEXT = 80


class ChangeFilter(forms.Form):
    """Everything is optional; without a shop all those count that the tenant uses."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "maxlength": MOST_TEXT,
                "placeholder": gettext_lazy("Plan or name"),
            }
        ),
    )
    shop = forms.ChoiceField(label=gettext_lazy("Shop"), required=False)
    kind = forms.ChoiceField(
        label=pgettext_lazy("to a price list", "What happened"),
        required=False,
        choices=[("", gettext_lazy("everything")), *CatalogueChange.Kind.choices],
    )

    def __init__(self, data: Any, mine: Sequence[Shop], read: Sequence[Shop]) -> None:
        super().__init__(data)
        self._mine = mine
        shops = [*mine, *(one for one in read if one not in mine)]
        self.fields["shop"].choices = [  # type: ignore[attr-defined]
            ("", _("all that you use")),
            *((f"{host.value}/{code}", shop_label((host, code))) for host, code in shops),
        ]
        self.is_valid()
        self._by_value = {f"{host.value}/{code}": (host, code) for host, code in shops}
        self.chosen = self._by_value.get(str(self.cleaned_data.get("shop") or ""))
        self.happened = str(self.cleaned_data.get("kind") or "")
        self.words = str(self.cleaned_data.get("q") or "")[:MOST_TEXT].split()

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words or self.happened or self.chosen)

    @property
    def shops(self) -> Sequence[Shop]:
        """The shops whose changes show."""
        return [self.chosen] if self.chosen else self._mine

    def condition(self) -> Q:
        """Return what a change must be to show."""
        wanted = Q(pk__in=[])
        for host, code in self.shops:
            wanted |= Q(catalogue__host=host.value, catalogue__subsidiary=code)
        if self.happened:
            wanted &= Q(kind=self.happened)
        for word in self.words:
            wanted &= Q(plan_code__icontains=word) | Q(name__icontains=word)
        return wanted

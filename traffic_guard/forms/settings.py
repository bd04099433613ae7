"""The product's settings that are not about telling: caps on stops, and what traffic costs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from traffic_guard.models import Preferences

MOST = 1000


class SettingsForm(forms.Form):
    """How many servers may be stopped at once, and the price of a GB above the package."""

    stops_per_run = forms.IntegerField(
        label=gettext_lazy("Most stops at once"),
        min_value=1,
        max_value=MOST,
        help_text=gettext_lazy("Within five minutes, over all accounts."),
    )
    stops_per_hour = forms.IntegerField(
        label=gettext_lazy("Most stops in an hour"), min_value=1, max_value=MOST
    )
    excess_price = forms.DecimalField(
        label=gettext_lazy("Price of a GB above the package"),
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
        help_text=gettext_lazy("As your cloud’s price list says. Empty: no money is shown."),
    )
    excess_currency = forms.CharField(
        label=gettext_lazy("Currency"),
        required=False,
        max_length=3,
        help_text=gettext_lazy("Three letters, such as CNY or USD."),
    )

    def clean_excess_currency(self) -> str:
        """Return the currency's letters. Raises ValidationError."""
        said = str(self.cleaned_data["excess_currency"]).strip().upper()
        if said and not (said.isascii() and said.isalpha() and len(said) == 3):
            raise ValidationError(_("Three letters, such as CNY."), code="form")
        return said

    def clean(self) -> dict[str, Any]:
        """Compare the two caps."""
        given = super().clean() or {}
        run, hour = given.get("stops_per_run"), given.get("stops_per_hour")
        if run is not None and hour is not None and hour < run:
            self.add_error("stops_per_hour", _("Not less than at once."))
        return given


def initial_of(found: Preferences) -> dict[str, Any]:
    """Return settings as the form shows them."""
    values = {name: getattr(found, name) for name in SettingsForm.base_fields}
    price = values["excess_price"]
    return values | {
        "excess_price": None if price is None else f"{price:f}".rstrip("0").rstrip(".")
    }

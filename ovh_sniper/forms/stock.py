"""What of the stock somebody wants to see; nonsense in an address counts for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ovh_sniper.gateways.hosts import SUBSIDIARIES, Host, datacenter
from ovh_sniper.models import Account
from ovh_sniper.services.catalogue import markets, stock_grid
from ovh_sniper.services.catalogue.offers import Offer, ranges
from ovh_sniper.services.wording import words

DELIVERIES = (1, 24, 72, 240)
# what OVH calls its ranges, where the price list only has a code
RANGES = {
    "kimsufi": "Kimsufi",
    "soyoustart": "So you Start",
    "rise": "Rise",
    "advance": "Advance",
    "scale": "Scale",
}
# as the demo's first account; OVH's largest shop
NOBODYS = (Host.EU, "FR")
Shop = tuple[Host, str]
MOST_TEXT = 80


def shop_of(text: str) -> Shop | None:
    """Return host and subsidiary of `eu/FR`; None where there is no such shop."""
    host, _slash, subsidiary = text.partition("/")
    if host in set(Host) and subsidiary in SUBSIDIARIES[Host(host)]:
        return Host(host), subsidiary
    return None


def shops_of(accounts: Iterable[Account]) -> list[Shop]:
    """Return the shops that accounts buy in, in their order."""
    known = ((one.host, one.subsidiary) for one in accounts if one.subsidiary)
    return list(dict.fromkeys((Host(host), subsidiary) for host, subsidiary in known))


def shop_label(shop: Shop) -> str:
    """Return what a shop is called."""
    return f"{markets.host_name(shop[0].value)} · {markets.subsidiary_name(shop[1])}"


class ShopForm(forms.Form):
    """The choice of a shop: a host and a subsidiary of it."""

    shop = forms.ChoiceField(label=gettext_lazy("Shop"), required=False)

    def __init__(self, data: Any, shops: Sequence[Shop]) -> None:
        super().__init__(data)
        self.shops = shops
        self.fields["shop"].choices = self._shops()  # type: ignore[attr-defined]
        if not data.get("shop"):
            self.data = data.copy()
            self.data["shop"] = _value(self.chosen)  # type: ignore[index]

    @property
    def chosen(self) -> Shop:
        """The shop that is asked for, else the one of the first account."""
        asked = shop_of(str(self.data.get("shop") or ""))
        return asked or next(iter(self.shops), NOBODYS)

    def _shops(self) -> list[Any]:
        groups: list[Any] = []
        if self.shops:
            mine = [(_value(shop), shop_label(shop)) for shop in self.shops]
            groups.append((_("Your accounts"), mine))
        for host in Host:
            choices = [
                (_value((host, code)), name)
                for code, name in markets.subsidiaries(host.value)
                if (host, code) not in self.shops
            ]
            if choices:
                groups.append((markets.host_name(host.value), choices))
        return groups


def _value(shop: Shop) -> str:
    return f"{shop[0].value}/{shop[1]}"


class StockFilter(ShopForm):
    """The filters above the grid."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": gettext_lazy("Plan, name or processor")}
        ),
    )
    stock = forms.BooleanField(label=gettext_lazy("Only what is in stock"), required=False)
    range = forms.ChoiceField(label=gettext_lazy("Range"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("Place"), required=False)
    hours = forms.TypedChoiceField(
        label=gettext_lazy("Delivery"), required=False, coerce=int, empty_value=None
    )
    price = forms.DecimalField(
        label=gettext_lazy("Most to pay now"),
        required=False,
        min_value=0,
        max_digits=9,
        decimal_places=2,
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Sort by"),
        required=False,
        choices=[
            (stock_grid.SOONEST, gettext_lazy("soonest delivery")),
            (stock_grid.CHEAPEST, gettext_lazy("price now")),
            (stock_grid.BY_NAME, gettext_lazy("name")),
        ],
    )

    def __init__(self, data: Any, shops: Sequence[Shop]) -> None:
        super().__init__(data, shops)
        self.fields["hours"].choices = [  # type: ignore[attr-defined]
            ("", _("at any time")),
            *((str(hours), _within(hours)) for hours in DELIVERIES),
        ]

    def offer(self, offers: Sequence[Offer]) -> None:
        """Fill in the choices that depend on what the shop sells."""
        self.fields["range"].choices = [  # type: ignore[attr-defined]
            ("", _("all ranges")),
            *((name, RANGES.get(name, name)) for name in ranges(offers)),
        ]
        self.fields["place"].choices = _places(offers)  # type: ignore[attr-defined]

    @property
    def is_narrowed(self) -> bool:
        """Whether one of the filters that are folded away is in use."""
        is_sorted = self.data.get("sort", "") not in ("", stock_grid.SOONEST)
        names = ("range", "place", "hours", "price")
        return is_sorted or any(self.data.get(name) for name in names)

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out of the grid."""
        names = ("q", "stock", "range", "place", "hours", "price")
        return any(self.data.get(name) for name in names)

    def wanted(self) -> stock_grid.Wanted:
        """Return what is looked for; what is no choice at all counts for nothing."""
        self.is_valid()
        given = self.cleaned_data
        return stock_grid.Wanted(
            text=given.get("q") or "",
            range=given.get("range") or "",
            place=given.get("place") or "",
            only_in_stock=given.get("stock") or False,
            max_hours=given.get("hours"),
            max_price=given.get("price"),
            sort=given.get("sort") or stock_grid.SOONEST,
        )


def _within(hours: int) -> str:
    return ngettext("within %(n)s hour", "within %(n)s hours", hours) % {"n": hours}


def _places(offers: Iterable[Offer]) -> list[Any]:
    """Return countries with their datacenters, those without a known country last."""
    codes = {code for offer in offers for code in offer.datacenters}
    countries: dict[str, list[str]] = {}
    for code in sorted(codes):
        countries.setdefault(datacenter(code).country, []).append(code)
    groups: list[Any] = [("", _("anywhere"))]
    for country in sorted(countries, key=lambda one: (not one, one)):
        choices = [(code, words.place(code)) for code in countries[country]]
        if country:
            all_of_it = _("%(flag)s %(country)s: all") % {
                "flag": datacenter(countries[country][0]).flag,
                "country": country,
            }
            choices.insert(0, (country, all_of_it))
        groups.append((country or _("Elsewhere"), choices))
    return groups

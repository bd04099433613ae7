"""What a plan can be had with: parts with what they cost more, options, datacenters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ovh_sniper.gateways.catalogue import Catalogue, Family, Plan
from ovh_sniper.gateways.hosts import PLACES, Host
from ovh_sniper.models import Configuration, StockInterval
from ovh_sniper.services.catalogue import catalogues, choosing
from ovh_sniper.services.catalogue.offers import with_tax


@dataclass(frozen=True, slots=True)
class Choice:
    """One part: a product name of the stock list, or an addon code.

    `monthly` is what a month costs more than with the standard part, with tax; None where OVH names
    no price.
    """

    value: str
    name: str
    monthly: Decimal | None
    is_standard: bool = False


@dataclass(frozen=True, slots=True)
class PlanParts:
    """What a plan can be had with. A plan without a public price has no extras.

    `parts` has the names of a wish's fields, `extras` those of OVH's families.
    """

    currency: str = ""
    parts: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    extras: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    datacenters: tuple[str, ...] = ()


def of(host: str, subsidiary: str, plan_code: str) -> PlanParts:
    """Return what a plan can be had with, from the price list and the stock list."""
    catalogue = catalogues.current(Host(host), subsidiary)
    plan = catalogue.plans.get(plan_code) if catalogue else None
    seen = _seen(host, plan_code)
    if catalogue is None or plan is None:
        parts = {name: _unpriced(products) for name, products in seen.items()}
        return PlanParts(parts=parts, datacenters=_known_places(host))
    return PlanParts(
        catalogue.currency,
        parts={name: _products(catalogue, plan, name, seen[name]) for name in choosing.PARTS},
        extras={
            family.name: _addons(catalogue, family)
            for family in plan.families
            if family.name.replace("-", "_") not in choosing.PARTS
        },
        datacenters=plan.datacenters,
    )


def _seen(host: str, plan_code: str) -> dict[str, list[str]]:
    """Return the products that the stock list has of each part."""
    rows = Configuration.objects.filter(host=host, plan_code=plan_code, is_gone=False)
    found = list(rows.order_by().values_list(*choosing.PARTS).distinct())
    return {
        name: sorted({row[at] for row in found if row[at]})
        for at, name in enumerate(choosing.PARTS)
    }


def _unpriced(products: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(product, product, None) for product in products)


def _products(
    catalogue: Catalogue, plan: Plan, name: str, seen: Iterable[str]
) -> tuple[Choice, ...]:
    """Return a part's products: those of the price list, then the stock list's others."""
    family = plan.family(name.replace("_", "-"))
    found: dict[str, Choice] = {}
    for choice in _addons(catalogue, family) if family else ():
        addon = catalogue.addons.get(choice.value)
        if addon is None or not addon.product or addon.product in found:
            continue
        found[addon.product] = Choice(
            addon.product, choice.name, choice.monthly, choice.is_standard
        )
    return (*found.values(), *_unpriced(one for one in seen if one not in found))


def _addons(catalogue: Catalogue, family: Family) -> tuple[Choice, ...]:
    base = _monthly(catalogue, family.default) if family.default else Decimal(0)
    found = []
    for code in family.addons:
        addon, monthly = catalogue.addons.get(code), _monthly(catalogue, code)
        more = None if monthly is None or base is None else monthly - base
        name = addon.name if addon and addon.name else code
        found.append(Choice(code, name, more, is_standard=code == family.default))
    return tuple(found)


def _monthly(catalogue: Catalogue, code: str) -> Decimal | None:
    """Return an addon's price of a month with tax, without promotions: those end."""
    addon = catalogue.addons.get(code)
    renewals = [
        one
        for one in (addon.pricings if addon else ())
        if one.capacity == "renew" and one.mode == "default"
    ]
    shortest = min(renewals, key=lambda one: one.months, default=None)
    return None if shortest is None else with_tax(shortest.price, catalogue.tax_rate)


def _known_places(host: str) -> tuple[str, ...]:
    """Return where a host was seen to deliver; all places we know where it was not seen yet."""
    rows = StockInterval.objects.filter(configuration__host=host)
    found = sorted(set(rows.order_by().values_list("datacenter", flat=True).distinct()))
    return tuple(found) or tuple(PLACES)

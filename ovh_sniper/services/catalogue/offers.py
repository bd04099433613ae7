"""The plans of one shop: what they are called, what they cost, where they are sold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from ovh_sniper.models import Configuration, StoredCatalogue, StoredPlan
from ovh_sniper.services.stock import list_rows

CENT = Decimal("0.01")
# `KS-15 | AMD Ryzen 5600`: how OVH's price list names a plan
BETWEEN = " | "


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan in its cheapest form; money with tax, None where the price list names no price.

    `due_now` is set-up and first period with promotions, `setup` is part of it.
    """

    plan_code: str
    name: str = ""
    cpu: str = ""
    range: str = ""
    setup: Decimal | None = None
    due_now: Decimal | None = None
    renewal: Decimal | None = None
    promotion: str = ""
    promotion_ends_at: datetime | None = None
    # where the shop sells it; empty: the price list does not know the plan
    datacenters: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What a search looks through."""
        return f"{self.plan_code} {self.name} {self.cpu} {self.range}".lower()


def shop(host: str, subsidiary: str) -> StoredCatalogue | None:
    """Return the price list's row without the list itself, None where nobody asked for it yet."""
    rows = StoredCatalogue.objects.filter(host=host, subsidiary=subsidiary)
    return rows.defer("body").first()


def all_of(
    host: str, catalogue: StoredCatalogue | None, *, listed: Iterable[str] | None = None
) -> list[Offer]:
    """Return every plan of a price list, and those that only the host's stock list names.

    `listed` are the plans of the stock list, where the caller has them already.
    """
    plans = StoredPlan.objects.filter(catalogue=catalogue) if catalogue else ()
    rate = catalogue.tax_rate if catalogue else Decimal(0)
    found = {plan.plan_code: _offer(plan, rate) for plan in plans}
    for code in _listed(host) if listed is None else listed:
        found.setdefault(code, Offer(code))
    return list(found.values())


def one(plan_code: str, catalogue: StoredCatalogue | None) -> Offer:
    """Return a plan of a price list, without a price where the list has it not."""
    plan = StoredPlan.objects.filter(catalogue=catalogue, plan_code=plan_code).first()
    if plan is None or catalogue is None:
        return Offer(plan_code)
    return _offer(plan, catalogue.tax_rate)


def _listed(host: str) -> Iterable[str]:
    rows = Configuration.objects.filter(list_rows.LISTED, host=host, is_gone=False)
    return rows.order_by().values_list("plan_code", flat=True).distinct()


def ranges(offers: Iterable[Offer]) -> list[str]:
    """Return the ranges (kimsufi, rise, ...) that there are plans of."""
    return sorted({offer.range for offer in offers if offer.range})


def _offer(plan: StoredPlan, rate: Decimal) -> Offer:
    name, _bar, cpu = plan.name.partition(BETWEEN)
    return Offer(
        plan_code=plan.plan_code,
        name=name,
        cpu=cpu,
        range=plan.range,
        setup=with_tax(plan.setup, rate),
        due_now=with_tax(plan.setup + plan.first_period, rate),
        renewal=with_tax(plan.renewal, rate),
        promotion=plan.promotion,
        promotion_ends_at=plan.promotion_ends_at,
        datacenters=tuple(plan.datacenters),
    )


def with_tax(amount: Decimal, rate: Decimal) -> Decimal:
    """Return an amount with tax, `rate` in percent."""
    return (amount * (100 + rate) / 100).quantize(CENT, ROUND_HALF_UP)

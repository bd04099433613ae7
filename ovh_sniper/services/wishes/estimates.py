"""What a wish would cost today, as a range over all hardware that it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product

from ovh_sniper.gateways.catalogue import Catalogue, Plan
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import Configuration, Wish
from ovh_sniper.services.catalogue import catalogues, choosing
from ovh_sniper.services.wording.objections import CannotOrder


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest of some amounts."""

    low: Decimal
    high: Decimal

    @property
    def is_one(self) -> bool:
        """Whether it is one amount."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """One server of a wish today, with tax; `renewal` None where OVH names no price for it."""

    now: Range
    renewal: Range | None
    currency: str
    tax_rate: Decimal  # percent


def estimate(wish: Wish, now: datetime) -> Estimate | None:
    """Return what one server costs; None where nothing of the price list is what a wish names.

    Only what the stock list has counts; before the first look at it, all that could be combined.
    """
    catalogue = catalogues.current(Host(wish.host), wish.subsidiary)
    plan = catalogue.plans.get(wish.plan_code) if catalogue else None
    if catalogue is None or plan is None:
        return None
    due, renewals = [], []
    for chosen in _possible(wish, catalogue, plan):
        price = choosing.due_now(catalogue, plan.code, chosen, now)
        if price is None:
            continue
        due.append(price)
        renewals.append(choosing.renewal(catalogue, plan.code, chosen, now))
    if not due:
        return None
    later = _range(one for one in renewals if one is not None)
    return Estimate(Range(min(due), max(due)), later, catalogue.currency, catalogue.tax_rate)


def _range(amounts: Iterable[Decimal]) -> Range | None:
    found = list(amounts)
    return Range(min(found), max(found)) if found else None


def _possible(wish: Wish, catalogue: Catalogue, plan: Plan) -> Iterator[Mapping[str, str]]:
    """Yield the addons of each configuration that a wish names or leaves open."""
    place = next(iter(plan.datacenters), "")
    for row in _rows(wish, catalogue, plan):
        if not choosing.fits(wish, row):
            continue
        try:
            yield choosing.addons(catalogue, row, wish.extras, place)
        except CannotOrder:
            continue


def _rows(wish: Wish, catalogue: Catalogue, plan: Plan) -> list[StockRow]:
    listed = Configuration.objects.filter(host=wish.host, plan_code=wish.plan_code, is_gone=False)
    found = [choosing.row_of(one) for one in listed]
    if found:
        return found
    parts = [_products(catalogue, plan, name) for name in choosing.PARTS]
    return [
        StockRow("", plan.code, "", memory, storage, system_storage, gpu, ())
        for memory, storage, system_storage, gpu in product(*parts)
    ]


def _products(catalogue: Catalogue, plan: Plan, name: str) -> list[str]:
    family = plan.family(name.replace("_", "-"))
    codes = family.addons if family else ()
    found = {addon.product for code in codes if (addon := catalogue.addons.get(code))}
    return sorted(found) or [""]

"""A price list's plans as rows, and what differs between two fetches of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ovh_sniper.gateways.catalogue import Catalogue, Plan, Pricing, Promotion
from ovh_sniper.models import CatalogueChange, StoredCatalogue, StoredPlan

Kind = CatalogueChange.Kind
PRICES = ("setup", "first_period", "renewal")
# All that a refresh may change in a row.
COLUMNS = (
    "name",
    "product",
    "range",
    *PRICES,
    "promotion",
    "promotion_ends_at",
    "datacenters",
)
# What a row holds; amounts finer than that would seem to change at every fetch.
FINEST = Decimal("0.0001")
CENT = Decimal("0.01")
# OVH names most promotions, but need not.
NAMELESS = "promotion"


def rows(stored: StoredCatalogue, catalogue: Catalogue, at: datetime) -> dict[str, StoredPlan]:
    """Return unsaved rows by plan code, priced for a time.

    A plan without a price for single months is left out: it cannot be ordered by us.
    """
    found = {}
    for code, plan in catalogue.plans.items():
        price = catalogue.price(code, at=at)
        if price is None:
            continue
        running = _running(plan, at)
        ends = [one.ends_at for one in running if one.ends_at]
        names = dict.fromkeys(one.name or NAMELESS for one in running)
        found[code] = StoredPlan(
            catalogue=stored,
            plan_code=code,
            name=plan.name[:200],
            product=plan.product[:80],
            range=plan.range[:40],
            setup=price.setup.quantize(FINEST),
            first_period=price.first_period.quantize(FINEST),
            renewal=price.renewal.quantize(FINEST),
            promotion=", ".join(names)[:120],
            promotion_ends_at=min(ends, default=None),
            datacenters=list(plan.datacenters),
        )
    return found


def next_turn(catalogue: Catalogue, after: datetime) -> datetime | None:
    """Return when the next promotion begins or ends that the price list names."""
    moments = (
        moment
        for plan in catalogue.plans.values()
        for pricing in _monthly(plan)
        for one in pricing.promotions
        for moment in (one.starts_at, one.ends_at)
        if moment is not None and moment > after
    )
    return min(moments, default=None)


def _monthly(plan: Plan) -> list[Pricing]:
    """Return the prices of a plan that is paid month by month: set-up and month."""
    return [one for one in plan.pricings if one.mode == "default" and one.months in (0, 1)]


def _running(plan: Plan, at: datetime) -> list[Promotion]:
    """Return the promotions that make the plan cheaper at a time, the best of each price."""
    found = []
    for pricing in _monthly(plan):
        on = [one for one in pricing.promotions if one.is_on(at) and one.price < pricing.price]
        if on:
            found.append(min(on, key=lambda one: one.price))
    return found


# --- What differs


def differs(old: StoredPlan, new: StoredPlan) -> bool:
    """Tell whether a stored row says anything else than it should."""
    return any(getattr(old, name) != getattr(new, name) for name in COLUMNS)


def changes(
    old: Mapping[str, StoredPlan], new: Mapping[str, StoredPlan], noticed_at: datetime
) -> Iterator[CatalogueChange]:
    """Yield unsaved rows for plans that came and went, and for prices that moved."""
    for code, plan in new.items():
        was = old.get(code)
        if was is None:
            yield _change(Kind.NEW, plan, noticed_at, {}, facts(plan))
            continue
        for kind in _kinds(was, plan):
            yield _change(kind, plan, noticed_at, facts(was), facts(plan))
    for code, plan in old.items():
        if code not in new:
            yield _change(Kind.GONE, plan, noticed_at, facts(plan), {})


def _kinds(was: StoredPlan, plan: StoredPlan) -> list[CatalogueChange.Kind]:
    """Return what happened: a promotion moves set-up and first month by itself."""
    if was.promotion != plan.promotion:
        moved = was.renewal != plan.renewal
        return [Kind.PROMOTION, Kind.PRICE] if moved else [Kind.PROMOTION]
    moved = any(getattr(was, name) != getattr(plan, name) for name in PRICES)
    return [Kind.PRICE] if moved else []


def _change(
    kind: CatalogueChange.Kind,
    plan: StoredPlan,
    noticed_at: datetime,
    before: dict[str, Any],
    after: dict[str, Any],
) -> CatalogueChange:
    return CatalogueChange(
        catalogue=plan.catalogue,
        plan_code=plan.plan_code,
        name=plan.name,
        kind=kind,
        before=before,
        after=after,
        noticed_at=noticed_at,
    )


def facts(plan: StoredPlan) -> dict[str, Any]:
    """Return what a change keeps of a plan: amounts without tax as text, and its promotion."""
    ends = plan.promotion_ends_at
    return {
        **{name: _text(getattr(plan, name)) for name in PRICES},
        "currency": plan.catalogue.currency,
        "promotion": plan.promotion,
        "promotion_ends_at": ends.isoformat() if ends else "",
    }


def _text(amount: Decimal) -> str:
    cents = amount.quantize(CENT)
    return str(cents if cents == amount else amount)

"""Plans in a list: by name and price, thousands of them, found by what somebody types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ovh_sniper.models import StockInterval
from ovh_sniper.services.catalogue import offers
from ovh_sniper.services.catalogue.offers import Offer

MOST_FOUND = 25
# longer searches find nothing anyway
MOST_WORDS = 6
DEAREST = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class FoundPlans:
    """What a search found, and how much more there is; money in `currency`.

    `chosen` are those of the asked codes that OVH lists; `is_read`: the price list was read.
    """

    plans: list[Offer]
    more: int
    chosen: Mapping[str, Offer]
    in_stock: frozenset[str]
    currency: str
    is_read: bool


def search(
    host: str, subsidiary: str, query: str, codes: Iterable[str] = (), *, limit: int = MOST_FOUND
) -> FoundPlans:
    """Return the plans that a search finds, the cheapest first, without those of `codes`.

    Plans without a public price, which only the stock list has, come last. Four queries, however
    many plans there are.
    """
    shop = offers.shop(host, subsidiary)
    words = query.lower().split()[:MOST_WORDS]
    every = {one.plan_code: one for one in offers.all_of(host, shop)}
    chosen = {code: every[code] for code in codes if code in every}
    found = [
        one
        for one in every.values()
        if one.plan_code not in chosen and all(word in one.words for word in words)
    ]
    found.sort(key=_rank)
    shown = found[:limit]
    return FoundPlans(
        shown,
        len(found) - len(shown),
        chosen,
        _in_stock(host, [*chosen, *(one.plan_code for one in shown)]),
        shop.currency if shop else "",
        is_read=shop is not None and shop.fetched_at is not None,
    )


def _rank(one: Offer) -> tuple[Decimal, str]:
    return (DEAREST if one.renewal is None else one.renewal, one.plan_code)


def _in_stock(host: str, codes: list[str]) -> frozenset[str]:
    there = StockInterval.objects.filter(
        configuration__host=host, configuration__plan_code__in=codes, closed_at=None
    )
    rows = there.order_by().values_list("configuration__plan_code", flat=True)
    return frozenset(rows.distinct())

"""What a wish orders of all that is in stock: what comes first, and what is left alone for now."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Max, Q

from ovh_sniper.gateways.errors import Kind
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Order, WarmCart, Wish
from ovh_sniper.services.catalogue import catalogues, choosing
from ovh_sniper.services.matching import budgets
from ovh_sniper.services.stock import ghosts
from ovh_sniper.services.wording.objections import OF_THE_ACCOUNT, CannotOrder

if TYPE_CHECKING:
    from ovh_sniper.services.stock.intervals import StockChange

log = logging.getLogger(__name__)

# A configuration that was too dear, or not what was wished, is left alone for a while.
LEFT_ALONE = timedelta(hours=1)
PRICES = frozenset({"price_over_cap", "renewal_over_cap", "price_unknown"})
BUDGETS = frozenset({"budget_day", "budget_month"})
# Of the moment, of the wish or of the account: the configuration itself is as good as before.
PASSING = frozenset(
    {
        *("too_late", "wish", "expired", "schedule", "suspended", "lost", "catalogue"),
        # the next one has a cart of its own
        "cart_edited",
    }
)
IGNORED = (Kind.OUT_OF_STOCK.value, *PASSING, *OF_THE_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Picked:
    """Where each missing server is tried first; `held_until`: when more of it may be tried."""

    places: list[StockChange]
    held_until: datetime | None


def pick(wish: Wish, changes: Sequence[StockChange], count: int, now: datetime) -> Picked:
    """Return where to order `count` servers: preferred place first, then cheapest, then soonest.

    All go to the first choice, or, where any datacenter will do, side by side to those that have
    the same configuration.
    """
    left_alone, new_money_at = _left_alone(wish, now)
    certain = [
        change
        for change in changes
        if change.row.fqn not in left_alone and _is_certain(wish, change)
    ]
    ranked, free_at = _free(wish, certain, now)
    held_until = min((at for at in (free_at, new_money_at) if at is not None), default=None)
    ranked.sort(key=lambda change: _rank(wish, change))
    if not ranked:
        return Picked([], held_until)
    first = ranked[0]
    places = [first]
    if not wish.datacenters:
        places = [change for change in ranked if change.row.fqn == first.row.fqn]
    return Picked([places[number % len(places)] for number in range(count)], held_until)


def _free(
    wish: Wish, changes: Sequence[StockChange], now: datetime
) -> tuple[list[StockChange], datetime | None]:
    """Return what OVH did not refuse a moment ago, and when the first of the others is free."""
    refused = ghosts.of_places(Host(wish.host), {change.row.fqn for change in changes})
    holds = {place: one.hold_until for place, one in refused.items() if one.hold_until > now}
    waiting = [holds[place] for one in changes if (place := (one.row.fqn, one.datacenter)) in holds]
    free = [one for one in changes if (one.row.fqn, one.datacenter) not in holds]
    return free, min(waiting, default=None)


def _left_alone(wish: Wish, now: datetime) -> tuple[set[str], datetime | None]:
    """Return the configurations that would be refused again, for all that is known; and when there
    is new money for those that the budget was too small for."""
    lately = Order.objects.filter(
        # by hand it had to cost what somebody was shown, whatever the wish's own limits are
        Q(source=Order.Source.WISH) | ~Q(reason__in=PRICES),
        wish=wish,
        state=Order.State.REFUSED,
        # with other terms it may be another story
        ended_at__gte=max(now - LEFT_ALONE, wish.changed_at),
    ).exclude(reason__in=IGNORED)
    rows = lately.values_list("fqn", "reason", "ended_at")
    found = [(fqn, reason, at) for fqn, reason, at in rows if at is not None]
    if not found:
        return set(), None
    today, quoted = budgets.day_start(wish, now), _quoted(wish)
    dear = {fqn for fqn, reason, at in found if reason in BUDGETS and at >= today}
    others = {
        fqn
        for fqn, reason, at in found
        if reason not in BUDGETS
        # a cart was quoted since, and is within the limits
        and not (reason in PRICES and fqn in quoted and quoted[fqn] > at)
    }
    return dear | others, today + timedelta(days=1) if dear else None


def _quoted(wish: Wish) -> dict[str, datetime]:
    """Return configuration -> when its cart, which is within the wish's limits, was quoted last."""
    ready = WarmCart.objects.filter(
        wish=wish, state=WarmCart.State.READY, quoted_at__isnull=False
    ).order_by()
    return dict(ready.values_list("fqn").annotate(at=Max("quoted_at")))


def _is_certain(wish: Wish, change: StockChange) -> bool:
    """Tell whether the price list names exactly one addon for each part of the hardware."""
    account = wish.account
    if account is None:
        return False
    catalogue = catalogues.current(Host(account.host), account.subsidiary)
    if catalogue is None:
        return True  # intends then says so
    try:
        choosing.addons(catalogue, change.row, wish.extras, change.datacenter)
    except CannotOrder as error:
        log.info("wish %s: %s", wish.pk, error)
        return False
    return True


def _rank(wish: Wish, change: StockChange) -> tuple[int, Decimal, int]:
    place = wish.datacenters.index(change.datacenter) if wish.datacenters else 0
    price = catalogues.price_of(Host(wish.host), wish.subsidiary, change.row, wish.extras)
    return place, price.with_tax if price else Decimal("Infinity"), change.hours

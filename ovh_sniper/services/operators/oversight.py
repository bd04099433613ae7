"""What needs an operator's eye, over all tenants: orders without an answer, accounts, carts, lists.

Needs `unscoped`, as it is open under `/operator/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from ovh_sniper.models import Account, Order, StoredCatalogue, WarmCart
from ovh_sniper.services.accounts import findings
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.orders import listing

# An answer that was lost is usually found within seconds.
LONG = timedelta(minutes=2)
# A price list that was not read for so long is told of: it is read daily.
OLD = catalogues.DAILY + timedelta(hours=6)
MOST = 20


@dataclass(frozen=True, slots=True)
class Unclear:
    """An order that may exist at OVH, and since when nobody knows."""

    order: Order
    since: datetime


@dataclass(frozen=True, slots=True)
class Sick:
    """An account that cannot be used, and the worst of what is wrong with it, in words."""

    account: Account
    problem: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """The price list of a subsidiary as it was read last."""

    catalogue: StoredCatalogue
    is_old: bool


def unclear_orders(now: datetime) -> tuple[list[Unclear], int]:
    """Return the orders that wait long for OVH's answer, the oldest first, and how many."""
    found = Order.objects.filter(
        Q(checkout_at__lte=now - LONG) | Q(checkout_at=None, created_at__lte=now - LONG),
        state__in=(Order.State.ORDERING, Order.State.UNKNOWN),
    )
    rows = found.select_related("account", "tenant").defer(*listing.SECRETS)
    orders = [
        Unclear(order, order.checkout_at or order.created_at)
        for order in rows.order_by("checkout_at", "pk")[:MOST]
    ]
    return orders, len(orders) if len(orders) < MOST else found.count()


def broken_accounts() -> tuple[list[Sick], int]:
    """Return accounts that OVH refuses, and how many there are."""
    found = Account.objects.filter(state=Account.State.BROKEN, left_at=None)
    rows = found.select_related("tenant").defer(*listing.ACCOUNT_SECRETS)
    accounts = [Sick(one, _worst(one)) for one in rows.order_by("-checked_at", "-pk")[:MOST]]
    return accounts, len(accounts) if len(accounts) < MOST else found.count()


def _worst(account: Account) -> str:
    found = findings.in_order(account.findings)
    return found[0].title if found else ""


def carts() -> dict[str, int]:
    """Return how many carts there are in each state."""
    counted = WarmCart.objects.order_by().values_list("state").annotate(count=Count("pk"))
    return {str(state): count for state, count in counted}


def price_lists(now: datetime) -> Sequence[PriceList]:
    """Return all price lists, those that were not read for the longest time first."""
    rows = list(StoredCatalogue.objects.defer("body"))
    rows.sort(key=lambda one: (one.fetched_at is not None, one.fetched_at or now, one.pk))
    return [
        PriceList(one, one.fetched_at is None or one.fetched_at < now - OLD or one.failures > 0)
        for one in rows
    ]

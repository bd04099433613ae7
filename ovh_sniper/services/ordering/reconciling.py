"""Orders whose answer was lost: what OVH's own books say, and never another try.

A cart is ordered once at most, and checkout is called once for it, so the cart tells: marked as
ordered, the order is found in the list of orders since the checkout; not marked, it is deleted
first, since what was sent late might still arrive, and only then, when the list does not show it
either, the order counts as not made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import Error as DatabaseError
from django.db.models import Q

from ovh_sniper.gateways.carts import Placed, Quote
from ovh_sniper.gateways.errors import Busy, Kind, Refused, Unreachable
from ovh_sniper.gateways.orders import Order as Booked
from ovh_sniper.gateways.orders import OrderLine
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Account, Order
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.services.ordering import going_on, outcomes

State = Order.State
HOLD = timedelta(minutes=2)
# OVH's clock and ours may differ by so much.
SKEW = timedelta(minutes=5)
# A checkout that was sent may arrive late: before this nothing counts as not ordered.
SETTLED = timedelta(seconds=60)
# What arrived before the cart was deleted is in the list this long after.
LISTED = timedelta(seconds=15)
# No checkout arrives later than this.
LATEST = timedelta(hours=1)
FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=10)


class Fate(StrEnum):
    """What the cart says of a checkout that may have arrived."""

    ORDERED = "ordered"
    OPEN = "open"
    GONE = "gone"


def abandoned(order_id: int, now: datetime) -> bool:
    """Note that the worker died that was about to order, or had: nobody knows which.

    Needs the tenant's scope, outside a transaction.
    """
    mine = Order.objects.filter(pk=order_id, state=State.ORDERING, retry_at__lte=now)
    order = mine.select_related("account", "wish").first()
    return order is not None and outcomes.unclear(order, "", now)


def reconcile(order_id: int, *, now: datetime, connect: Callable[[Account], Ovh] = ovh_of) -> str:
    """Find out what became of an order in state unknown; return its state then.

    Needs the tenant's scope without a transaction: it calls OVH. Asks again later, ever more
    seldom, until OVH's books are certain.
    """
    mine = Order.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now), pk=order_id)
    if mine.filter(state=State.UNKNOWN).update(retry_at=now + HOLD):
        order = Order.objects.select_related("account", "wish__tenant").get(pk=order_id)
        try:
            _look_up(order, connect(order.account), now)
        except (Busy, Unreachable) as error:
            _later(order, now, timedelta(seconds=error.retry_after))
        except Refused as refused:
            # credentials that no longer work: only with good ones the books can be read
            _later(order, now, LONGEST, detail=refused.message)
        except Exception:
            # a fault of ours, or of the database: not until the hold of a dead worker ends
            with contextlib.suppress(DatabaseError):
                _later(order, now)
            raise
    return Order.objects.values_list("state", flat=True).get(pk=order_id)


def _look_up(order: Order, ovh: Ovh, now: datetime) -> None:
    sent_at = _sent_at(order)
    fate = _fate(order, ovh)
    is_settled = now >= sent_at + SETTLED
    if fate is Fate.OPEN:
        # no checkout can arrive any more once the cart is deleted; one that did is in the list then
        if is_settled and _delete(order, ovh):
            _set_next(order, now + LISTED)
        else:
            _later(order, now)
        return
    found = _booked(order, ovh, fate, now)
    if found is not None:
        if not outcomes.placed(order, _as_placed(found), now):
            # another one of ours took it for its own at the same moment
            _later(order, now)
    elif fate is Fate.ORDERED or not is_settled:
        # the list does not show it yet
        _later(order, now)
    else:
        going_on.refuse(order, "lost", "", now, hold=now + HOLD)


def _sent_at(order: Order) -> datetime:
    return order.checkout_at or order.created_at


# --- The cart


def _fate(order: Order, ovh: Ovh) -> Fate:
    try:
        cart = ovh.cart(order.cart_id)
    except Refused as refused:
        if refused.kind in {Kind.CART_GONE, Kind.NOT_FOUND}:
            return Fate.GONE
        raise
    return Fate.ORDERED if cart.is_ordered else Fate.OPEN


def _delete(order: Order, ovh: Ovh) -> bool:
    """Delete a cart that was not ordered; False where OVH does not do that."""
    try:
        ovh.delete_cart(order.cart_id)
    except Refused as refused:
        return refused.kind in {Kind.CART_GONE, Kind.NOT_FOUND}
    return True


# --- The list of orders


def _booked(order: Order, ovh: Ovh, fate: Fate, now: datetime) -> Booked | None:
    """Return the order of OVH's list that is this one: none of ours, the same server and place.

    Of several the one at the same price, then the nearest in time. Where the cart no longer tells
    whether it was ordered, those stay out of it whose carts do tell.
    """
    sent_at = _sent_at(order)
    ids = ovh.orders_between(sent_at - SKEW, min(now, sent_at + LATEST) + SKEW)
    ours = Order.objects.filter(_of_the_account(order), ovh_order_id__in=ids)
    known = set(ours.values_list("ovh_order_id", flat=True))
    fitting = [
        ovh.order(number)
        for number in ids
        if number not in known and _is_the_same(order, ovh.order_lines(number))
    ]
    if fate is Fate.GONE and fitting and len(fitting) <= _ordered_too(order, ovh):
        return None

    def unlikeness(booked: Booked) -> tuple[bool, timedelta]:
        is_other = order.due_now is not None and booked.with_tax != order.due_now
        return is_other, abs(booked.ordered_at - sent_at)

    return min(fitting, key=unlikeness, default=None)


def _is_the_same(order: Order, lines: tuple[OrderLine, ...]) -> bool:
    """Tell whether an order of OVH's holds this one's plan, nothing else, and nowhere else."""
    codes = {line.plan_code for line in lines if line.plan_code}
    places = {line.datacenter for line in lines if line.datacenter}
    wanted = {order.plan_code, *order.addons.values()}
    return order.plan_code in codes and codes <= wanted and places <= {order.datacenter}


def _ordered_too(order: Order, ovh: Ovh) -> int:
    """Return how many others of ours for the same server certainly were ordered, and not found."""
    rivals = Order.objects.filter(
        _of_the_account(order),
        plan_code=order.plan_code,
        datacenter=order.datacenter,
        state__in=[State.ORDERING, State.UNKNOWN],
        checkout_at__range=(_sent_at(order) - LATEST, _sent_at(order) + LATEST),
    ).exclude(pk=order.pk)
    return sum(
        rival.addons == order.addons and _fate(rival, ovh) is Fate.ORDERED for rival in rivals
    )


def _of_the_account(order: Order) -> Q:
    """One account of OVH's may have been linked twice."""
    account = order.account
    mine = Q(account=account)
    if not account.nichandle:
        return mine
    return mine | Q(account__host=account.host, account__nichandle=account.nichandle)


def _as_placed(booked: Booked) -> Placed:
    quote = Quote((), booked.currency, booked.without_tax, booked.tax, booked.with_tax)
    return Placed(booked.id, booked.url, quote)


# --- Later


def _later(
    order: Order, now: datetime, at_least: timedelta = FIRST, *, detail: str | None = None
) -> None:
    """Ask again: half as long after now as the order is old, within limits."""
    wait = min(max((now - _sent_at(order)) / 2, at_least, FIRST), max(LONGEST, at_least))
    _set_next(order, now + wait)
    if detail:
        Order.objects.filter(pk=order.pk, state=State.UNKNOWN).update(detail=detail[:500])


def _set_next(order: Order, at: datetime) -> None:
    Order.objects.filter(pk=order.pk, state=State.UNKNOWN).update(retry_at=at)

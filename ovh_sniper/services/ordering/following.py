"""Orders that exist: followed to delivery, reminded of while unpaid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from ovh_sniper.gateways.errors import Busy, Refused, Unreachable
from ovh_sniper.gateways.orders import OrderStatus, service_name
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Account, Order
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.services.ordering import outcomes, paying
from ovh_sniper.services.telling import news, reminders
from tenants.scoping import unscoped
from tenants.services import audit
from tenants.services.audit import Actor

State = Order.State
FOLLOWED = (State.PLACED, State.CHECKING, State.DOCUMENTS, State.DELIVERING)
HOLD = timedelta(minutes=2)
# (age of the order, how often it is looked at): delivery within two hours is normal.
CADENCE = (
    (timedelta(minutes=10), timedelta(seconds=30)),
    (timedelta(hours=2), timedelta(minutes=5)),
)
SELDOM = timedelta(hours=1)
NAMELESS = timedelta(days=1)
STATES = {
    OrderStatus.NOT_PAID: State.PLACED,
    OrderStatus.CHECKING: State.CHECKING,
    OrderStatus.DOCUMENTS_REQUESTED: State.DOCUMENTS,
    OrderStatus.DELIVERING: State.DELIVERING,
    OrderStatus.DELIVERED: State.DELIVERED,
    OrderStatus.CANCELLED: State.CANCELLED,
}


# --- At OVH


def follow(order_id: int, *, now: datetime, connect: Callable[[Account], Ovh] = ovh_of) -> str:
    """Do what staff asked for, see how far an order is, remind of it; return its state.

    Needs the tenant's scope without a transaction: it calls OVH.
    """
    free = Order.objects.filter(pk=order_id, retry_at__lte=now, ovh_order_id__isnull=False)
    if free.update(retry_at=now + HOLD):
        order = Order.objects.select_related("account", "wish__tenant").get(pk=order_id)
        try:
            _follow(order, connect(order.account), now)
        except (Busy, Unreachable) as error:
            at_least = timedelta(seconds=error.retry_after)
            _look_again(order, now, at_least, has_failed=True)
        except Refused as refused:
            Order.objects.filter(pk=order.pk).update(detail=refused.message[:500])
            _look_again(order, now, SELDOM)
        reminders.remind(order, now)
    return Order.objects.values_list("state", flat=True).get(pk=order_id)


def _follow(order: Order, ovh: Ovh, now: datetime) -> None:
    if order.wanted:
        paying.do_wanted(order, ovh, now)
    status = paying.status_of(order, ovh)
    paying.settle(order, status, now)
    if status is None:
        # OVH removes some orders that ended
        _moved(order, State.CANCELLED, now, reason="gone")
        _look_again(order, now)
        return
    state = STATES.get(status, order.state)
    if state == order.state == State.PLACED and not _knows_its_end(order):
        _note_end(order, ovh)
    if state == State.DELIVERED and not order.service_name:
        order.service_name = service_name(ovh.order_lines(paying.number_of(order)), order.plan_code)
        Order.objects.filter(pk=order.pk).update(service_name=order.service_name)
    if state != order.state:
        _moved(order, state, now)
    if status is OrderStatus.CANCELLING:
        _set_next(order, now, now + CADENCE[0][1])
    else:
        _look_again(order, now)


def _knows_its_end(order: Order) -> bool:
    """Tell whether `pay_until` is OVH's own word, not what was reckoned when it was placed."""
    reckoned = None if order.placed_at is None else order.placed_at + outcomes.UNPAID_FOR
    return order.pay_until not in (None, reckoned)


def _note_end(order: Order, ovh: Ovh) -> None:
    """Learn when OVH cancels an unpaid order, and what it really costs."""
    booked = ovh.order(paying.number_of(order))
    ends = booked.expires_at or order.pay_until
    if order.due_now is not None and booked.with_tax != order.due_now:
        with transaction.atomic():
            audit.record(
                "ovh_order.price_differs",
                actor=Actor.system(),
                target=order,
                quoted=str(order.due_now),
                booked=str(booked.with_tax),
            )
    Order.objects.filter(pk=order.pk, state=State.PLACED).update(
        pay_until=ends, due_now=booked.with_tax
    )
    order.pay_until, order.due_now = ends, booked.with_tax


def _moved(order: Order, state: str, now: datetime, *, reason: str = "") -> None:
    """Note an order's new state, once, and tell."""
    is_over = state in (State.DELIVERED, State.CANCELLED)
    with transaction.atomic():
        mine = Order.objects.filter(pk=order.pk, state=order.state)
        if not mine.update(
            state=state,
            ended_at=now if is_over else None,
            # why it was not paid is over, too
            reason="",
            detail="",
            pay_until=order.pay_until if state == State.PLACED else None,
        ):
            return
        was = order.state
        order.refresh_from_db()
        if state == State.DELIVERED:
            news.delivered(order)
        elif state == State.CANCELLED:
            reason = reason or ("unpaid" if was == State.PLACED else "cancelled")
            Order.objects.filter(pk=order.pk).update(reason=reason)
            order.reason = reason
            news.cancelled(order)
        else:
            news.progressed(order)
        audit.record(f"ovh_order.{state}", actor=Actor.system(), target=order)


def _look_again(
    order: Order, now: datetime, at_least: timedelta = timedelta(0), *, has_failed: bool = False
) -> None:
    """Set the next look: by the order's age, and in time for the next reminder."""
    age = now - (order.placed_at or order.created_at)
    wait = max(next((often for limit, often in CADENCE if age < limit), SELDOM), at_least)
    at: datetime | None = now + wait
    if order.state == State.DELIVERED:
        # the name of the server may come later than the server
        ended = now - (order.ended_at or now)
        is_over = order.service_name or ended > NAMELESS
        at = None if is_over and not has_failed else now + wait
    elif order.state not in FOLLOWED:
        at = None
    elif (reminder := reminders.next_at(order, now)) is not None:
        at = min(now + wait, reminder)
    elif _just_ended(order, now):
        # OVH takes a moment to cancel it
        at = now + max(CADENCE[0][1], at_least)
    if at is not None and order.pay_sent_at is not None:
        # whether it arrived is to be told soon
        at = min(at, max(order.pay_sent_at + paying.SETTLED, now + at_least))
    _set_next(order, now, at)


def _just_ended(order: Order, now: datetime) -> bool:
    is_unpaid = order.state == State.PLACED and order.pay_until is not None
    return is_unpaid and now < (order.pay_until or now) + CADENCE[0][0]


def _set_next(order: Order, now: datetime, at: datetime | None) -> None:
    # the hold is this worker's; what staff asked for meanwhile is due at once and stays so
    Order.objects.filter(pk=order.pk, retry_at=now + HOLD).update(retry_at=at)


def due(now: datetime, limit: int) -> list[tuple[int, int, str]]:
    """Return (tenant id, order id, state) of all tenants' orders that want something done."""
    states = (State.INTENDED, State.ORDERING, State.UNKNOWN, *FOLLOWED, State.DELIVERED)
    with unscoped("the clock looks for orders of all tenants"):
        rows = Order.objects.filter(state__in=states, retry_at__lte=now)
        return list(rows.order_by("retry_at", "pk").values_list("tenant_id", "pk", "state")[:limit])

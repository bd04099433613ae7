"""What became of an order, written down once: placed, refused, unclear, dry.

All functions belong outside a transaction, in the tenant's scope: each commits its rows and what
staff is told of them in one. They return whether it was this call that wrote.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from ovh_sniper.gateways.carts import Placed
from ovh_sniper.gateways.errors import Kind
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Order, WarmCart, Wish
from ovh_sniper.services.carts import warm
from ovh_sniper.services.matching import intents
from ovh_sniper.services.stock import ghosts
from ovh_sniper.services.telling import alerts, news
from ovh_sniper.services.wording.objections import OF_THE_ACCOUNT
from tenants.services import audit

State = Order.State
# An order that nobody paid ends then (OVH's help, KB0054535).
UNPAID_FOR = timedelta(hours=24)
FIRST_LOOK = timedelta(seconds=10)


def placed(order: Order, answer: Placed, now: datetime) -> bool:
    """Note that OVH took an order. OVH's word counts, whatever was thought of it meanwhile."""
    with transaction.atomic():
        _hold_wish(order)
        if not _note_placed(order, answer, now):
            return False
        order.refresh_from_db()
        # its cart is an order now; what else was made for it is still to be deleted
        WarmCart.objects.filter(order=order).exclude(state=WarmCart.State.LITTER).delete()
        ghosts.note_ordered(Host(order.account.host), order.fqn, order.datacenter, now)
        news.succeeded(order)
        audit.record(
            "ovh_order.placed",
            actor=audit.Actor.system(),
            target=order,
            order_id=answer.order_id,
            due_now=str(answer.quote.with_tax),
            currency=answer.quote.currency,
        )
        finish_wish(order.wish)
        # last: what an alert says of its wish depends on whether that is done now
        alerts.ordered(order)
    return True


def _note_placed(order: Order, answer: Placed, now: datetime) -> bool:
    values = {
        "state": State.PLACED,
        # why it does not pay itself is still of interest
        "reason": order.reason if order.reason == Kind.NO_PAYMENT_METHOD.value else "",
        "detail": "",
        "ovh_order_id": answer.order_id,
        "url": answer.url,
        "due_now": answer.quote.with_tax,
        "currency": answer.quote.currency,
        "placed_at": now,
        "ended_at": None,
        # one that pays itself is never reminded of, unless OVH says that it is unpaid
        "pay_until": None if order.autopay else now + UNPAID_FOR,
        "retry_at": now + FIRST_LOOK,
    }
    unnoted = Order.objects.filter(pk=order.pk, ovh_order_id=None)
    # thought to be lost its place was given away: it exists all the same
    for changes in (values, {**values, "place": None}):
        try:
            with transaction.atomic():
                return unnoted.update(**changes) == 1
        except IntegrityError:
            continue
    # another row has this order of OVH's
    return False


def dry(order: Order, now: datetime, *, hold: datetime) -> bool:
    """Note that an order would have been sent; `hold` as in `refused`."""
    with transaction.atomic():
        _hold_wish(order)
        mine = Order.objects.filter(pk=order.pk, state=State.INTENDED, retry_at=hold)
        if not mine.update(
            state=State.DRY,
            due_now=order.due_now,
            renewal=order.renewal,
            currency=order.currency,
            lines=order.lines,
            checkout_at=now,
            ended_at=now,
            retry_at=None,
        ):
            return False
        order.refresh_from_db()
        intents.discard_cart(order, now)
        news.succeeded(order)
        finish_wish(order.wish)
    return True


def refused(order: Order, reason: str, detail: str, now: datetime, *, hold: datetime) -> bool:
    """Note that nothing was bought: the order's place is free again.

    Only for an order of which that is certain: never sent, or refused by OVH in its own words, or
    looked up. `hold` is what the order's `retry_at` must still be: of a worker that was away too
    long the word no longer counts, since another one may be ordering by now. A wish whose account
    cannot order is stopped, since every other try would fail too.
    """
    with transaction.atomic():
        _hold_wish(order)
        open_ones = (State.INTENDED, State.ORDERING, State.UNKNOWN)
        mine = Order.objects.filter(
            pk=order.pk, state__in=open_ones, ovh_order_id=None, retry_at=hold
        )
        if not mine.update(
            state=State.REFUSED,
            reason=reason[:40],
            detail=detail[:500],
            ended_at=now,
            retry_at=None,
        ):
            return False
        order.refresh_from_db()
        _let_go(order, now)
        news.failed(order)
        audit.record("ovh_order.refused", actor=audit.Actor.system(), target=order, reason=reason)
        if reason in OF_THE_ACCOUNT and order.source == Order.Source.WISH:
            stop_wish(order.wish, detail or reason)
    return True


def _let_go(order: Order, now: datetime) -> None:
    """Keep the cart of an order that was refused for want of stock, and nothing else."""
    if order.reason != Kind.OUT_OF_STOCK.value:
        intents.discard_cart(order, now)
        return
    host = Host(order.account.host)
    ghosts.note_refused(host, order.fqn, order.plan_code, order.datacenter, now)
    warm.give_back(order, now)


def _hold_wish(order: Order) -> None:
    """Lock the wish ahead of the order, as everybody does: the other way round they would wait for
    each other."""
    if order.wish_id is not None:
        list(Wish.objects.select_for_update(no_key=True).filter(pk=order.wish_id).values_list("pk"))


def unclear(order: Order, detail: str, now: datetime) -> bool:
    """Note that nobody knows whether OVH took an order; reconciling finds out."""
    with transaction.atomic():
        mine = Order.objects.filter(pk=order.pk, state=State.ORDERING)
        if not mine.update(state=State.UNKNOWN, detail=detail[:500], retry_at=now):
            return False
        order.refresh_from_db()
        news.unclear(order)
    return True


def finish_wish(wish: Wish | None) -> bool:
    """End a wish that has all it asked for."""
    if wish is None:
        return False
    # of two last orders the second one counts the first one
    locked = Wish.objects.select_for_update(no_key=True).filter(pk=wish.pk)
    quantity = locked.values_list("quantity", flat=True).first()
    certain = set(Order.COUNTED) - {State.INTENDED, State.ORDERING, State.UNKNOWN}
    done = Q(state__in=certain) | Q(state=State.CANCELLED, ovh_order_id__isnull=False)
    held = Order.objects.filter(done, wish=wish, place__isnull=False)
    if quantity is None or held.count() < quantity:
        return False
    return _end_wish(wish, Wish.State.DONE, "")


def stop_wish(wish: Wish | None, why: str) -> bool:
    """Stop a wish that cannot go on by itself."""
    return wish is not None and _end_wish(wish, Wish.State.STOPPED, why)


def _end_wish(wish: Wish, state: str, why: str) -> bool:
    living = (Wish.State.ARMED, Wish.State.PAUSED)
    mine = Wish.objects.filter(pk=wish.pk, state__in=living)
    if not mine.update(state=state, state_reason=why[:300], retry_at=None):
        return False
    wish.refresh_from_db()
    news.wish_ended(wish)
    return True

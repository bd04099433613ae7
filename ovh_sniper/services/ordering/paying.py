"""What staff asks OVH for: an unpaid order is paid, a paid one withdrawn from, once for each word.

That a payment is about to be asked for is committed ahead of the call, as `pay_sent_at`. Whoever
dies then, or hears nothing, leaves it there; the status tells later what came of it. It is never
asked for again by itself: who pressed is told that it is not paid, and presses again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from bots.nudging import wake_after_commit
from ovh_sniper.gateways.errors import Busy, Kind, Refused, Unreachable
from ovh_sniper.gateways.orders import OrderStatus, RetractionReason
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Order
from ovh_sniper.services.telling import news
from ovh_sniper.services.wording.objections import NotCancellable
from tenants.services import audit
from tenants.services.audit import Actor

State = Order.State
FOLLOW = "ovh_sniper.tasks.orders.follow"
PAY, RETRACT = "pay", "retract"
# A request that was sent may arrive late: before this, unpaid does not mean that it was lost.
SETTLED = timedelta(minutes=1)


# --- Asked for


def pay(order_id: int, *, actor: Actor | None = None, now: datetime | None = None) -> Order:
    """Have an unpaid order paid with the account's default method, by a worker; return it.

    Needs the tenant's open scope, in a transaction.

    Raises:
        Order.DoesNotExist: none in this scope.
        NotCancellable: there is nothing to pay (its `reason`: ordering, paid or ended).
    """
    order: Order = Order.objects.select_related("account").get(pk=order_id)
    if order.state != State.PLACED:
        raise NotCancellable(order, _why_not(order))
    return _want(order, PAY, "", actor, now)


def retract(
    order_id: int, reason: str, *, actor: Actor | None = None, now: datetime | None = None
) -> Order:
    """Have a paid order withdrawn from (private customers, 14 days), by a worker; return it.

    Needs the tenant's open scope, in a transaction. `reason` is one of RetractionReason.

    Raises:
        ValueError: no such reason.
        Order.DoesNotExist: none in this scope.
        NotCancellable: it was not paid (`unpaid`), or there is no order (`ordering`, `ended`).
    """
    word = RetractionReason(reason).value
    order: Order = Order.objects.select_related("account").get(pk=order_id)
    paid = (State.CHECKING, State.DOCUMENTS, State.DELIVERING, State.DELIVERED)
    if order.state not in paid or order.ovh_order_id is None:
        raise NotCancellable(order, _why_not(order))
    return _want(order, RETRACT, word, actor, now)


def _why_not(order: Order) -> str:
    if order.state in (State.INTENDED, State.ORDERING, State.UNKNOWN):
        return "ordering"
    if order.state == State.PLACED:
        return "unpaid"
    return "paid" if order.state in Order.COUNTED else "ended"


def _want(order: Order, act: str, detail: str, actor: Actor | None, now: datetime | None) -> Order:
    now = now or timezone.now()
    Order.objects.filter(pk=order.pk).update(wanted=act, wanted_detail=detail, retry_at=now)
    order.refresh_from_db()
    audit.record(f"ovh_order.{act}_requested", actor=actor or Actor.system(), target=order)
    wake_after_commit(FOLLOW, (order.tenant_id, order.pk))
    return order


# --- At OVH


def number_of(order: Order) -> int:
    """Return OVH's number of an order that exists there."""
    if order.ovh_order_id is None:
        raise ValueError("not ordered")
    return order.ovh_order_id


def status_of(order: Order, ovh: Ovh) -> OrderStatus | None:
    """Return how far it is; None where OVH has no such order any more (404)."""
    try:
        return ovh.order_status(number_of(order))
    except Refused as refused:
        if refused.kind is Kind.NOT_FOUND:
            return None
        raise


def do_wanted(order: Order, ovh: Ovh, now: datetime) -> None:
    """Pay or withdraw, once for each time that staff asked for it.

    Needs the tenant's scope without a transaction.

    Raises:
        Busy, Unreachable: what OVH has certainly not heard of is asked for at the next look.
    """
    act, word = order.wanted, order.wanted_detail
    try:
        if act == PAY:
            _pay(order, ovh, now)
        else:
            _retract(order, ovh, word)
    except Refused as refused:
        _refused(order, refused)
    except (Busy, Unreachable) as error:
        if isinstance(error, Busy) or not error.unclear:
            _ask_again(order, act, word)
        raise


def _pay(order: Order, ovh: Ovh, now: datetime) -> None:
    """Pay, unless it is paid or over already: that what was asked for twice is paid once."""
    if status_of(order, ovh) is not OrderStatus.NOT_PAID:
        _take(order)
        return
    if order.pay_sent_at is not None and now < order.pay_sent_at + SETTLED:
        # the request before this one may still be on its way
        return
    method = order.account.payment_method_id
    if method is None:
        found = ovh.payment_method()
        if found is None:
            raise Refused(0, "", kind=Kind.NO_PAYMENT_METHOD)
        method = found.id
    if _take(order, pay_sent_at=now):
        ovh.pay(number_of(order), method)
        _sent(order, PAY)


def _retract(order: Order, ovh: Ovh, word: str) -> None:
    """Withdraw. Asked for twice it is refused the second time, so a lost answer costs nothing."""
    if _take(order):
        ovh.retract(number_of(order), RetractionReason(word))
        _sent(order, RETRACT)


def _take(order: Order, *, pay_sent_at: datetime | None = None) -> bool:
    """Take what was asked for off the row; False where another worker did."""
    mine = Order.objects.filter(pk=order.pk, wanted=order.wanted)
    if not mine.update(wanted="", wanted_detail="", pay_sent_at=pay_sent_at):
        return False
    order.wanted, order.wanted_detail, order.pay_sent_at = "", "", pay_sent_at
    return True


def _sent(order: Order, act: str) -> None:
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(pay_sent_at=None)
        order.pay_sent_at = None
        audit.record(f"ovh_order.{act}_sent", actor=Actor.system(), target=order)


def _ask_again(order: Order, act: str, word: str) -> None:
    unwanted = Order.objects.filter(pk=order.pk, wanted="")
    if unwanted.update(wanted=act, wanted_detail=word, pay_sent_at=None):
        order.pay_sent_at = None


def _refused(order: Order, refused: Refused) -> None:
    """Tell why OVH did not do it; nothing is on its way then."""
    reason, detail = refused.kind.value, refused.message[:500]
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(
            wanted="", wanted_detail="", pay_sent_at=None, reason=reason, detail=detail
        )
        order.wanted, order.pay_sent_at = "", None
        order.reason, order.detail = reason, detail
        news.not_done(order)


# --- What came of it


def settle(order: Order, status: OrderStatus | None, now: datetime) -> None:
    """Find out from OVH's status what came of a request to pay whose answer is missing.

    Needs the tenant's scope without a transaction.
    """
    if order.pay_sent_at is None:
        return
    mine = Order.objects.filter(pk=order.pk, pay_sent_at=order.pay_sent_at)
    if status is not OrderStatus.NOT_PAID:
        mine.update(pay_sent_at=None)
    elif now < order.pay_sent_at + SETTLED:
        return
    else:
        with transaction.atomic():
            # unless it was asked for once more meanwhile
            lost = mine.filter(wanted="")
            if lost.update(pay_sent_at=None, reason="payment_lost", detail=""):
                order.reason, order.detail = "payment_lost", ""
                audit.record("ovh_order.pay_lost", actor=Actor.system(), target=order)
                news.not_done(order)
    order.pay_sent_at = None

"""Reminders that an order waits for money, each told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from ovh_sniper.models import Order, OrderReminder
from ovh_sniper.services.telling import news

State = Order.State
# Minutes before an unpaid order ends.
REMINDERS = (720, 120, 30)


def next_at(order: Order, now: datetime) -> datetime | None:
    """Return when an unpaid order is to be reminded of next, or ends; None: never."""
    if order.state != State.PLACED or order.pay_until is None:
        return None
    times = (order.pay_until - timedelta(minutes=one) for one in (*REMINDERS, 0))
    return min((one for one in times if one > now), default=None)


def remind(order: Order, now: datetime) -> None:
    """Remind of an unpaid order: only the latest of what is due, each once."""
    if order.state != State.PLACED or order.pay_until is None or order.pay_until <= now:
        return
    left = order.pay_until - now
    due = [minutes for minutes in REMINDERS if left <= timedelta(minutes=minutes)]
    if not due:
        return
    with transaction.atomic():
        # of two workers one writes; those that were missed are not told later
        is_new = [_note(order, minutes) for minutes in due][-1]
        if is_new:
            news.payment_due(order, due[-1])


def _note(order: Order, minutes: int) -> bool:
    try:
        with transaction.atomic():
            OrderReminder.objects.create(tenant_id=order.tenant_id, order=order, minutes=minutes)
    except IntegrityError:
        return False
    return True

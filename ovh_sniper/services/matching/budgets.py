"""What a wish may spend in a day and in a month."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Sum

from ovh_sniper.models import Order, Wish
from ovh_sniper.services.wording.objections import Objection

CENT = Decimal("0.01")


def over(wish: Wish, due: Decimal, now: datetime) -> Objection | None:
    """Return why one more order of `due` (with tax) is too much, None where it is not.

    Days and months are those of the tenant's time zone. Hold the wish's row locked from here to the
    commit of the order, or two workers both find the last money.
    """
    for name, limit, start in _limits(wish, now):
        if limit is None:
            continue
        spent = spent_since(wish, start)
        if spent + due > limit:
            return Objection(name, f"{spent} + {due} > {limit}")
    return None


def day_start(wish: Wish, now: datetime) -> datetime:
    """Return when the tenant's day began."""
    local = now.astimezone(ZoneInfo(wish.tenant.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def spent_since(wish: Wish, start: datetime) -> Decimal:
    """Return what the wish's orders since then cost, with tax; those that may exist count.

    What was only played counts only while the wish goes on playing.
    """
    orders = Order.objects.filter(wish=wish, state__in=Order.COUNTED, checkout_at__gte=start)
    orders = orders.filter(dry_run=wish.dry_run)
    found = orders.aggregate(total=Sum("due_now"))["total"]
    # SQLite adds up in binary
    return Decimal(0) if found is None else found.quantize(CENT)


def _limits(wish: Wish, now: datetime) -> list[tuple[str, Decimal | None, datetime]]:
    day = day_start(wish, now)
    return [
        ("budget_day", wish.budget_day, day),
        ("budget_month", wish.budget_month, day.replace(day=1)),
    ]

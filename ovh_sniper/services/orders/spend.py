"""What was ordered and for how much: the tenant's own audit of its spending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from ovh_sniper.models import Order

State = Order.State
# OVH has taken the order: it is money, or will be
ORDERED = (State.PLACED, State.CHECKING, State.DOCUMENTS, State.DELIVERING, State.DELIVERED)
CENT = Decimal("0.01")
PAID = (State.CHECKING, State.DOCUMENTS, State.DELIVERING, State.DELIVERED)


@dataclass(frozen=True, slots=True)
class Total:
    """Orders of one account and currency in a month; money with tax, setup included.

    `ordered` counts all that OVH took and that was not cancelled, `paid` what is no longer unpaid,
    `monthly` is what those will cost again each month.
    """

    month: datetime | None
    account_id: int
    account: str
    currency: str
    count: int
    ordered: Decimal
    paid: Decimal
    monthly: Decimal


def by_month(zone: ZoneInfo, *, since: datetime | None = None) -> list[Total]:
    """Return the totals of each month (in that zone) and account, the latest first."""
    return [_total(row) for row in _rows(since, TruncMonth("checkout_at", tzinfo=zone))]


def total(*, since: datetime, until: datetime | None = None) -> list[Total]:
    """Return the totals of each account between two times."""
    rows = _grouped(_ordered(since, until), "account", "account__name", "currency")
    return [_total({**row, "month": None}) for row in rows]


def over_cap() -> QuerySet[Order]:
    """Return orders that turned out dearer than their cap: OVH's price moved at the checkout."""
    dear = Q(due_now__gt=F("cap_due_now")) | Q(renewal__gt=F("cap_renewal"))
    return Order.objects.filter(dear, state__in=ORDERED).order_by("-checkout_at")


def _ordered(since: datetime | None, until: datetime | None = None) -> Q:
    wanted = Q(state__in=ORDERED, checkout_at__isnull=False)
    if since is not None:
        wanted &= Q(checkout_at__gte=since)
    if until is not None:
        wanted &= Q(checkout_at__lt=until)
    return wanted


def _rows(since: datetime | None, month: TruncMonth) -> list[dict[str, object]]:
    orders = Order.objects.filter(_ordered(since)).annotate(month=month)
    return _sums(orders, "month", "account", "account__name", "currency")


def _grouped(wanted: Q, *names: str) -> list[dict[str, object]]:
    return _sums(Order.objects.filter(wanted), *names)


def _sums(orders: object, *names: str) -> list[dict[str, object]]:
    rows = orders.values(*names).annotate(  # type: ignore[attr-defined]
        count=Count("pk"),
        ordered=Sum("due_now"),
        paid=Sum("due_now", filter=Q(state__in=PAID)),
        monthly=Sum("renewal"),
    )
    return list(rows.order_by(*(f"-{name}" if name == "month" else name for name in names)))


def _total(row: dict[str, object]) -> Total:
    return Total(
        month=row["month"],  # type: ignore[arg-type]
        account_id=row["account"],  # type: ignore[arg-type]
        account=str(row["account__name"]),
        currency=str(row["currency"]),
        count=int(str(row["count"])),
        ordered=_amount(row["ordered"]),
        paid=_amount(row["paid"]),
        monthly=_amount(row["monthly"]),
    )


def _amount(total: object) -> Decimal:
    # SQLite adds up in binary
    return Decimal(str(total or 0)).quantize(CENT)

"""How fast it goes, for operators: from stock that was seen to an order that was placed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Alert, Order, Poller
from ovh_sniper.services.polling import breaker, demand
from tenants.percentiles import Lag, lag
from tenants.scoping import unscoped

DAY = timedelta(hours=24)
# What took longer waited for the wish (its schedule, its owner), not for us.
LONGEST = timedelta(minutes=10)
# So many of the latest are looked at.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class PollerState:
    """How the polling of a host goes. Times are seconds."""

    host: Host
    is_needed: bool
    cadence: str  # armed, idle, backing off, breaker; empty: never polled
    interval: float
    age: float | None  # since the last look at the whole list that worked; None: there was none
    last_call: float | None  # since the last look of any kind
    calls: int
    throttled: int  # answers 429
    failures: int  # in a row
    is_open: bool  # the circuit breaker
    not_before: datetime | None
    last_error: str
    rows: int


def lags(now: datetime) -> list[Lag]:
    """Return the percentiles of the last 24 hours, each step from the moment before it.

    Opens `unscoped` itself: they are of all tenants together.
    """
    with unscoped("operators see how fast it goes for all tenants together"):
        alerts = Alert.objects.filter(
            created_at__gt=now - DAY, stock_seen_at__gte=F("wish__created_at")
        )
        orders = Order.objects.filter(
            created_at__gt=now - DAY, source=Order.Source.WISH, stock_seen_at__isnull=False
        )
        sent = orders.filter(checkout_at__isnull=False)
        placed = sent.filter(placed_at__isnull=False, dry_run=False)
        return [
            lag("alert", _("stock seen → alert"), _spans(alerts, "stock_seen_at", "created_at")),
            lag("intent", _("stock seen → order"), _spans(orders, "stock_seen_at", "created_at")),
            lag("sent", _("order → sent to OVH"), _spans(sent, "created_at", "checkout_at")),
            lag("placed", _("sent → answered by OVH"), _spans(placed, "checkout_at", "placed_at")),
            lag("whole", _("stock seen → ordered"), _spans(placed, "stock_seen_at", "placed_at")),
        ]


def _spans(rows: QuerySet[Alert] | QuerySet[Order], since: str, until: str) -> list[float]:
    pairs: Iterable[tuple[datetime, datetime]] = rows.order_by("-pk").values_list(since, until)[
        :MOST
    ]
    found = [(later - sooner).total_seconds() for sooner, later in pairs]
    return [max(span, 0.0) for span in found if span <= LONGEST.total_seconds()]


def unclear_orders() -> int:
    """Return how many orders of all tenants wait for OVH to say whether it took them."""
    with unscoped("operators see the orders of all tenants together"):
        return Order.objects.filter(state=Order.State.UNKNOWN).count()


def pollers(now: datetime) -> list[PollerState]:
    """Return how the polling of each host goes that is or was polled, or is needed."""
    needed = demand.needed(now)
    rows = {one.host: one for one in Poller.objects.all()}
    hosts = [host for host in Host if host in needed or host.value in rows]
    return [
        _state(host, rows.get(host.value) or Poller(host=host.value), needed, now) for host in hosts
    ]


def _state(host: Host, row: Poller, needed: set[Host], now: datetime) -> PollerState:
    return PollerState(
        host=host,
        is_needed=host in needed,
        cadence=row.cadence,
        interval=row.interval,
        age=_age(row.succeeded_at, now),
        last_call=_age(row.polled_at, now),
        calls=row.calls,
        throttled=row.throttled,
        failures=row.failures,
        is_open=breaker.is_open(row.failures),
        not_before=row.not_before,
        last_error=row.last_error,
        rows=row.rows,
    )


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max((now - at).total_seconds(), 0.0)

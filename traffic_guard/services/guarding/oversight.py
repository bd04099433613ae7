"""A tenant's servers in a few numbers: how many are unknown, run low, run out, and what at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Min, Q

from traffic_guard.models import Account, PlannedStop, Preferences, Server
from traffic_guard.services.guarding import rows
from traffic_guard.services.readings.words import GB
from traffic_guard.services.telling import lookups

FAILURES = 3
State = Account.State


@dataclass(frozen=True, slots=True)
class Overview:
    """Numbers of servers; `at_risk` None: nothing, or no price is known."""

    servers: int
    unknown: int
    low: int
    running_out: int
    kept_off: int
    # bytes above the packages until their resets, if it goes on like this and nothing is stopped
    excess_bytes: int
    at_risk: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Looking:
    """How accounts are read: when one was last, and when one is next; None: nobody knows."""

    accounts: int
    polled_at: datetime | None
    next_at: datetime | None


def overview(settings: Preferences, now: datetime) -> Overview:
    """Return the numbers of the open scope; two queries."""
    known = ~rows.is_unknown(now)
    counts = (
        rows.listed()
        .order_by()
        .aggregate(
            servers=Count("pk"),
            unknown=Count("pk", filter=rows.is_unknown(now)),
            low=Count("pk", filter=rows.is_low() & known),
            running_out=Count("pk", filter=lookups.runs_out() & known),
            kept_off=Count("pk", filter=Q(kept_off_by__isnull=False)),
        )
    )
    excess = _excess(now) if counts["running_out"] else 0
    price = settings.excess_price
    return Overview(
        **counts,
        excess_bytes=excess,
        at_risk=None if price is None or not excess else price * Decimal(excess) / GB,
        currency=settings.excess_currency,
    )


def _excess(now: datetime) -> int:
    """Return the bytes that running servers would use above what they have until their resets."""
    servers = rows.listed().filter(
        ~rows.is_unknown(now),
        runs_out_at__isnull=False,
        burn_rate__gt=0,
        power=Server.Power.RUNNING,
    )
    found = servers.order_by().values_list(
        "burn_rate", "live_remaining_bytes", "remaining_bytes", "cycle_end"
    )
    return sum(_above(*figures, now) for figures in found)


def _above(
    rate: float | None, live: int | None, billed: int | None, end: datetime | None, now: datetime
) -> int:
    left = billed if live is None else live
    if rate is None or left is None or end is None:
        return 0
    return max(int(rate * (end - now).total_seconds() / 3600) - left, 0)


def looking() -> Looking:
    """Return when accounts were and will be read; one query."""
    used = Account.objects.filter(left_at=None)
    found = used.aggregate(accounts=Count("pk"), polled_at=Max("polled_at"), next_at=Min("poll_at"))
    return Looking(**found)


def troubled() -> list[Account]:
    """Return the accounts that need somebody, the worst first, without their keys."""
    wrong = (
        Q(state__in=[State.BROKEN, State.LIMITED])
        | ~Q(halted_for="")
        | Q(poll_failures__gte=FAILURES)
        | Q(discovery_note="empty")
        | ~Q(away=[])
    )
    found = Account.objects.filter(wrong, left_at=None).defer("access_key", "secret_key")
    return sorted(found, key=lambda one: (one.state != State.BROKEN, not one.halted_for, one.name))


def waiting_stops() -> int:
    """Return how many stops are planned or held."""
    return PlannedStop.objects.filter(state__in=PlannedStop.OPEN, server__hidden_at=None).count()

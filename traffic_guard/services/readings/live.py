"""The second source: what left a server since its bill last moved.

The traffic of an hour is billed about an hour after its end. So a bill that moves at 10:05 holds
what was sent until 9:00 at the most, and everything since is only in the live counter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Max

from traffic_guard.models import OutboundHour, Server

HOUR = timedelta(hours=1)
# so long after its end an hour is billed
LAG = timedelta(hours=1)
# a running server without a figure for so long: the counter tells nothing any more
SILENT = timedelta(hours=3)
# how far back it is worth looking for what is not billed yet
FURTHEST = timedelta(hours=48)

Hours = Mapping[datetime, int]


def floor(at: datetime) -> datetime:
    """Return the start of the hour that a moment is in."""
    return at.replace(minute=0, second=0, microsecond=0)


def unbilled_since(moved_at: datetime) -> datetime:
    """Return the start of the first hour that a bill which moved then does not hold for sure."""
    return floor(moved_at - LAG)


def sent_since(
    hours: Hours,
    moved_at: datetime | None,
    now: datetime,
    *,
    is_off: bool,
    cycle_start: datetime | None = None,
) -> int | None:
    """Return the bytes sent since the bill moved, in this cycle; None: the counter does not tell.

    An absent hour is no zero: while the server runs, the counter must have told something lately.
    """
    if moved_at is None or now - moved_at > FURTHEST or not hours:
        return None
    if not is_off and max(hours) + HOUR < now - SILENT:
        return None
    since = unbilled_since(moved_at)
    if cycle_start is not None:
        # what was sent before the reset is no matter of the new cycle
        since = max(since, cycle_start)
    return sum(sent for hour, sent in hours.items() if hour >= since)


def hours_of(
    server_ids: Iterable[int], since: datetime, until: datetime | None = None
) -> dict[int, dict[datetime, int]]:
    """Return outbound bytes by server and hour; one query."""
    rows = OutboundHour.objects.filter(server_id__in=list(server_ids), hour__gte=since)
    if until is not None:
        rows = rows.filter(hour__lt=until)
    found: dict[int, dict[datetime, int]] = {}
    for server_id, hour, sent in rows.order_by("hour").values_list(
        "server_id", "hour", "sent_bytes"
    ):
        found.setdefault(server_id, {})[hour] = sent
    return found


def newest_hours(server_ids: Iterable[int]) -> dict[int, datetime]:
    """Return the newest hour that is known of servers; absent: none is. One query."""
    rows = OutboundHour.objects.filter(server_id__in=list(server_ids)).order_by()
    return dict(rows.values_list("server").annotate(newest=Max("hour")))


def is_off(server: Server) -> bool:
    """Tell whether a server was last seen switched off."""
    return server.power in {Server.Power.STOPPED, Server.Power.GONE}

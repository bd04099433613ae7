"""When automatic stops may happen: the schedule and the days without, on the tenant's clocks."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tenants import schedules
from traffic_guard.services.policies.resolving import Effective

# A schedule repeats each week, and so many days without stops may be named.
MOST_STEPS = 200


def next_open(effective: Effective, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return when a stop may happen at `at` or later; None: not in the foreseeable future."""
    skipped = effective.days_without_stops
    for _step in range(MOST_STEPS):
        at = schedules.next_open(effective.schedule.value, zone, at)
        local = at.astimezone(zone)
        if local.date() not in skipped:
            return at
        at = datetime.combine(local.date() + timedelta(days=1), time(), zone)
    return None

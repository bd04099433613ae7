"""Whether a server sends far more than it usually does."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from traffic_guard.services.readings.live import HOUR, Hours, floor

GB = 1024**3
DAY, WEEK = timedelta(days=1), timedelta(days=7)
# the last whole hour is a spike from so many times the usual hour on, and from so many bytes
TIMES, LEAST = 3.0, 2 * GB
# fewer known hours, or days, make no usual one
LEAST_HOURS, LEAST_DAYS = 24, 3


def is_spike(hours: Hours, now: datetime) -> bool:
    """Tell whether the last whole hour is far above the usual hour of the past week.

    A backup each night is no spike: the same time of day counts for itself, if it is usually more.
    """
    last = floor(now) - HOUR
    sent = hours.get(last)
    if sent is None or sent < LEAST:
        return False
    usual = usual_hour(hours, last)
    return usual is not None and sent >= TIMES * usual


def usual_hour(hours: Hours, hour: datetime) -> float | None:
    """Return the bytes that are usual for an hour; None: too little is known."""
    past = {at: sent for at, sent in hours.items() if hour - WEEK <= at < hour}
    if len(past) < LEAST_HOURS:
        return None
    return max(median(past.values()), _same_time(past, hour))


def _same_time(past: Hours, hour: datetime) -> float:
    """Return what is usual at that time of day, give or take an hour."""
    days = []
    for number in range(1, WEEK // DAY + 1):
        at = hour - number * DAY
        around = [past[one] for one in (at - HOUR, at, at + HOUR) if one in past]
        if around:
            days.append(max(around))
    return median(days) if len(days) >= LEAST_DAYS else 0.0

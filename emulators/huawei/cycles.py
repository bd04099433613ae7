"""Cycles of packages: a month from the day of purchase, ending at 24:00 in China."""

import calendar
from datetime import datetime, timedelta, timezone

from emulators.huawei.models import Package

BEIJING = timezone(timedelta(hours=8))


def cycle_at(package: Package, at: float) -> tuple[float, float]:
    """Start and end of the cycle that a moment lies in."""
    start, number = package.bought, 1
    end = _end(package.bought, number)
    while end <= at:
        number += 1
        start, end = end, _end(package.bought, number)
    for edge in package.edges:
        if start < edge <= at:
            start = edge
        elif at < edge < end:
            end = edge
    return start, end


def _end(bought: float, months: int) -> float:
    day = datetime.fromtimestamp(bought, BEIJING)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = min(day.day, calendar.monthrange(year, month + 1)[1])
    midnight = datetime(year, month + 1, last, tzinfo=BEIJING) + timedelta(days=1)
    return midnight.timestamp()

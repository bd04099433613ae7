"""When something may act: days of the week and hours, in the tenant's time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EVERY_DAY = tuple(range(7))
HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
Schedule = Mapping[str, Any]


def is_open(schedule: Schedule, zone: ZoneInfo, now: datetime) -> bool:
    """Tell whether it may act now. Hours that end before they begin run past midnight."""
    if not schedule:
        return True
    local = now.astimezone(zone)
    days = schedule.get("days") or EVERY_DAY
    start, end = _hours(schedule)
    moment = local.time()
    if start < end:
        return local.weekday() in days and start <= moment < end
    yesterday = (local.weekday() - 1) % 7
    return (local.weekday() in days and moment >= start) or (yesterday in days and moment < end)


def next_open(schedule: Schedule, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when it may act next: now, if it may."""
    if is_open(schedule, zone, now):
        return now
    local = now.astimezone(zone)
    days = schedule.get("days") or EVERY_DAY
    start, _end = _hours(schedule)
    for ahead in range(8):
        day = (local + timedelta(days=ahead)).date()
        at = datetime.combine(day, start, zone)
        if day.weekday() in days and at > now:
            return at
    raise ValueError("a schedule without days")


def problem(schedule: Any) -> bool:
    """Tell whether it is no schedule: days 0 to 6 (Monday first), `from` and `to` as "09:00"."""
    if not isinstance(schedule, dict) or set(schedule) - {"days", "from", "to"}:
        return True
    days = schedule.get("days", [])
    if not isinstance(days, list) or any(
        type(day) is not int or day not in EVERY_DAY for day in days
    ):
        return True
    return any(
        not isinstance(said, str) or (said != "" and HOUR.fullmatch(said) is None)
        for said in (schedule.get("from", ""), schedule.get("to", ""))
    )


def _hours(schedule: Schedule) -> tuple[time, time]:
    """Return from and to; the whole day where none are named or both are the same."""
    start = time.fromisoformat(schedule.get("from") or "00:00")
    end = time.fromisoformat(schedule.get("to") or "00:00")
    return start, end

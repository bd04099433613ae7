"""How fast traffic goes, in bytes an hour: by the live counter, else by what was billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from traffic_guard.services.readings.history import Point
from traffic_guard.services.readings.live import HOUR, Hours, floor

Basis = Literal["live", "billed"]
# what a rate may look back at, in hours
WINDOWS = (1, 24, 168)
# a day of so many times the week's rate is no usual day any more
CHANGED = 1.75
# of a window, so much must be covered for the counter to be believed without the bill
COVERED = 0.5
# billing moves once an hour: over less than this its differences say nothing
SHORTEST_BILLED = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Rate:
    """Bytes an hour over the last hours; `basis` is where it comes from."""

    bytes_an_hour: float
    window_hours: int
    basis: Basis


def of_windows(hours: Hours, points: Sequence[Point], now: datetime) -> dict[int, Rate]:
    """Return the rate over each window for which there is one, by its hours."""
    found = (_rate(hours, points, window, now) for window in WINDOWS)
    return {rate.window_hours: rate for rate in found if rate is not None}


def chosen(rates: Mapping[int, Rate]) -> Rate | None:
    """Return the rate that a forecast goes by: the week's, which holds nights and weekends.

    A day of far more than that is a change, and the day's counts: docs/traffic.md compares them.
    """
    day, week = rates.get(24), rates.get(168)
    if day is None or week is None:
        return day or week or rates.get(1)
    return day if day.bytes_an_hour > CHANGED * week.bytes_an_hour else week


def is_covered(hours: Hours, now: datetime) -> bool:
    """Tell whether the counter tells enough about every window, so that no bill is needed."""
    return all(by_counter(hours, window, now)[1] >= COVERED for window in WINDOWS)


def _rate(hours: Hours, points: Sequence[Point], window: int, now: datetime) -> Rate | None:
    counted, covered = by_counter(hours, window, now)
    billed = by_bill(points, window, now)
    if counted is not None and (covered >= COVERED or billed is None):
        return Rate(counted, window, "live")
    return None if billed is None else Rate(billed, window, "billed")


def by_counter(hours: Hours, window: int, now: datetime) -> tuple[float | None, float]:
    """Return the rate over the last whole hours, and which share of them is known.

    An absent hour between known ones is one in which the server was off: it sent nothing. A server
    that is known for a shorter time has its rate over that time.
    """
    end = floor(now)
    start = end - window * HOUR
    known = [hour for hour in hours if start <= hour < end]
    if not known:
        return None, 0.0
    since = start if any(hour < start for hour in hours) else min(known)
    length = (end - since) / HOUR
    return sum(hours[hour] for hour in known) / length, len(known) / window


def by_bill(points: Sequence[Point], window: int, now: datetime) -> float | None:
    """Return the rate by differences of the billed rest; the reset is no difference.

    Within a cycle only its first and last reading count: a rest that rises again was corrected.
    """
    recent = [point for point in points if point.at >= now - window * HOUR]
    used, span = 0, timedelta(0)
    for _cycle, group in groupby(recent, key=lambda point: point.cycle_end):
        cycle = list(group)
        used += max(cycle[0].remaining - cycle[-1].remaining, 0)
        span += cycle[-1].at - cycle[0].at
    return None if span < SHORTEST_BILLED else used / (span / HOUR)

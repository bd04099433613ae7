"""Invented traffic of known habits: what a back-test says of it shows what forecasts can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from traffic_guard.services.readings.history import Point
from traffic_guard.services.readings.live import HOUR

GB = 1024**3
DAY = timedelta(days=1)
CYCLE = 30 * DAY


@dataclass(frozen=True, slots=True)
class Habit:
    """How a server sends: GB a day on average, and what makes its hours differ."""

    name: str
    gb_a_day: float
    # of an hour: what it is times the average
    shape: Callable[[datetime, Random], float]


def _steady(_at: datetime, luck: Random) -> float:
    return luck.uniform(0.9, 1.1)


def _office(at: datetime, luck: Random) -> float:
    """Busy from nine to six, quiet at night and at weekends."""
    busy = 2.4 if 1 <= at.hour < 10 else 0.35  # UTC: nine to six in China
    return busy * (0.3 if at.weekday() >= 5 else 1.25) * luck.uniform(0.7, 1.3)


def _growing(at: datetime, luck: Random) -> float:
    """A third more each month."""
    return float(1.33 ** ((at - datetime(2026, 1, 1, tzinfo=UTC)) / CYCLE)) * luck.uniform(0.8, 1.2)


def _bursty(_at: datetime, luck: Random) -> float:
    """Mostly little; one hour in fifty is thirty times as much."""
    return luck.choices((0.45, 28.0), (49, 1))[0] * luck.uniform(0.7, 1.3)


def _jump(at: datetime, luck: Random) -> float:
    """Seven times as much from the 21st of a month on."""
    return (4.2 if at.day >= 21 else 0.6) * luck.uniform(0.85, 1.15)


HABITS = (
    Habit("steady", 30, _steady),
    Habit("office hours", 30, _office),
    Habit("growing by a third a month", 22, _growing),
    Habit("bursts", 30, _bursty),
    Habit("a sudden change", 20, _jump),
    Habit("steady, runs out", 40, _steady),
    Habit("office hours, runs out", 40, _office),
)


def generate(
    habit: Habit, cycles: int, total_gb: int = 1024, seed: int = 7
) -> tuple[list[Point], dict[datetime, int]]:
    """Return hourly readings as billing shows them, two hours late, and the hours themselves."""
    luck = Random(seed)  # noqa: S311 - the same traffic at every run
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours: dict[datetime, int] = {}
    points: list[Point] = []
    total, length = total_gb * GB, int(CYCLE / HOUR)
    billed = 0
    for number in range(cycles * length):
        at = start + number * HOUR
        hours[at] = int(habit.gb_a_day / 24 * GB * habit.shape(at, luck))
        begun = at - number % length * HOUR
        # an hour is billed when it ended an hour ago
        ended = at - 2 * HOUR
        billed = 0 if at == begun else billed + (hours[ended] if ended >= begun else 0)
        points.append(Point(at, max(total - billed, 0), total, None, begun, begun + CYCLE))
    return points, hours

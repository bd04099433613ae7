"""How good forecasts were: in cycles that are over, what would have been said, and what came.

Each day before the reset is asked with what was known by then, and only that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from statistics import mean

from django.conf import settings

from traffic_guard.models import Server
from traffic_guard.services.forecasting import forecast, rates
from traffic_guard.services.readings import history, live
from traffic_guard.services.readings.history import Point
from traffic_guard.services.readings.live import HOUR, Hours

DAY = timedelta(days=1)
# so many days before the reset
HORIZONS = (1, 3, 7, 14)
# a figure that is older at the moment of asking, or at the reset, is not that moment's
FRESH = 6 * HOUR
# of a tenant's servers those that use most are asked, no more
MOST_SERVERS = 50


@dataclass(slots=True)
class Score:
    """How forecasts made so many days before a reset fared."""

    days: int
    # how far off the rest at the reset was, in percent of the package
    misses: list[float] = field(default_factory=list)
    # how far off "runs out at" was, where it did run out
    hours_off: list[float] = field(default_factory=list)
    foretold: int = 0  # it ran out, and that was said
    unforeseen: int = 0  # it ran out, and that was not said
    false_alarms: int = 0  # it was said to run out, and did not

    @property
    def count(self) -> int:
        """How many forecasts were made."""
        return len(self.misses)

    @property
    def mean_miss(self) -> float | None:
        """The mean of how far off the rest at the reset was, in percent of the package."""
        return mean(self.misses) if self.misses else None

    @property
    def mean_hours_off(self) -> float | None:
        """The mean of how far off "runs out at" was, in hours."""
        return mean(self.hours_off) if self.hours_off else None


@dataclass(slots=True)
class Backtest:
    """How good the forecasts of some servers were."""

    cycles: int = 0
    scores: dict[int, Score] = field(default_factory=lambda: {n: Score(n) for n in HORIZONS})

    @property
    def is_telling(self) -> bool:
        """Whether any cycle is over that was read to its end."""
        return self.cycles > 0


def of_server(server: Server, now: datetime) -> Backtest:
    """Return how good a server's forecasts were in the cycles that are kept."""
    return of_servers([server], now)


def of_tenant(now: datetime) -> Backtest:
    """Return how good the forecasts of the tenant in scope were, over its busiest servers."""
    servers = Server.objects.filter(hidden_at=None, burn_rate__isnull=False)
    return of_servers(list(servers.order_by("-burn_rate")[:MOST_SERVERS]), now)


def of_servers(servers: Sequence[Server], now: datetime) -> Backtest:
    """Return how good the forecasts of servers were; three queries."""
    # older readings are one a day: too coarse to say what was known
    since = now - timedelta(days=settings.TRAFFIC_HOURLY_DAYS)
    hours = live.hours_of([one.pk for one in servers], since)
    found = Backtest()
    for pk, points in history.of_servers(servers, since, now).items():
        add(found, points, hours.get(pk, {}), now)
    return found


def add(found: Backtest, points: Sequence[Point], hours: Hours, now: datetime) -> None:
    """Ask each day of each finished cycle, and take in how it fared; pure."""
    for cycle in finished(points, now):
        found.cycles += 1
        for score in found.scores.values():
            _ask(score, cycle, points, hours)


def finished(points: Iterable[Point], now: datetime) -> list[list[Point]]:
    """Return the cycles that are over and were read until shortly before their end."""
    grouped = (list(group) for _end, group in groupby(points, key=lambda one: one.cycle_end))
    return [
        group
        for group in grouped
        if group[0].cycle_end <= now and group[0].cycle_end - group[-1].at <= FRESH
    ]


def _ask(score: Score, cycle: list[Point], points: Sequence[Point], hours: Hours) -> None:
    end, total = cycle[0].cycle_end, cycle[0].total
    at = end - score.days * DAY
    index = bisect_right(cycle, at, key=lambda one: one.at)
    if not index or at - cycle[index - 1].at > FRESH:
        return
    known = cycle[index - 1]
    rate = _rate_at(points, hours, at)
    projected = None if rate is None else forecast.left_at(known.remaining, rate, end, at)
    if rate is None or projected is None or not known.remaining:
        return
    final = cycle[-1].remaining
    score.misses.append(100 * abs(max(projected, 0) - final) / total)
    _compare(score, forecast.runs_out(known.remaining, rate, end, at), _ran_out(cycle))


def _rate_at(points: Sequence[Point], hours: Hours, at: datetime) -> float | None:
    past = [one for one in points if at - forecast.LOOK_BACK <= one.at <= at]
    first = at - forecast.LOOK_BACK - 2 * HOUR
    counted = {hour: sent for hour, sent in hours.items() if first <= hour < live.floor(at)}
    chosen = rates.chosen(rates.of_windows(counted, past, at))
    return None if chosen is None else chosen.bytes_an_hour


def _ran_out(cycle: Sequence[Point]) -> datetime | None:
    return next((one.at for one in cycle if not one.remaining), None)


def _compare(score: Score, said: datetime | None, came: datetime | None) -> None:
    if came is None:
        score.false_alarms += said is not None
    elif said is None:
        score.unforeseen += 1
    else:
        score.foretold += 1
        score.hours_off.append(abs(said - came) / HOUR)


def table(scores: Mapping[int, Score]) -> list[Score]:
    """Return the scores that say anything, the nearest day first."""
    return [score for _days, score in sorted(scores.items()) if score.count]

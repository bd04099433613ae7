"""How often stock comes back in time: an estimate that learns from moments of which this is known.

Such a moment is a full hour at which a datacenter was out of stock. Of all that had been out for
about as long, it counts in how many stock came back within an hour, and within a day. Datacenter,
hour and weekday make that more or less: by how much, their own moments say against all others,
the less loudly the fewer restocks they saw. What happened long ago counts less. How well it does:
docs/ovh_chances.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from math import expm1, log1p
from operator import mul
from typing import NamedTuple

# Hours out of stock at which it changes how likely it comes back.
AGES = (1.0, 6.0, 24.0, 72.0, 168.0)
# Moments this long ago count half, in hours.
HALF_LIFE = 60 * 24.0
# What is drawn from so many restocks goes half the way from what is usual to what they say.
CAUTION = 5.0
# Restocks and moments of a datacenter below which nothing is said: a lucky week is none to go by.
ENOUGH, LONG_ENOUGH = 5, 7 * 24
# Nothing is certain, however short the history.
LEAST, MOST = 1e-6, 1 - 1e-6


class Horizon(IntEnum):
    """Within what time stock comes back: places in what follows, `hours` long."""

    HOUR = 0
    DAY = 1

    @property
    def hours(self) -> int:
        """The time in hours."""
        return 24 if self is Horizon.DAY else 1


class Moment(NamedTuple):
    """A full hour at which a datacenter was out of stock, once it is known what became of it.

    `known` is when, in hours since 1970; `hour` and `weekday` are the host's local ones, `age` is
    how many hours it had been out. There are some 20,000 of a plan, so tuples.
    """

    known: int
    place: str
    hour: int
    weekday: int
    age: float
    came_in_an_hour: bool
    came_in_a_day: bool


def _zeros() -> list[float]:
    return [0.0] * (len(AGES) + 1)


@dataclass(slots=True)
class Cell:
    """The moments of a datacenter, an hour or a weekday, weighted by how recent they are."""

    moments: list[float] = field(default_factory=_zeros)  # by age
    came_in_an_hour: float = 0.0
    came_in_a_day: float = 0.0

    def came(self, horizon: Horizon) -> float:
        """Return of how many stock came back in time."""
        return self.came_in_a_day if horizon is Horizon.DAY else self.came_in_an_hour


class Model:
    """The estimate of one plan, or of one configuration of it. Feed it in the order of time."""

    def __init__(self) -> None:
        self._moments = _zeros()  # by age
        self._came_in_an_hour, self._came_in_a_day = _zeros(), _zeros()
        self._places: dict[str, Cell] = defaultdict(Cell)
        self._hours = [Cell() for _hour in range(24)]
        self._weekdays = [Cell() for _day in range(7)]
        # each as one, however long ago
        self._restocks: dict[str, int] = defaultdict(int)
        self._seen: dict[str, int] = defaultdict(int)
        self._start: int | None = None
        self._now = 1.0  # weight of what is seen now; what was seen before weighs less

    def learn(self, moment: Moment) -> None:
        """Take in what became of a moment."""
        known, place, hour, weekday, age, in_an_hour, in_a_day = moment
        if self._start is None:
            self._start = known
        # later ones weigh more, which is the same as earlier ones fading
        weight = self._now = 2.0 ** ((known - self._start) / HALF_LIFE)
        bucket = bisect_right(AGES, age)
        cells = self._places[place], self._hours[hour], self._weekdays[weekday]
        self._seen[place] += 1
        self._moments[bucket] += weight
        for cell in cells:
            cell.moments[bucket] += weight
        if in_a_day:
            self._came_in_a_day[bucket] += weight
            for cell in cells:
                cell.came_in_a_day += weight
        if in_an_hour:
            self._came_in_an_hour[bucket] += weight
            for cell in cells:
                cell.came_in_an_hour += weight

    def count(self, place: str) -> None:
        """Take in that a restock was seen."""
        self._restocks[place] += 1

    def sample(self, place: str) -> int:
        """Return how many restocks of a datacenter were seen."""
        return self._restocks.get(place, 0)

    def knows(self, place: str) -> bool:
        """Tell whether enough was seen of a datacenter to say anything."""
        return self.sample(place) >= ENOUGH and self._seen.get(place, 0) >= LONG_ENOUGH

    def chance(
        self, horizon: Horizon, place: str, age: float, hour: int, weekday: int
    ) -> float | None:
        """Return the probability that stock which has been out for `age` hours comes back in time.

        `hour` and `weekday` are those of now at the host. None where too little was seen.
        """
        if not self.knows(place):
            return None
        came = self._came_in_a_day if horizon is Horizon.DAY else self._came_in_an_hour
        moments = sum(self._moments)
        usual = max(sum(came), self._now) / moments
        # moments that a restock is worth: those within a day of it all tell of the same one
        worth = moments / max(sum(self._came_in_an_hour), self._now)
        by_age = self._by_age(came, usual, worth)
        factor = self._factor(self._places[place], horizon, by_age, worth)
        factor *= self._factor(self._weekdays[weekday], horizon, by_age, worth)
        if horizon is Horizon.HOUR:
            # a day has all hours in it, whenever it begins
            factor *= self._factor(self._hours[hour], horizon, by_age, worth)
        return -expm1(log1p(-by_age[bisect_right(AGES, age)]) * factor)

    def _by_age(self, came: Sequence[float], usual: float, worth: float) -> list[float]:
        caution = CAUTION * worth * self._now
        return [
            _between((one + caution * usual) / (moments + caution))
            for one, moments in zip(came, self._moments, strict=True)
        ]

    def _factor(self, cell: Cell, horizon: Horizon, by_age: Sequence[float], worth: float) -> float:
        """Return how much more often it comes back than it would by age alone."""
        moments = sum(cell.moments)
        if not moments:
            return 1.0
        usual = sum(map(mul, cell.moments, by_age)) / moments
        caution = CAUTION * worth * self._now
        own = (cell.came(horizon) + caution * usual) / (moments + caution)
        return log1p(-_between(own)) / log1p(-_between(usual))


def _between(rate: float) -> float:
    return min(max(rate, LEAST), MOST)

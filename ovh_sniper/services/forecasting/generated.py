"""Invented stock history of a known structure: what a back-test should find in it is known.

A plan is sold in a few datacenters. Once it is out, it comes back at a rate that falls with how
long it has been out, and that depends on the hour and the weekday as people at work make it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import expm1
from random import Random
from zoneinfo import ZoneInfo

from ovh_sniper.services.forecasting.history import Gap, Span, Timeline

HOUR = timedelta(hours=1)
STEP, COARSE = 0.1, 0.25  # hours within which a rate counts as constant: made, and foretold
# Times the usual rate: within the hour after it was sold out, six hours, a day, and later.
AGES, AFTER = (1.0, 6.0, 24.0), (6.0, 2.0, 1.0, 0.7)
WORK = {9: 2.0, 10: 3.0, 11: 2.5, 14: 2.5, 15: 2.0, 16: 2.0, 17: 1.2}
QUIET = 0.35
WEEKEND = 0.3


@dataclass(frozen=True, slots=True)
class Truth:
    """What a datacenter was made of: `rate` is restocks an hour at a usual time.

    `is_plain`: neither hour, weekday nor how long it has been out matters.
    """

    place: str
    rate: float
    zone: ZoneInfo
    is_plain: bool = False

    def hazard(self, at: datetime, age: float) -> float:
        """Return the rate at a moment, `age` hours after it was sold out."""
        if self.is_plain:
            return self.rate
        local = at.astimezone(self.zone)
        hourly = WORK.get(local.hour, QUIET) * (WEEKEND if local.weekday() > 4 else 1.0)
        return self.rate * hourly * AFTER[bisect_right(AGES, age)]

    def chance(self, at: datetime, age: float, hours: float) -> float:
        """Return the probability that it comes back within some hours: the best there can be."""
        expected, passed = 0.0, 0.0
        while passed < hours:
            expected += self.hazard(at + passed * HOUR, age + passed) * COARSE
            passed += COARSE
        return -expm1(-expected)


def generate(
    random: Random, since: datetime, days: int, truths: list[Truth], *, gaps: int = 0
) -> Timeline:
    """Return a timeline of some datacenters, with times in which nobody looked."""
    until = since + timedelta(days=days)
    blind = _gaps(random, since, days, gaps)
    return Timeline(
        since,
        until,
        blind,
        {
            one.place: tuple(
                seen
                for span in _spans(random, one, since, until)
                if (seen := _seen(span, blind)) is not None
            )
            for one in truths
        },
    )


def truths(random: Random, zone: ZoneInfo) -> list[Truth]:
    """Return the datacenters of one invented plan: some busy, some seldom in stock."""
    places = ("bhs", "fra", "gra", "lon", "rbx", "sbg", "waw")
    chosen = sorted(random.sample(places, random.randint(2, 5)))
    usual = 1 / random.uniform(20, 200)
    return [Truth(place, usual * random.uniform(0.5, 2.0), zone) for place in chosen]


def _gaps(random: Random, since: datetime, days: int, count: int) -> list[Gap]:
    starts = sorted(random.sample(range(days * 4), count))
    return [
        (since + start * 6 * HOUR, since + (start * 6 + random.uniform(0.5, 5.5)) * HOUR)
        for start in starts
    ]


def _spans(random: Random, one: Truth, since: datetime, until: datetime) -> Iterator[Span]:
    out_since = at = since
    while at < until:
        if random.random() >= -expm1(-one.hazard(at, (at - out_since) / HOUR) * STEP):
            at += STEP * HOUR
            continue
        # most of it is sold within minutes, some stays for hours
        ends = at + timedelta(minutes=min(random.lognormvariate(3.0, 1.2), 2880))
        yield _span(one.place, at, ends if ends < until else None)
        out_since = at = ends + timedelta(seconds=61)


def _span(place: str, opened_at: datetime, closed_at: datetime | None) -> Span:
    return Span(
        place,
        opened_at,
        closed_at,
        knows_beginning=True,
        knows_end=closed_at is not None,
        hours=1,
        configurations=1,
    )


def _seen(span: Span, gaps: Sequence[Gap]) -> Span | None:
    """Return a span as it is seen by who does not look all the time; None where he saw nothing."""
    opened_at, knows_beginning = _first_look(span.opened_at, gaps)
    if span.closed_at is None:
        return span._replace(opened_at=opened_at, knows_beginning=knows_beginning)
    closed_at, knows_end = _first_look(span.closed_at, gaps)
    if closed_at <= opened_at:
        return None
    return span._replace(
        opened_at=opened_at,
        closed_at=closed_at,
        knows_beginning=knows_beginning,
        knows_end=knows_end,
    )


def _first_look(at: datetime, gaps: Sequence[Gap]) -> tuple[datetime, bool]:
    for since, until in gaps:
        if since < at < until:
            return until, False
    return at, True


Oracle = Callable[[str, datetime, float, float], float]


def oracle(truths: list[Truth]) -> Oracle:
    """Return the chance that somebody would name who knows how the history was made."""
    by_place = {one.place: one for one in truths}
    return lambda place, at, age, hours: by_place[place].chance(at, age, hours)

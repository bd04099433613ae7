"""The chance of a restock: what is said, and where nothing can be."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ovh_sniper.services.forecasting import chances
from ovh_sniper.services.forecasting.chances import Chance
from ovh_sniper.services.forecasting.history import Span, Timeline
from ovh_sniper.tests.spans import HOUR, START, daily, span, timeline

UTC_ZONE = ZoneInfo("UTC")


def chance(seen: Timeline, place: str = "gra") -> Chance:
    (found,) = [one for one in chances.of(seen, UTC_ZONE) if one.datacenter == place]
    return found


def test_what_comes_back_each_morning_is_likely_in_the_morning() -> None:
    spans = daily(40, lambda day: 10.2)
    before_ten = chance(timeline(40 * 24 + 10, *spans))
    in_the_evening = chance(timeline(40 * 24 + 20, *spans, *daily(1, lambda day: 970.2)))
    assert before_ten.within_hour is not None
    assert in_the_evening.within_hour is not None
    assert before_ten.within_hour > 5 * in_the_evening.within_hour
    assert before_ten.within_day is not None
    assert before_ten.within_day > 0.5
    assert before_ten.sample == 40


def test_weekends_are_told_from_weekdays() -> None:
    spans = [one for one in daily(90, lambda day: 10.2) if one.opened_at.weekday() < 5]
    tuesday, saturday = 85 * 24 + 10.0, 82 * 24 + 10.0
    on_tuesday = chance(timeline(tuesday, *[one for one in spans if _before(one, tuesday)]))
    on_saturday = chance(timeline(saturday, *[one for one in spans if _before(one, saturday)]))
    assert on_tuesday.within_hour is not None
    assert on_saturday.within_hour is not None
    assert on_tuesday.within_hour > 2 * on_saturday.within_hour


def _before(one: Span, hours: float) -> bool:
    return one.opened_at < START + hours * HOUR


def test_a_busier_datacenter_has_the_better_chance() -> None:
    busy = daily(60, lambda day: day % 24)
    quiet = daily(60, lambda day: (day * 5) % 24, "bhs", every=10)
    seen = timeline(60 * 24 + 12, *busy, *quiet)
    often, seldom = chance(seen, "gra"), chance(seen, "bhs")
    assert often.within_day is not None
    assert seldom.within_day is not None
    assert often.within_day > 2 * seldom.within_day
    # drawn to its plan's rate, so above its own
    assert seldom.within_day > 0.1


def test_a_day_is_likelier_than_an_hour() -> None:
    found = chance(timeline(60 * 24 + 1, *daily(60, lambda day: day % 24)))
    assert found.within_hour is not None
    assert found.within_day is not None
    assert 0 < found.within_hour < found.within_day < 1


@pytest.mark.parametrize(
    ("days", "count", "is_known"), [(60, 4, False), (60, 5, True), (6, 6, False), (0, 0, False)]
)
def test_too_little_data_says_nothing(days: int, count: int, *, is_known: bool) -> None:
    spans = [span(hour, hour + 0.5) for hour in range(5, 5 + 20 * count, 20)] or [span(0, 0.1)]
    first = spans[0]._replace(knows_beginning=bool(count))
    found = chance(timeline(max(days * 24, 8), first, *spans[1:]))
    assert found.sample == count
    assert found.is_known is is_known
    assert (found.within_hour is not None, found.within_day is not None) == (is_known, is_known)


def test_what_is_in_stock_needs_no_chance() -> None:
    found = chance(timeline(961, *daily(40, lambda day: 10.2), span(960, None)))
    assert (found.is_in_stock, found.within_hour, found.within_day) == (True, None, None)
    assert found.is_known


def test_stock_from_before_anybody_looked_is_no_restock() -> None:
    spans = daily(40, lambda day: 10.2)
    baseline = spans[0]._replace(knows_beginning=False)
    assert chance(timeline(965, baseline, *spans[1:])).sample == 39


def test_a_time_in_which_nobody_looked_is_no_evidence_of_absence() -> None:
    spans = daily(20, lambda day: (day * 7) % 24)
    watched = timeline(20 * 24, *spans)
    away = timeline(60 * 24, *spans, gaps=((20 * 24, 60 * 24 - 1),))
    looked = timeline(60 * 24, *spans)
    here, gone, seen_empty = (chance(one).within_day for one in (watched, away, looked))
    assert here is not None
    assert gone is not None
    assert seen_empty is not None
    assert seen_empty < gone / 2
    # it has been out for long by now, which lowers it a little
    assert gone == pytest.approx(here, rel=0.6)


def test_what_happened_long_ago_counts_less() -> None:
    early = daily(60, lambda day: (day * 7) % 24, every=2)
    late = [span((one.opened_at - START) / HOUR + 1440, None) for one in early]
    late = [one._replace(closed_at=one.opened_at + HOUR / 2, knows_end=True) for one in late]
    then, lately = timeline(120 * 24, *early), timeline(120 * 24, *late)
    assert chance(lately).within_day > chance(then).within_day  # type: ignore[operator]

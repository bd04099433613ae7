"""What the stock of a plan was: spans, figures and hours, and what nobody saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ovh_sniper.models import Configuration, StockInterval, Unwatched
from ovh_sniper.services.forecasting import history
from ovh_sniper.services.forecasting.history import Timeline

START = datetime(2027, 3, 1, tzinfo=UTC)  # a Monday
NOW = START + timedelta(days=10)
PARIS = ZoneInfo("Europe/Paris")
pytestmark = pytest.mark.django_db


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.fixture
def small() -> Configuration:
    return configuration("small")


def configuration(name: str, *, plan_code: str = "27sk15", host: str = "eu") -> Configuration:
    return Configuration.objects.create(
        host=host, fqn=f"{plan_code}.{name}", plan_code=plan_code, first_seen=START, last_seen=NOW
    )


def interval(
    configuration: Configuration,
    opened: float,
    closed: float | None,
    *,
    place: str = "gra",
    hours: int = 1,
    is_baseline: bool = False,
) -> StockInterval:
    return StockInterval.objects.create(
        configuration=configuration,
        datacenter=place,
        availability=f"{hours}H",
        delivery_hours=hours,
        best_hours=hours,
        opened_at=at(opened),
        closed_at=None if closed is None else at(closed),
        is_baseline=is_baseline,
    )


def unwatched(since: float, until: float) -> None:
    Unwatched.objects.create(host="eu", since=at(since), until=at(until))


def seen(since: float = 0, until: datetime = NOW, fqn: str = "") -> Timeline:
    return history.timeline("eu", "27sk15", at(since), until, fqn=fqn)


def spans(found: Timeline, place: str = "gra") -> list[tuple[float, float | None]]:
    """Return the spans of a datacenter in hours since the start."""
    return [
        (
            (one.opened_at - START) / timedelta(hours=1),
            None if one.closed_at is None else (one.closed_at - START) / timedelta(hours=1),
        )
        for one in found.places.get(place, ())
    ]


# --- Spans


def test_a_plan_is_in_stock_while_any_of_its_configurations_is(small: Configuration) -> None:
    large = configuration("large")
    interval(small, 10, 20)
    interval(large, 15, 30, hours=72)
    interval(small, 40, 41)
    found = seen()
    assert spans(found) == [(10, 30), (40, 41)]
    first = found.places["gra"][0]
    assert (first.hours, first.configurations) == (1, 2)


def test_one_configuration_can_be_looked_at_alone(small: Configuration) -> None:
    interval(small, 10, 20)
    interval(configuration("large"), 15, 30)
    assert spans(seen(fqn="27sk15.large")) == [(15, 30)]


def test_datacenters_plans_and_hosts_are_kept_apart(small: Configuration) -> None:
    interval(small, 10, 20)
    interval(small, 12, None, place="bhs")
    interval(configuration("x", plan_code="27sk20"), 1, 2)
    interval(configuration("x", host="ca"), 1, 2)
    found = seen()
    assert list(found.places) == ["bhs", "gra"]
    assert (spans(found), spans(found, "bhs")) == ([(10, 20)], [(12, None)])


def test_stock_that_flickers_is_one_span(small: Configuration) -> None:
    second = 1 / 3600
    interval(small, 10, 11)
    interval(small, 11 + 60 * second, 12)
    interval(small, 12 + 61 * second, 13)
    assert [round(opened, 1) for opened, _closed in spans(seen())] == [10, 12.0]


def test_what_began_before_the_range_is_part_of_it_while_it_lasts(small: Configuration) -> None:
    interval(small, 10, 20)
    interval(small, 30, 60)
    interval(small, 70, None)
    found = seen(since=48)
    assert spans(found) == [(30, 60), (70, None)]
    # but only one of them began within
    assert len(found.restocks()) == 1


def test_it_begins_when_the_plan_was_first_listed(small: Configuration) -> None:
    found = history.timeline("eu", "27sk15", START - timedelta(days=90), NOW)
    assert found.since == START
    assert history.timeline("eu", "none", START, NOW).places == {}


# --- What nobody saw


def test_what_was_there_at_the_first_look_has_no_known_beginning(small: Configuration) -> None:
    interval(small, 0, 5, is_baseline=True)
    interval(configuration("large"), 0, 6, is_baseline=True)
    interval(small, 50, 51)
    found = seen()
    assert [one.knows_beginning for one in found.places["gra"]] == [False, True]
    (figures,) = history.figures(found)
    assert (figures.restocks, figures.median_in) == (1, timedelta(hours=1))
    assert [one.opened_at for one in found.restocks()] == [at(50)]


def test_what_changed_while_nobody_looked_was_not_seen_to(small: Configuration) -> None:
    unwatched(20, 30)
    interval(small, 10, 30)  # gone at the first look again
    interval(small, 40, 41)
    unwatched(60, 70)
    interval(small, 70, 75)  # there at the first look again
    found = seen()
    assert [(one.knows_beginning, one.knows_end) for one in found.places["gra"]] == [
        (True, False),
        (True, True),
        (False, True),
    ]
    (figures,) = history.figures(found)
    assert figures.median_in == timedelta(hours=1)
    # from when it went to when it came: neither was seen
    assert figures.median_out is None
    assert figures.restocks == 2


def test_times_in_which_nobody_looked_are_merged(small: Configuration) -> None:
    unwatched(20, 30)
    unwatched(25, 35)
    unwatched(35, 36)
    unwatched(50, 51)
    Unwatched.objects.create(host="ca", since=at(0), until=at(100))
    assert seen().gaps == [(at(20), at(36)), (at(50), at(51))]


@pytest.mark.parametrize(
    ("start", "end", "is_whole"),
    [
        (0, 20, True),
        (0, 21, False),
        (22, 25, False),
        (30, 40, True),
        (0, 40, False),
        (29, 31, False),
    ],
)
def test_a_time_is_whole_if_somebody_looked_all_along(
    small: Configuration, start: float, end: float, *, is_whole: bool
) -> None:
    unwatched(20, 30)
    assert seen().is_whole(at(start), at(end)) is is_whole


# --- Figures


def test_medians_shares_and_counts(small: Configuration) -> None:
    for opened, closed in ((10, 11), (20, 23), (40, 42)):
        interval(small, opened, closed)
    (figures,) = history.figures(seen())
    assert figures.restocks == 3
    assert figures.median_in == timedelta(hours=2)
    assert figures.median_out == timedelta(hours=13)  # of 9 and 17
    assert figures.share == pytest.approx(6 / 240)
    assert not figures.is_in_stock
    assert figures.last.closed_at == at(42)


def test_the_share_is_of_the_time_that_was_looked_at(small: Configuration) -> None:
    unwatched(0, 140)
    interval(small, 130, 190)
    (figures,) = history.figures(seen())
    assert figures.share == pytest.approx(50 / 100)


def test_what_still_is_in_stock_has_no_length_yet(small: Configuration) -> None:
    interval(small, 10, None)
    (figures,) = history.figures(seen())
    assert (figures.is_in_stock, figures.median_in, figures.median_out) == (True, None, None)
    assert figures.last.lasted(at(20)) == timedelta(hours=10)


def test_restocks_come_latest_first_over_all_datacenters(small: Configuration) -> None:
    interval(small, 10, 11)
    interval(small, 30, 31, place="bhs")
    interval(small, 20, 21)
    assert [(one.datacenter, one.opened_at) for one in seen().restocks()] == [
        ("bhs", at(30)),
        ("gra", at(20)),
        ("gra", at(10)),
    ]


def test_hours_are_the_viewers(small: Configuration) -> None:
    interval(small, 23.5, 24)  # Monday 23:30 UTC
    interval(small, 47.9, 48)
    found = seen().restocks()
    in_utc, in_paris = (history.heat_map(found, zone) for zone in (ZoneInfo("UTC"), PARIS))
    assert (in_utc[23][0], in_utc[23][1], sum(map(sum, in_utc))) == (1, 1, 2)
    assert (in_paris[0][1], in_paris[0][2], sum(map(sum, in_paris))) == (1, 1, 2)


def test_hours_follow_summer_time(small: Configuration) -> None:
    winter, summer = datetime(2027, 3, 27, 9, tzinfo=UTC), datetime(2027, 3, 28, 9, tzinfo=UTC)
    for moment in (winter, summer):
        hours = (moment - START) / timedelta(hours=1)
        interval(small, hours, hours + 1)
    cells = history.heat_map(seen(until=NOW + timedelta(days=30)).restocks(), PARIS)
    assert (cells[10][5], cells[11][6]) == (1, 1)


def test_a_plans_history_costs_three_queries(
    small: Configuration, django_assert_num_queries: object
) -> None:
    for hour in range(30):
        interval(small, hour, hour + 0.5)
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(seen().restocks()) == 30

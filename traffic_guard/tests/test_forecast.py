"""How fast it goes, when it runs out, what is left at the reset, and how good that was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from emulators.huawei import HuaweiEmulator
from tenants.scoping import scope
from traffic_guard.models import OutboundHour, PowerAction, Server
from traffic_guard.services.forecasting import backtest, charts, forecast, generated, rates, spikes
from traffic_guard.services.forecasting.forecast import Forecast
from traffic_guard.services.readings.history import Point
from traffic_guard.testing import GB
from traffic_guard.tests.watched import Watched

NOW = datetime(2026, 3, 20, 12, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START, END = NOW - 10 * DAY, NOW + 20 * DAY
Hours = dict[datetime, int]


def _foretold(watched: Watched) -> Forecast:
    with scope(watched.tenant):
        return forecast.of_server(Server.objects.get(name="web"), watched.now)


def _hours(gigabytes: Callable[[datetime], float], count: int = 24 * 8) -> Hours:
    """The last whole hours before NOW, and the running one."""
    first = NOW.replace(minute=0) - count * HOUR
    times = [first + number * HOUR for number in range(count + 1)]
    return {at: int(gigabytes(at) * GB) for at in times}


def _points(*rest: float, step: timedelta = HOUR, end: datetime = END) -> list[Point]:
    """Hourly readings until NOW, in GB."""
    first = NOW - (len(rest) - 1) * step
    return [
        Point(first + number * step, int(left * GB), 1000 * GB, None, end - 30 * DAY, end)
        for number, left in enumerate(rest)
    ]


# --- From the cloud to the row


def test_a_rate_comes_from_the_live_counter_and_says_when_it_runs_out(watched: Watched) -> None:
    watched.add_server("web", left_gb=96, gb_per_hour=2)
    watched.poll()
    found = _foretold(watched)
    assert found.rate == pytest.approx(2 * GB)
    assert (found.basis, found.window_hours) == ("live", 168)
    assert set(found.rates) == {1, 24, 168}
    left = watched.standing().left
    assert left is not None
    assert found.runs_out_at is not None
    assert (found.runs_out_at - watched.now) / HOUR == pytest.approx(left / (2 * GB))
    # what will be missing
    assert found.projected_left_at_reset is not None
    assert found.projected_left_at_reset < 0
    server = watched.server()
    assert server.burn_rate == pytest.approx(2 * GB)
    assert server.runs_out_at == found.runs_out_at


def test_a_rest_that_lasts_until_the_reset_has_no_end(watched: Watched) -> None:
    watched.add_server("web", left_gb=900, gb_per_hour=0.5)
    watched.poll()
    found = _foretold(watched)
    assert found.runs_out_at is None
    assert found.projected_left_at_reset is not None
    assert found.projected_left_at_reset > 600 * GB
    days, left = (watched.cycle[1] - watched.now) / DAY, watched.standing().left
    assert left is not None
    assert found.safe_daily_bytes == pytest.approx(left / days, rel=0.001)


def test_without_the_counter_the_bill_tells_the_rate(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.add_server("web", left_gb=500, gb_per_hour=4)
    huawei.fault("status", service="ces", status=403, times=0)
    for _poll in range(9):
        watched.poll()
        watched.passes(hours=1)
    found = _foretold(watched)
    assert found.basis == "billed"
    assert found.rate == pytest.approx(4 * GB)
    assert 1 not in found.rates  # of one hour the bill says nothing


def test_what_is_unknown_has_no_forecast(watched: Watched, huawei: HuaweiEmulator) -> None:
    watched.add_server("web", left_gb=96, gb_per_hour=2)
    watched.poll()
    huawei.lose("web")
    watched.passes(minutes=15)
    watched.poll()
    found = _foretold(watched)
    assert (found.runs_out_at, found.projected_left_at_reset, found.safe_daily_bytes) == (
        None,
        None,
        None,
    )
    assert watched.server().runs_out_at is None


# --- Rates


def test_the_reset_is_no_use_and_a_correction_is_taken_back() -> None:
    before = _points(20, 10, 4, end=NOW - 4 * HOUR)
    before = [
        Point(one.at - 5 * HOUR, one.remaining, one.total, None, one.cycle_start, one.cycle_end)
        for one in before
    ]
    # 16 GB in two hours, the reset, then 990 to 984 with a figure between that was corrected
    after = _points(990, 970, 988, 984)
    assert rates.by_bill([*before, *after], 24, NOW) == pytest.approx((16 + 6) * GB / 5)


def test_an_absent_hour_is_one_in_which_the_server_was_off() -> None:
    """On twelve hours a day it sends 2 GB an hour: 24 GB a day, not 48."""
    hours = {at: sent for at, sent in _hours(lambda _at: 2).items() if at.hour < 12}
    rate, covered = rates.by_counter(hours, 168, NOW)
    assert rate == pytest.approx(GB)
    assert covered == 0.5


def test_the_week_counts_until_a_day_is_far_from_it() -> None:
    weekend = _hours(lambda at: 3 if at.weekday() < 5 else 0.5)
    usual = rates.chosen(rates.of_windows(weekend, [], NOW))
    assert usual is not None
    assert usual.window_hours == 168
    changed = _hours(lambda at: 9 if at >= NOW - DAY else 1)
    sudden = rates.chosen(rates.of_windows(changed, [], NOW))
    assert sudden is not None
    assert sudden.window_hours == 24


# --- Spikes


@pytest.mark.parametrize(
    ("last", "is_one"),
    [(7, True), (2.5, False), (0.4, False)],
    ids=["seven times the usual", "two and a half times", "little"],
)
def test_the_last_hour_is_compared_with_the_usual_one(last: float, *, is_one: bool) -> None:
    at_last = NOW.replace(minute=0) - HOUR
    assert spikes.is_spike(_hours(lambda at: last if at == at_last else 1), NOW) is is_one


def test_little_traffic_is_no_spike_however_many_times_it_is() -> None:
    at_last = NOW.replace(minute=0) - HOUR
    assert not spikes.is_spike(_hours(lambda at: 1.9 if at == at_last else 0.01), NOW)


def test_a_backup_at_the_same_time_each_day_is_no_spike() -> None:
    assert not spikes.is_spike(_hours(lambda at: 20 if at.hour == 11 else 1), NOW)


def test_a_young_server_has_no_usual_hour() -> None:
    assert not spikes.is_spike(_hours(lambda _at: 50, count=12), NOW)


# --- Charts


def test_charts_show_what_is_left_with_the_reset_and_what_was_done(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.add_server("web", left_gb=40, gb_per_hour=4)
    huawei.end_cycle("web", 6 * 3600)
    for hour in range(10):
        if hour != 3:
            watched.poll()
        watched.passes(hours=1)
    with scope(watched.tenant):
        server = Server.objects.get(name="web")
        PowerAction.objects.create(
            tenant=watched.tenant,
            server=server,
            kind="stop",
            origin="guard",
            request_key="k",
            state="done",
            settled_at=watched.now - 5 * HOUR,
        )
        day = charts.last_day(server, watched.now, threshold=20 * GB)
        month = charts.last_month(server, watched.now)
        cycles = charts.cycles(server, watched.now)
        sent = charts.outbound(server, watched.now)
    assert len(day["labels"]) == 24
    billed = day["series"][0]["data"]
    assert billed[13] == 40
    assert billed[16] is None  # nobody read in that hour: a gap, no zero
    assert max(value for value in billed if value is not None) > 900
    (reset,) = day["lines"]
    assert reset["label"] == "Reset"
    assert 19 < reset["at"] < 20
    (stop,) = day["marks"]
    assert (stop["label"], stop["at"]) == ("Stopped", 18.5)
    assert day["levels"] == [{"value": 20, "label": "Threshold"}]
    assert len(month["labels"]) == 120
    # the new cycle lasts 20 days and half an hour
    assert [len(series["data"]) for series in cycles["series"]] == [21, 21]
    assert sent["series"][0]["data"][-4:] == [4, 4, 2, None]  # until the last poll


# --- How good it was


def test_a_backtest_knows_only_the_past_of_each_question() -> None:
    points, hours = generated.generate(generated.HABITS[0], cycles=3)
    found = backtest.Backtest()
    backtest.add(found, points, hours, points[-1].cycle_end)
    assert found.cycles == 3
    assert [score.days for score in backtest.table(found.scores)] == [1, 3, 7, 14]
    assert all((score.mean_miss or 0) < 1 for score in found.scores.values())
    # traffic that begins after the question changes its truth, and no answer
    last = points[-1].cycle_start + 25 * DAY
    later = {at: sent * 3 if at >= last else sent for at, sent in hours.items()}
    other = backtest.Backtest()
    backtest.add(other, points, later, points[-1].cycle_end)
    assert other.scores[7].misses == found.scores[7].misses
    assert other.scores[3].misses != found.scores[3].misses


def test_running_out_is_foretold_unforeseen_or_a_false_alarm() -> None:
    habit = next(one for one in generated.HABITS if one.name == "a sudden change")
    points, hours = generated.generate(habit, cycles=4)
    found = backtest.Backtest()
    backtest.add(found, points, hours, points[-1].cycle_end)
    early, late = found.scores[14], found.scores[7]
    assert early.unforeseen > late.unforeseen
    assert late.foretold
    assert late.mean_hours_off is not None
    assert late.mean_hours_off < 12


def test_a_cycle_that_was_not_read_to_its_end_says_nothing() -> None:
    points, hours = generated.generate(generated.HABITS[0], cycles=2)
    found = backtest.Backtest()
    backtest.add(found, points[:-12], hours, points[-1].cycle_end)
    assert found.cycles == 1
    backtest.add(found, [], hours, NOW)
    assert found.cycles == 1


def test_the_command_asks_a_tenants_cycles(
    watched: Watched, huawei: HuaweiEmulator, capsys: Any
) -> None:
    watched.add_server("web", left_gb=500, gb_per_hour=1, age_days=45)
    huawei.end_cycle("web", 3600)
    watched.poll()
    with scope(watched.tenant):
        server = Server.objects.get(name="web")
        assert not backtest.of_server(server, watched.now).is_telling
        assert OutboundHour.objects.exists()
    watched.passes(hours=2)
    watched.poll()
    call_command("traffic_backtest", tenant=watched.tenant.slug)
    assert "1 finished cycles" in capsys.readouterr().out

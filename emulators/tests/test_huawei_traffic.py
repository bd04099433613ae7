"""Traffic that flows: rates, billing that lags, cycles, servers that are off; and is kept."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.clock import ManualClock
from emulators.httpd import Server
from emulators.huawei import HuaweiEmulator
from emulators.huawei.cycles import cycle_at
from emulators.huawei.models import GIB, Package
from emulators.huawei.traffic import sent
from emulators.tests.huawei_hub import METRICS, Hub

HOUR, DAY = 3600, 86400


@pytest.fixture
def steady(huawei: Hub, clock: ManualClock) -> Hub:
    """A plan of 100 GB that sends 1 GB an hour, at the start of an hour."""
    clock.advance(HOUR - clock.time() % HOUR)
    huawei.emulator.add_plan(name="steady", total_gb=100, left_gb=50, gb_per_hour=1)
    return huawei


def points(hub: Hub, name: str, hours: float, period: int = HOUR) -> list[float]:
    """What the metrics tell of the last hours, in GB."""
    server, now = hub.emulator.server(name), hub.clock.time()
    dimensions = [
        {"name": "bandwidth_id", "value": server.bandwidth_id},
        {"name": "publicip_id", "value": server.eip_id},
    ]
    metric = {"namespace": "SYS.VPC", "metric_name": "up_stream", "dimensions": dimensions}
    body = {
        "metrics": [metric],
        "period": str(period),
        "filter": "sum",
        "from": int((now - hours * HOUR) * 1000),
        "to": int(now * 1000),
    }
    (row,) = hub.call("ces", "POST", METRICS, body).json()["metrics"]
    return [point["sum"] / GIB for point in row["datapoints"]]


def test_billing_counts_whole_hours_an_hour_late(steady: Hub, clock: ManualClock) -> None:
    assert steady.left("steady") == 50
    clock.advance(HOUR)
    assert steady.left("steady") == 49
    clock.advance(HOUR - 1)
    assert steady.left("steady") == 49
    clock.advance(1)
    assert steady.left("steady") == 48
    steady.emulator.set_lag(3)
    assert steady.left("steady") == 50
    clock.advance(200 * HOUR)
    assert steady.left("steady") == 0


def test_metrics_are_live(steady: Hub, clock: ManualClock) -> None:
    steady.emulator.use("steady", 5)
    clock.advance(HOUR / 2)
    assert points(steady, "steady", 0.5) == [5.5]
    assert (
        points(steady, "steady", 0.5, 300)
        == [pytest.approx(5 + 1 / 12)] + [pytest.approx(1 / 12)] * 5
    )
    assert steady.emulator.sent("steady", HOUR) == 6 * GIB


def test_a_long_span_is_silently_shortened(steady: Hub) -> None:
    steady.emulator.add_plan(name="old", gb_per_hour=1, age_days=20)
    assert len(points(steady, "old", 24 * 15)) == 240
    assert len(points(steady, "old", 24 * 15, DAY)) == 16  # the first and the last in part


def test_a_server_that_is_off_sends_nothing(steady: Hub, clock: ManualClock) -> None:
    steady.emulator.switch("steady", is_on=False)
    clock.advance(10 * HOUR)
    assert steady.left("steady") == 49  # of the hour before
    assert points(steady, "steady", 9) == []
    steady.emulator.switch("steady", is_on=True)
    clock.advance(2 * HOUR)
    assert steady.left("steady") == 48
    assert points(steady, "steady", 2) == [1, 1]


def test_rates_change_and_follow_the_day(steady: Hub, clock: ManualClock) -> None:
    steady.emulator.set_rate("steady", 4)
    clock.advance(3 * HOUR)
    assert points(steady, "steady", 3) == [4, 4, 4]
    steady.emulator.set_rate("steady", 1, swing=1)
    clock.advance(DAY)
    day = points(steady, "steady", 24)
    assert sum(day) == pytest.approx(24)
    peak = datetime.fromtimestamp(clock.time() - DAY + day.index(max(day)) * HOUR, UTC)
    assert peak.hour in (12, 13)
    assert min(day) < 0.02


def test_a_month_is_replayed(huawei: Hub, clock: ManualClock) -> None:
    server = huawei.emulator.add_plan(name="month", total_gb=1000, gb_per_hour=1, age_days=0)
    start, end = huawei.emulator.cycle("month")
    assert (start, datetime.fromtimestamp(end, UTC).hour) == (clock.time(), 16)
    seen = []
    while clock.time() < end + 2 * DAY:
        clock.advance(6 * HOUR)
        seen.append((huawei.left("month"), huawei.emulator.cycle("month")))
    before = [left for left, cycle in seen if cycle[1] == end]
    after = [left for left, cycle in seen if cycle[0] == end]
    assert len(before) + len(after) == len(seen)
    assert before == sorted(before, reverse=True)
    assert 1000 - before[-1] == pytest.approx((end - start) / HOUR, abs=8)
    assert after[0] >= 994
    assert sent(server, start, end) == round((end - start) / HOUR * GIB)


@pytest.mark.parametrize(
    ("bought", "expected"),
    [
        ("2026-01-05T02:11:00", "2026-02-05T16:00:00"),
        ("2026-01-31T02:11:00", "2026-02-28T16:00:00"),
        ("2026-01-30T18:00:00", "2026-02-28T16:00:00"),  # it is the 31st in China
        ("2026-12-15T10:00:00", "2027-01-15T16:00:00"),
    ],
)
def test_a_cycle_ends_at_midnight_in_china(bought: str, expected: str) -> None:
    at = datetime.fromisoformat(bought).replace(tzinfo=UTC).timestamp()
    _, end = cycle_at(Package("fr", "d", "r", "n", 1, at, "s"), at)
    assert datetime.fromtimestamp(end, UTC).isoformat() == f"{expected}+00:00"


def test_a_cycle_can_be_ended_and_billing_may_notice_late(steady: Hub, clock: ManualClock) -> None:
    _, end = steady.emulator.cycle("steady")
    steady.emulator.end_cycle("steady", 4 * HOUR)
    steady.emulator.state.reset_delay = HOUR
    clock.advance(4 * HOUR)
    assert steady.left("steady") == 46
    clock.advance(HOUR)
    assert steady.emulator.cycle("steady") == (clock.time() - HOUR, end)
    assert steady.left("steady") == 100
    clock.advance(HOUR)
    assert steady.left("steady") == 99


def test_two_packages_of_a_plan_are_used_one_after_the_other(
    huawei: Hub, clock: ManualClock
) -> None:
    huawei.emulator.add_plan(name="both", total_gb=10, gb_per_hour=1, age_days=0.5)
    second = huawei.emulator.add_second_package("both", 10)
    left = [huawei.emulator.remaining("both") / GIB, huawei.emulator.remaining(second.id) / GIB]
    assert left == [0, pytest.approx(9, abs=1.1)]


def test_a_shared_package_pays_for_servers_without_their_own(
    huawei: Hub, clock: ManualClock
) -> None:
    clock.advance(HOUR - clock.time() % HOUR)
    huawei.emulator.add_server(name="api", gb_per_hour=2)
    huawei.emulator.add_plan(name="plan", gb_per_hour=50)
    package = huawei.emulator.add_shared_package(total_gb=100, left_gb=80)
    clock.advance(6 * HOUR)
    assert huawei.emulator.remaining(package.id) / GIB == 70


def test_people_can_let_time_pass_while_clocks_stay(steady: Hub, clock: ManualClock) -> None:
    end = steady.emulator.cycle("steady")[1]
    steady.emulator.move(24)
    # what was to come in a day is there now, and a day nearer is the end
    assert steady.left("steady") == 26
    assert steady.emulator.cycle("steady")[1] == end - DAY
    assert points(steady, "steady", 24) == [1] * 24


def test_everything_is_kept(tmp_path: Path, clock: ManualClock, http: httpx.Client) -> None:
    first = HuaweiEmulator(tmp_path, clock)
    keys = first.add_account("cn", ["cn-north-4"])
    first.add_plan(keys.domain_id, "cn-north-4", "kept", left_gb=12.5, gb_per_hour=1)
    first.switch("kept", is_on=False)
    first.lose("kept", 2)
    renewed = first.renew("kept")
    first.set_lag(2)
    first.move(5)
    with Server(first.app) as server:
        hub = Hub(first, clock, server.url, http)
        body: Any = {"os-stop": {"servers": [{"id": first.server("hk-web-1").id}]}}
        project = first.server("hk-web-1").project_id
        job = hub.call("ecs", "POST", f"/v1/{project}/cloudservers/action", body).json()["job_id"]
    first.close()
    second = HuaweiEmulator(tmp_path, clock)
    assert second.server("kept").status == "SHUTOFF"
    assert (second.package("kept").id, second.package("kept").lost_polls) == (renewed, 2)
    assert second.remaining("kept") == first.remaining("kept")
    assert (second.state.lag, second.state.offset) == (2 * HOUR, 5 * HOUR)
    assert second.server("hk-web-1").task == "powering-off"
    clock.advance(60)
    assert second.server("hk-web-1").status == "SHUTOFF"
    with Server(second.app) as server:
        path = f"/v1/{project}/jobs/{job}"
        again = Hub(second, clock, server.url, http)
        assert again.call("ecs", "GET", path).json()["status"] == "SUCCESS"
    ids = {server.id for server in second.state.servers.values()}
    second.reset()
    assert second.state.offset == 0
    # a product that knows the demo world's servers finds them again
    assert {server.id for server in second.state.servers.values()} < ids
    second.close()

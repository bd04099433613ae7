"""Public addresses and the bytes they send out, hour by hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from emulators.huawei.models import GIB
from emulators.huawei.world import DEMO
from traffic_guard.gateways.cloud import Eip, Unreachable
from traffic_guard.tests.accounts_at import HERE, account_of

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.huawei import HuaweiEmulator
    from traffic_guard.tests.canned import CannedCloud

INTL = DEMO["intl"]
HOUR = timedelta(hours=1)


def whole_hour(clock: ManualClock) -> datetime:
    """Move the clock to the next whole hour and return it."""
    clock.advance(3600 - clock.time() % 3600)
    return datetime.fromtimestamp(clock.time(), UTC)


def test_an_address_names_its_server_and_its_bandwidth(huawei: HuaweiEmulator) -> None:
    server = huawei.server("hk-web-1")
    found = {eip.eip_id: eip for eip in account_of(INTL).addresses(HERE)}
    assert len(found) == 2
    assert found[server.eip_id] == Eip(
        server.eip_id, server.address, server.bandwidth_id, server.id
    )


def test_many_addresses_come_page_by_page(huawei: HuaweiEmulator) -> None:
    for number in range(250):
        huawei.add_server(name=f"many-{number}")
    cloud = account_of(INTL)
    assert len(cloud.addresses(HERE)) == 252
    assert dict(cloud.calls) == {"vpc": 2}


def test_hours_are_live_and_a_server_that_was_off_has_none(
    huawei: HuaweiEmulator, huawei_clock: ManualClock, time_machine: Any
) -> None:
    now = whole_hour(huawei_clock)
    server = huawei.add_plan(name="steady", gb_per_hour=2)
    huawei_clock.advance(2 * 3600)
    huawei.switch("steady", is_on=False)
    huawei_clock.advance(3 * 3600)
    huawei.switch("steady", is_on=True)
    huawei_clock.advance(1800)
    time_machine.move_to(huawei_clock.time(), tick=False)
    cloud = account_of(INTL)
    eip = Eip(server.eip_id, server.address, server.bandwidth_id, server.id)
    strange = Eip("eip-none", "192.0.2.1", "bandwidth-none", "")
    found = cloud.outbound(HERE, [eip, strange], now - HOUR, now + 6 * HOUR)
    gigabytes = [((at - now) / HOUR, size / GIB) for at, size in found[server.eip_id]]
    assert gigabytes == [(-1, 2), (0, 2), (1, 2), (5, 1)]
    assert found["eip-none"] == ()
    earlier = cloud.outbound(HERE, [eip], now - HOUR, now + HOUR)
    assert len(earlier[server.eip_id]) == 2


@pytest.mark.parametrize(("days", "count", "calls"), [(0.1, 500, 1), (0.1, 501, 2), (25, 13, 5)])
def test_limits_of_a_call_are_kept(
    canned: CannedCloud, days: float, count: int, calls: int
) -> None:
    canned.say("", {"metrics": []})
    eips = [Eip(f"eip-{number}", "", f"bw-{number}", "") for number in range(count)]
    now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    found = account_of(INTL).outbound(HERE, eips, now - timedelta(days=days), now)
    assert (len(found), len(canned.requests)) == (count, calls)
    for request in canned.requests:
        body = request["body"]
        hours = (body["to"] - body["from"]) // 3_600_000 + 1
        assert hours <= 240
        assert len(body["metrics"]) <= 500
        assert (hours + 1) * len(body["metrics"]) <= 3000
        assert (body["period"], body["filter"], body["from"] % 3_600_000) == ("3600", "sum", 0)


def test_odd_points_are_left_out_and_never_count_as_nothing(canned: CannedCloud) -> None:
    def row(name: str, points: Any, unit: Any = "byte") -> dict[str, Any]:
        dimensions = [{"name": "publicip_id", "value": name}]
        return {"unit": unit, "dimensions": dimensions, "datapoints": points}

    points = [
        {"timestamp": 1_795_000_000_000, "sum": 5.0},
        {"timestamp": 1_795_003_600_000, "sum": None},
        {"timestamp": None, "sum": 5},
        {"timestamp": 1_795_007_200_000, "sum": -5},
        {"timestamp": 1_795_010_800_000},
        {"timestamp": 10**30, "sum": 5},
        {"timestamp": 1_795_014_400_000, "sum": True},
        {"timestamp": 1_795_018_000_000, "sum": "1e999999"},
        "odd",
    ]
    rows = [row("a", points), row("b", points, "bit"), row("c", None), row("d", points), None]
    canned.say("", {"metrics": rows})
    eips = [Eip(name, "", "", "") for name in "abc"]
    at = datetime.fromtimestamp(1_795_000_000, UTC)
    found = account_of(INTL).outbound(HERE, eips, at, at + HOUR)
    assert set(found) == {"a", "b", "c"}
    assert found["b"] == found["c"] == ()
    ((hour, size),) = found["a"]
    assert (hour.minute, size, type(size)) == (0, 5, int)
    assert Decimal(hour.timestamp()) == 1_795_000_000 // 3600 * 3600


def test_an_answer_without_its_list_says_nothing(canned: CannedCloud) -> None:
    canned.say("", {"metrics": None, "publicips": None})
    cloud, now = account_of(INTL), datetime.now(UTC)
    with pytest.raises(Unreachable):
        cloud.addresses(HERE)
    with pytest.raises(Unreachable):
        cloud.outbound(HERE, [Eip("a", "", "", "")], now - HOUR, now)

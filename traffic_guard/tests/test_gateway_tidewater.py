"""A second cloud through the same calls: one gateway file, one line in the registry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from emulators.tidewater.state import ACCOUNT, GB, TOKEN
from traffic_guard.gateways.cloud import (
    Busy,
    CloudProvider,
    Keys,
    Kind,
    Place,
    Power,
    Project,
    Refused,
    Unreachable,
)
from traffic_guard.gateways.registry import connect

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.tidewater import TidewaterEmulator

NORTH = Place("tide-north", "tide-north")


@pytest.fixture
def cloud(tidewater: TidewaterEmulator) -> CloudProvider:
    """The demo's account there."""
    return connect(Keys("tidewater", "main", ACCOUNT, TOKEN))


def test_servers_packages_and_what_is_left(
    tidewater: TidewaterEmulator, cloud: CloudProvider
) -> None:
    assert cloud.domain_id() == ACCOUNT
    assert cloud.projects()[0] == Project("tide-north", "tide-north")
    plans = {one.name: one for one in cloud.discover()}
    assert set(plans) == {"lagoon-1", "lagoon-2", "reef-1"}
    tidewater.use("lagoon-1", 50)
    answer = cloud.usages([*plans["lagoon-1"].package_ids, "nothing"])
    (usage,) = answer.usages
    unit = cloud.units()[usage.unit_id]
    assert (usage.remaining, usage.total) == (Decimal(40 * GB), Decimal(2000 * GB))
    assert (unit.bytes, answer.missing, cloud.shared_packages()) == (1, ("nothing",), ())
    assert usage.cycle_end is not None
    assert usage.cycle_end.day == 1
    # what nobody knows is not zero: more than all cannot be left, less than nothing neither
    tidewater.use("lagoon-1", 500)
    assert cloud.usages(plans["lagoon-1"].package_ids).usages[0].remaining == 0


def test_power_and_traffic(
    tidewater: TidewaterEmulator, cloud: CloudProvider, huawei_clock: ManualClock
) -> None:
    server = tidewater.server("lagoon-1")
    start = datetime.fromtimestamp(huawei_clock.time(), UTC)
    huawei_clock.advance(7200)
    job_id = cloud.stop(NORTH, [server.id])
    assert cloud.states(NORTH, [server.id])[server.id].power is Power.STOPPING
    assert cloud.job(NORTH, job_id).state == "running"
    huawei_clock.advance(3600)
    assert cloud.job(NORTH, job_id).servers[server.id].state == "done"
    assert cloud.states(NORTH, [server.id])[server.id].power is Power.STOPPED
    with pytest.raises(Refused) as told:
        cloud.stop(NORTH, [server.id], hard=True)
    assert told.value.kind is Kind.CONFLICT
    (eip, _) = cloud.addresses(NORTH)
    hours = cloud.outbound(NORTH, [eip], start, start + timedelta(hours=3))[eip.eip_id]
    assert sum(size for _, size in hours) == pytest.approx(3 * GB * 7210 / 3600)
    assert cloud.start(NORTH, [server.id]) != cloud.reboot(NORTH, [tidewater.server("lagoon-2").id])


def test_what_goes_wrong_there_is_told_the_same_way(
    tidewater: TidewaterEmulator, cloud: CloudProvider
) -> None:
    assert all(one.is_granted for one in cloud.check())
    with pytest.raises(Refused) as refused:
        connect(Keys("tidewater", "main", ACCOUNT, "wrong")).check()
    assert (refused.value.kind, refused.value.api) == (Kind.CREDENTIAL, "tidewater")
    tidewater.fault("status", status=429)
    with pytest.raises(Busy):
        cloud.servers(NORTH)
    tidewater.fault("drop", method="/v1/operations")
    with pytest.raises(Unreachable) as lost:
        cloud.stop(NORTH, [tidewater.server("lagoon-1").id])
    assert lost.value.unclear

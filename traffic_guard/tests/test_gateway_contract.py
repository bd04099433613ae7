"""What every cloud's gateway must do, told once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from emulators.huawei.world import DEMO
from emulators.tidewater.state import ACCOUNT, TOKEN
from traffic_guard.gateways import huawei as huawei_gateway
from traffic_guard.gateways import tidewater as tidewater_gateway
from traffic_guard.gateways.cloud import (
    CloudProvider,
    FoundServer,
    Keys,
    Kind,
    Power,
    Refused,
    Unreachable,
)
from traffic_guard.gateways.registry import connect, provider_choices
from traffic_guard.tests.accounts_at import keys_of

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.huawei import HuaweiEmulator
    from emulators.tidewater import TidewaterEmulator

# a type checker looks here whether each of them can do all that is asked of a cloud
GATEWAYS: dict[str, Callable[[Keys], CloudProvider]] = {
    "huawei": huawei_gateway.connect,
    "tidewater": tidewater_gateway.connect,
}
KEYS = {
    "huawei": keys_of(DEMO["intl"]),
    "tidewater": Keys("tidewater", "main", ACCOUNT, TOKEN),
}
URLS = {
    "huawei": ("IAM", "CONFIG", "BSS", "ECS", "VPC", "CES"),
    "tidewater": (),
}


@pytest.fixture(params=GATEWAYS)
def keys(
    request: pytest.FixtureRequest, huawei: HuaweiEmulator, tidewater: TidewaterEmulator
) -> Keys:
    """The keys of an account, cloud by cloud."""
    return KEYS[request.param]


@pytest.fixture
def cloud(keys: Keys) -> CloudProvider:
    return connect(keys)


@pytest.fixture
def plan(cloud: CloudProvider) -> FoundServer:
    """One of the account's plans."""
    return next(one for one in cloud.discover() if one.server_id and not one.is_deleted)


def test_each_cloud_is_offered_once(huawei: HuaweiEmulator, tidewater: TidewaterEmulator) -> None:
    assert [choice.slug for choice in provider_choices()] == list(GATEWAYS) == list(KEYS)


def test_a_plan_leads_to_its_server_its_package_and_its_address(
    cloud: CloudProvider, plan: FoundServer
) -> None:
    answer = cloud.usages([*plan.package_ids, "nothing-of-ours"])
    assert answer.missing == ("nothing-of-ours",)
    (usage,) = answer.usages
    assert usage.remaining is not None
    assert usage.total is not None
    assert Decimal(0) <= usage.remaining <= usage.total
    assert usage.cycle_start is not None
    assert usage.cycle_end is not None
    assert usage.cycle_start < datetime.now(UTC) < usage.cycle_end
    assert {**cloud.known_units(), **cloud.units()}[usage.unit_id].bytes
    server = cloud.states(plan.place, [plan.server_id])[plan.server_id]
    assert (server.name, server.addresses) == (plan.name, plan.addresses)
    assert plan.place.region in {one.region for one in cloud.projects()}
    (eip,) = (one for one in cloud.addresses(plan.place) if one.server_id == plan.server_id)
    assert (eip.address,) == plan.addresses
    assert cloud.domain_id()


def test_a_stop_is_seen_by_the_state_and_in_the_traffic(
    cloud: CloudProvider, plan: FoundServer, huawei_clock: ManualClock, time_machine: Any
) -> None:
    def pass_hours(hours: int) -> datetime:
        huawei_clock.advance(hours * 3600)
        time_machine.move_to(huawei_clock.time(), tick=False)
        return datetime.fromtimestamp(huawei_clock.time(), UTC)

    def power() -> Power:
        return cloud.states(plan.place, [plan.server_id])[plan.server_id].power

    huawei_clock.advance(3600 - huawei_clock.time() % 3600)
    pass_hours(2)
    assert power() is Power.RUNNING
    job_id = cloud.stop(plan.place, [plan.server_id])
    assert power() is Power.STOPPING
    assert cloud.job(plan.place, job_id).state == "running"
    stopped = pass_hours(1)
    job = cloud.job(plan.place, job_id)
    assert (job.state, job.servers[plan.server_id].state) == ("done", "done")
    assert power() is Power.STOPPED
    eips = [one for one in cloud.addresses(plan.place) if one.server_id == plan.server_id]
    later = pass_hours(3)
    hours = cloud.outbound(plan.place, eips, stopped - timedelta(hours=3), later)[eips[0].eip_id]
    # while it is off there is nothing, which is not a zero
    assert [at for at, _ in hours] == [stopped - timedelta(hours=n) for n in (3, 2, 1)]
    assert all(size > 0 for _, size in hours)
    job_id = cloud.start(plan.place, [plan.server_id])
    assert power() is Power.STARTING
    pass_hours(1)
    assert power() is Power.RUNNING
    cloud.reboot(plan.place, [plan.server_id], hard=True)
    assert power() is Power.REBOOTING


def test_what_is_done_already_is_refused_as_a_conflict(
    cloud: CloudProvider, plan: FoundServer
) -> None:
    with pytest.raises(Refused) as told:
        cloud.start(plan.place, [plan.server_id])
    assert told.value.kind is Kind.CONFLICT


def test_wrong_keys_and_a_cloud_that_is_away_are_told_apart(keys: Keys, settings: Any) -> None:
    with pytest.raises(Refused) as told:
        connect(replace(keys, secret_key="wrong")).projects()
    assert told.value.kind is Kind.CREDENTIAL
    with pytest.raises(Refused) as told:
        connect(replace(keys, secret_key=" "))
    assert told.value.kind is Kind.BLANK_KEYS
    for name in URLS[keys.provider]:
        setattr(settings, f"HUAWEI_{name}_URL", "http://127.0.0.1:9")
    settings.TIDEWATER_API_URL = "http://127.0.0.1:9"
    with pytest.raises(Unreachable):
        connect(keys).projects()


def test_a_check_tells_rights_and_changes_nothing(cloud: CloudProvider, plan: FoundServer) -> None:
    findings = cloud.check(plan.place)
    assert {one.is_granted for one in findings} <= {True, None}
    assert all(one.action and one.words and one.api for one in findings)
    server = cloud.states(plan.place, [plan.server_id])[plan.server_id]
    assert server.power is Power.RUNNING
    assert sum(cloud.calls.values()) >= 2

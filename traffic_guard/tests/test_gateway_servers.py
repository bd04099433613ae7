"""Servers: how they are, stopping and starting them, and the jobs that do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulators.huawei.world import DEMO
from traffic_guard.gateways.cloud import (
    Busy,
    CloudProvider,
    Keys,
    Kind,
    Place,
    Power,
    Refused,
    Unreachable,
)
from traffic_guard.gateways.registry import connect
from traffic_guard.gateways.server_parsing import power_of
from traffic_guard.tests.accounts_at import HERE, account_of
from traffic_guard.tests.canned import Canned

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.huawei import HuaweiEmulator
    from traffic_guard.tests.canned import CannedCloud

INTL = DEMO["intl"]
HTML = Canned(b"<html>hello</html>", kind="text/html")


@pytest.fixture
def cloud(huawei: HuaweiEmulator) -> CloudProvider:
    """The demo's international account."""
    return account_of(INTL)


def power(cloud: CloudProvider, server_id: str) -> Power:
    """Return how a server is now."""
    return cloud.states(HERE, [server_id])[server_id].power


def test_a_server_tells_all_that_a_decision_needs(
    huawei: HuaweiEmulator, cloud: CloudProvider
) -> None:
    tags = ["traffic_guard=off", "team=", "bare"]
    huawei.set_server("hk-web-1", is_locked=True, is_frozen=True, tags=tags)
    known = huawei.server("hk-web-1")
    by_use = huawei.add_server(charging="0")
    states = cloud.states(HERE, [known.id, by_use.id, "nobody"])
    server = states[known.id]
    assert (server.name, server.power, server.charging) == ("hk-web-1", Power.RUNNING, "prepaid")
    assert (server.raw_status, server.task_state) == ("ACTIVE", "")
    assert server.addresses == (known.address,)
    assert (server.is_locked, server.is_frozen) == (True, True)
    assert server.tags == {"traffic_guard": "off", "team": "", "bare": ""}
    assert (states[by_use.id].charging, states[by_use.id].is_locked) == ("usage", False)
    assert (states["nobody"].power, states["nobody"].addresses) == (Power.GONE, ())


@pytest.mark.parametrize(
    ("status", "task", "expected"),
    [
        ("ACTIVE", "", Power.RUNNING),
        ("ACTIVE", "powering-off", Power.STOPPING),
        ("SHUTOFF", "", Power.STOPPED),
        ("SHUTOFF", "powering-on", Power.STARTING),
        ("ACTIVE", "rebooting", Power.REBOOTING),
        ("REBOOT", "reboot_started", Power.REBOOTING),
        ("HARD_REBOOT", "", Power.REBOOTING),
        ("ACTIVE", "image_snapshot", Power.OTHER),
        ("SHUTOFF", "deleting", Power.OTHER),
        ("DELETED", "", Power.GONE),
        ("ERROR", "", Power.OTHER),
        ("RESIZE", "resize_prep", Power.OTHER),
        ("", "", Power.OTHER),
    ],
)
def test_status_and_task_together_tell_the_power(status: str, task: str, expected: Power) -> None:
    assert power_of(status, task) is expected


def test_130_servers_are_listed_whole_and_asked_for_in_batches(
    huawei: HuaweiEmulator, cloud: CloudProvider
) -> None:
    ids = [huawei.add_server(name=f"many-{number}").id for number in range(130)]
    assert len(cloud.servers(HERE)) == 132
    assert len(cloud.states(HERE, [*ids, ids[0], ""])) == 130
    assert dict(cloud.calls) == {"ecs": 3}


def test_more_than_a_page_of_servers_is_listed(canned: CannedCloud) -> None:
    first = [{"id": f"s{number:04d}", "status": "ACTIVE"} for number in range(1000)]
    last = [{"id": "s1000", "status": "SHUTOFF"}, {"id": None}]
    canned.say("/detail", {"servers": first}, {"servers": last})
    found = account_of(INTL).servers(HERE)
    assert (len(found), found[-1].power) == (1001, Power.STOPPED)
    assert "marker=s0999" in canned.requests[1]["query"]


def test_stop_and_start_are_jobs_and_the_state_follows(
    huawei: HuaweiEmulator, huawei_clock: ManualClock, cloud: CloudProvider
) -> None:
    ids = [huawei.server(name).id for name in ("hk-web-1", "hk-web-2")]
    job_id = cloud.stop(HERE, ids)
    assert power(cloud, ids[0]) is Power.STOPPING
    job = cloud.job(HERE, job_id)
    assert (job.id, job.state) == (job_id, "running")
    huawei_clock.advance(30)
    job = cloud.job(HERE, job_id)
    assert (job.state, {name: one.state for name, one in job.servers.items()}) == (
        "done",
        dict.fromkeys(ids, "done"),
    )
    assert [power(cloud, name) for name in ids] == [Power.STOPPED, Power.STOPPED]
    cloud.start(HERE, ids[:1])
    assert power(cloud, ids[0]) is Power.STARTING
    huawei_clock.advance(30)
    cloud.reboot(HERE, ids[:1], hard=True)
    assert [power(cloud, name) for name in ids] == [Power.REBOOTING, Power.STOPPED]
    bodies = [call["body"] for call in huawei.calls("ecs", "*/action")]
    assert '"type": "SOFT"' in bodies[0]
    assert '"type": "HARD"' in bodies[2]


def test_a_guest_that_does_not_listen_fails_softly_and_falls_to_a_hard_stop(
    huawei: HuaweiEmulator, huawei_clock: ManualClock, cloud: CloudProvider
) -> None:
    huawei.set_server("hk-web-1", ignores_soft=True)
    server_id = huawei.server("hk-web-1").id
    soft = cloud.stop(HERE, [server_id])
    huawei_clock.advance(120)
    assert (cloud.job(HERE, soft).state, power(cloud, server_id)) == ("running", Power.STOPPING)
    hard = cloud.stop(HERE, [server_id], hard=True)
    huawei_clock.advance(10)
    assert (cloud.job(HERE, hard).state, power(cloud, server_id)) == ("done", Power.STOPPED)


def test_a_job_may_fail_and_says_why(
    huawei: HuaweiEmulator, huawei_clock: ManualClock, cloud: CloudProvider
) -> None:
    huawei.switch("hk-web-1", is_on=False)
    huawei.fault("job_fail")
    server_id = huawei.server("hk-web-1").id
    job_id = cloud.start(HERE, [server_id])
    huawei_clock.advance(60)
    job = cloud.job(HERE, job_id)
    assert (job.state, job.code) == ("failed", "Ecs.0226")
    assert "insufficient resources" in job.servers[server_id].reason
    assert power(cloud, server_id) is Power.STOPPED


def test_a_job_may_say_that_it_worked_and_nothing_happened(
    huawei: HuaweiEmulator, huawei_clock: ManualClock, cloud: CloudProvider
) -> None:
    huawei.fault("lie")
    server_id = huawei.server("hk-web-1").id
    job_id = cloud.stop(HERE, [server_id])
    huawei_clock.advance(60)
    assert (cloud.job(HERE, job_id).state, power(cloud, server_id)) == ("done", Power.RUNNING)


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"is_locked": True}, Kind.LOCKED, "Ecs.0605"),
        ({"is_frozen": True}, Kind.FROZEN, "Ecs.0110"),
        ({"status": "SHUTOFF"}, Kind.CONFLICT, "Ecs.0100"),
        ({"task": "powering-off", "task_due": 9e12}, Kind.RUNNING_COMMAND, "Ecs.0603"),
        ({"is_deleted": True}, Kind.NOT_FOUND, "Ecs.0614"),
    ],
)
def test_why_a_stop_is_refused(
    huawei: HuaweiEmulator, cloud: CloudProvider, changes: dict[str, Any], kind: Kind, code: str
) -> None:
    huawei.set_server("hk-web-1", **changes)
    with pytest.raises(Refused) as told:
        cloud.stop(HERE, [huawei.server("hk-web-1").id])
    assert (told.value.kind, told.value.code) == (kind, code)
    assert (told.value.api, told.value.action) == ("ecs", "ecs:cloudServers:stop")


def test_one_of_many_that_cannot_be_stopped_stops_none(
    huawei: HuaweiEmulator, cloud: CloudProvider
) -> None:
    huawei.set_server("hk-web-1", is_locked=True)
    ids = [huawei.server(name).id for name in ("hk-web-1", "hk-web-2")]
    with pytest.raises(Refused) as told:
        cloud.stop(HERE, ids)
    assert told.value.kind is Kind.BATCH
    assert [power(cloud, name) for name in ids] == [Power.RUNNING, Power.RUNNING]


def test_a_frozen_account_is_told_apart_from_a_missing_right(
    huawei: HuaweiEmulator, cloud: CloudProvider
) -> None:
    huawei.set_account(INTL.domain_id, is_frozen=True)
    with pytest.raises(Refused) as told:
        cloud.stop(HERE, [huawei.server("hk-web-1").id])
    assert told.value.kind is Kind.FROZEN
    with pytest.raises(Refused) as told:
        account_of(DEMO["monitor"]).stop(HERE, [huawei.server("hk-web-1").id])
    assert (told.value.kind, told.value.action) == (Kind.DENIED, "ecs:cloudServers:stop")


@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        Canned(b""),
        Canned(b"[]"),
        Canned(b'["job_id"]'),
        Canned(b"null"),
        Canned(b"{}"),
        Canned(b'{"job_id": null}'),
        Canned(b'{"job_id": ""}'),
        Canned(b"7"),
        Canned(b"", 302, {"Location": "https://elsewhere.example/"}),
        Canned(b"<html>502</html>", 502),
        Canned(b"{}", 503),
        Canned(b"<html>blocked</html>", 403),
        Canned(hangs_up=True),
    ],
)
def test_an_odd_answer_to_a_stop_leaves_it_unclear_and_is_sent_once(
    canned: CannedCloud, answer: Canned
) -> None:
    canned.say("/action", answer)
    canned.say("", answer)
    cloud = account_of(INTL)
    for act in (cloud.stop, cloud.start, cloud.reboot):
        with pytest.raises(Unreachable) as told:
            act(HERE, ["s1"])
        assert told.value.unclear
        assert "<" not in str(told.value)
    assert len(canned.requests) == 3
    # a question leaves nothing unclear, and has no answer either
    for ask in (lambda: cloud.states(HERE, ["s1"]), lambda: cloud.job(HERE, "j1")):
        with pytest.raises(Unreachable) as told:
            ask()
        assert not told.value.unclear


def test_a_stop_whose_answer_gets_lost_was_carried_out(
    huawei: HuaweiEmulator, cloud: CloudProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traffic_guard.gateways.wire.LIMITS", (5.0, 0.1))
    names = ("hk-web-1", "hk-web-2")
    for name, fault in zip(names, ("lost_answer", "late_answer"), strict=True):
        huawei.fault(fault, service="ecs", path="*/action", seconds=2)
        with pytest.raises(Unreachable) as told:
            cloud.stop(HERE, [huawei.server(name).id])
        assert told.value.unclear
        assert power(cloud, huawei.server(name).id) is Power.STOPPING
    assert len(huawei.calls("ecs", "*/action")) == 2


def test_a_throttled_stop_was_not_carried_out(huawei: HuaweiEmulator, cloud: CloudProvider) -> None:
    huawei.fault("throttled", service="ecs", retry_after=7)
    server_id = huawei.server("hk-web-1").id
    with pytest.raises(Busy) as told:
        cloud.stop(HERE, [server_id])
    assert told.value.retry_after == 7
    assert power(cloud, server_id) is Power.RUNNING


def test_a_cloud_that_nobody_serves_leaves_nothing_unclear(settings: Any) -> None:
    settings.HUAWEI_ECS_URL = "http://127.0.0.1:9"
    with pytest.raises(Unreachable) as told:
        account_of(INTL).stop(HERE, ["s1"])
    assert not told.value.unclear
    assert "127.0.0.1" not in str(told.value)


@pytest.mark.parametrize("count", [0, 101])
def test_no_call_names_nobody_or_more_than_a_hundred(canned: CannedCloud, count: int) -> None:
    canned.say("", {"job_id": "j1"})
    with pytest.raises(ValueError, match="between 1 and 100"):
        account_of(INTL).stop(HERE, [f"s{number}" for number in range(count)])
    assert canned.requests == []


@pytest.mark.parametrize("place", [Place("ap-southeast-1", ""), Place("ap-southeast-1", " ")])
def test_no_placeholder_of_the_library_is_ever_sent(canned: CannedCloud, place: Place) -> None:
    canned.say("", {"servers": []})
    with pytest.raises(Refused):
        connect(Keys("huawei", "cn", "A" * 20, "s" * 40)).servers(place)
    assert canned.requests == []

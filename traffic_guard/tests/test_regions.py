"""Regions that do not answer: others are read first, and nobody waits for them again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from emulators.huawei import HuaweiEmulator
from emulators.huawei.world import BEIJING, HONG_KONG, SINGAPORE
from tenants.scoping import scope
from traffic_guard.gateways.cloud import CloudProvider, Place, Unreachable
from traffic_guard.models import Account, Server
from traffic_guard.services.accounts import access, findings
from traffic_guard.services.guarding import states
from traffic_guard.services.readings import pacing
from traffic_guard.testing import GB
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.linked import check
from traffic_guard.tests.watched import Watched

TIME_OUT = 25.0  # seconds
QUARTER = timedelta(minutes=15)
OTHERS = ("cn-east-2", "cn-east-3", "cn-south-1", BEIJING)


class Hanging:
    """The cloud of which some regions hang until a time-out; and the watch that shows it."""

    def __init__(self, *regions: str, slow: float = 0.0) -> None:
        self.regions = set(regions)
        self.slow = slow  # seconds of each call that is answered
        self.seconds = 0.0
        self.asked: list[str] = []

    def __call__(self, account: Account) -> CloudProvider:
        return _Seen(access.provider_of(account), self)

    def watch(self) -> float:
        return self.seconds


class _Seen:
    def __init__(self, cloud: CloudProvider, hanging: Hanging) -> None:
        self._cloud, self._hanging = cloud, hanging

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., Any] = getattr(self._cloud, name)

        def ask(*args: Any, **more: Any) -> Any:
            if args and isinstance(args[0], Place):
                self._hanging.asked.append(f"{name} {args[0].region}")
                if args[0].region in self._hanging.regions:
                    self._hanging.seconds += TIME_OUT
                    raise Unreachable("ecs did not answer in time.", unclear=False)
                self._hanging.seconds += self._hanging.slow
            return call(*args, **more)

        return ask


def _add(watched: Watched, name: str, region: str) -> None:
    watched.emulator.open_region(watched.domain_id, region)
    watched.add_server(name, region=region)


def _poll(watched: Watched, cloud: Hanging) -> list[str]:
    """Read the account; return which regions were asked for what."""
    cloud.asked.clear()
    cloud.seconds = 0.0
    watched.forget_calls()
    watched.poll(connect=cloud, stopwatch=cloud.watch)
    return cloud.asked


def _look(watched: Watched, cloud: Hanging) -> None:
    """Look at the account's servers, as a press does."""
    watched.forget_calls()
    with scope(watched.tenant, transaction=False):
        servers = list(Server.objects.select_related("account"))
        states.look(cloud(watched.fetch()), servers, watched.now, cloud.watch)


def _said(watched: Watched) -> list[str]:
    return [one.title for one in findings.of_account(watched.fetch())]


@pytest.fixture
def two(watched: Watched) -> Watched:
    """A server in Hong Kong and one in Singapore."""
    for name, region in (("hk", HONG_KONG), ("sg", SINGAPORE)):
        _add(watched, name, region)
    watched.poll()
    return watched


@pytest.fixture
def crowded() -> Iterator[Callable[[], None]]:
    """Have accounts want four times the calls that there are."""
    key = f"{pacing.KEY}:huawei"
    yield lambda: cache.set(key, 4.0)
    cache.delete(key)


def test_a_region_that_hangs_is_waited_for_once_and_ever_more_seldom(two: Watched) -> None:
    cloud = Hanging(SINGAPORE)
    asked = []
    for _time in range(10):
        two.passes(minutes=5)
        _poll(two, cloud)
        assert "outbound ap-southeast-1" in cloud.asked
        # one time-out: its other services are not waited for, too
        assert cloud.seconds in (0, TIME_OUT)
        asked.append("states ap-southeast-3" in cloud.asked)
    # after 5 minutes, 10, and from then on 12
    assert [number for number, is_asked in enumerate(asked) if is_asked] == [0, 1, 3, 6, 9]
    assert _said(two) == ["The region ap-southeast-3 does not answer"]


def test_it_is_unknown_what_its_servers_do_and_known_what_is_left(two: Watched) -> None:
    cloud = Hanging(SINGAPORE)
    two.passes(minutes=15)
    _poll(two, cloud)
    assert two.server("sg").power == "running"  # it may be back at the next look
    two.passes(minutes=15)
    _poll(two, cloud)
    lost = two.server("sg")
    assert (lost.power, lost.remaining_bytes) == (Server.Power.UNKNOWN, 500 * GB)
    assert lost.power_at == two.now - 2 * QUARTER
    assert two.server("hk").power == "running"


def test_what_is_back_is_known_again_and_forgotten(two: Watched) -> None:
    cloud = Hanging(SINGAPORE)
    for _quarter in range(8):
        two.passes(minutes=15)
        _poll(two, cloud)
    cloud.regions.clear()
    # the next poll asks it, however long it was away
    two.passes(minutes=13)
    _poll(two, cloud)
    assert two.server("sg").power == "running"
    assert two.fetch().away == []
    assert _said(two) == []


def test_what_was_seen_since_a_region_failed_stays(two: Watched) -> None:
    cloud = Hanging(SINGAPORE)
    for _quarter in range(3):
        two.passes(minutes=15)
        _poll(two, cloud)
    _look(two, cloud)
    assert two.server("sg").power == "unknown"
    away = two.fetch().away
    two.passes(minutes=1)
    _look(two, Hanging())
    assert (two.server("sg").power, _said(two)) == ("running", [])
    # a poll that began before says that the region failed three times, and not since
    with scope(two.tenant):
        Account.objects.update(away=away)
    for _time in range(2):
        two.passes(minutes=5)
        assert "states ap-southeast-3" not in _poll(two, cloud)
        assert two.server("sg").power == "running"


def test_regions_that_answer_come_before_four_that_hang(watched: Watched) -> None:
    for name in (*OTHERS, "cn-southwest-2", HONG_KONG):
        _add(watched, name, name)
    cloud = Hanging(*OTHERS)
    for _quarter in range(2):
        watched.passes(minutes=15)
        _poll(watched, cloud)
    # after them no call is begun that would end past the limit of a task
    assert cloud.seconds <= 100
    assert [one.power for one in map(watched.server, ("cn-southwest-2", HONG_KONG))] == [
        "running",
        "running",
    ]
    assert len(_said(watched)) == 4


def test_where_all_are_slow_each_has_its_turn_and_the_limit_of_calls_is_kept(
    watched: Watched, crowded: Callable[[], None]
) -> None:
    names = [f"cn-east-{number}" for number in range(1, 9)]
    for name in names:
        _add(watched, name, name)
    cloud = Hanging(slow=10.0)
    for _time in range(3):
        _poll(watched, cloud)
        watched.passes(minutes=5)
    assert {watched.server(name).power for name in names} == {"running"}
    seen = {watched.server(name).power_at for name in names}
    for _time in range(2):
        _poll(watched, cloud)
        watched.passes(minutes=5)
    assert not seen & {watched.server(name).power_at for name in names}
    # where accounts want more calls than there are, what was left over waits, too
    cloud.seconds = 0.0
    watched.forget_calls()
    crowded()
    watched.poll(connect=cloud, stopwatch=cloud.watch)
    assert watched.wait == 4 * QUARTER / 3


def test_what_was_left_over_is_read_soon(watched: Watched) -> None:
    names = [f"cn-east-{number}" for number in range(1, 8)]
    for name in names:
        _add(watched, name, name)
    cloud = Hanging(*names[:6])
    _poll(watched, cloud)
    assert cloud.seconds == 100
    assert watched.wait <= QUARTER / 3
    assert watched.readings(names[6]) == [500]  # the bill says so whatever regions do
    watched.passes(minutes=5)
    _poll(watched, cloud)
    assert watched.server(names[6]).power == "running"


def test_an_answer_that_is_none_spares_the_regions_counter(
    two: Watched, huawei: HuaweiEmulator
) -> None:
    """An error page comes at once: the live counter is asked for all the same."""
    place = two.server("sg").project_id
    huawei.fault("html", service="ecs", path=f"/v1/{place}/*", times=0)
    huawei.clear_calls()
    two.passes(minutes=15)
    two.poll()
    assert len(huawei.calls("ces")) == 2
    assert _said(two) == ["The region ap-southeast-3 does not answer"]


def test_a_check_of_the_keys_does_not_forget_regions(two: Watched) -> None:
    _poll(two, Hanging(SINGAPORE))
    check(two.account, two.now)
    assert "The region ap-southeast-3 does not answer" in _said(two)


def test_a_stop_waits_for_a_region_and_no_other_regions_stop_does(guarded: Guarded) -> None:
    for name, region in (("hk", HONG_KONG), ("sg", SINGAPORE)):
        _add(guarded, name, region)
        guarded.emulator.set_remaining(name, 20)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    assert guarded.plans() == ["waiting", "waiting"]
    place = guarded.server("sg").project_id
    guarded.emulator.fault("html", service="ecs", path=f"/v1/{place}/*", times=0)
    guarded.grace_passes()
    assert (guarded.power("hk"), guarded.power("sg")) == ("SHUTOFF", "ACTIVE")
    guarded.ticks(minutes=35, seconds=300)
    assert guarded.plans("sg")[0].startswith("dropped")
    assert guarded.power("sg") == "ACTIVE"

"""When accounts are read, by whom, and how many calls that makes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from emulators.huawei import HuaweiEmulator
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.testing import make_tenant
from traffic_guard.gateways.cloud import CloudProvider
from traffic_guard.models import Account, Server
from traffic_guard.services.accounts import access
from traffic_guard.services.readings import pacing, polling, turns
from traffic_guard.tasks import readings as tasks
from traffic_guard.testing import make_account, make_server
from traffic_guard.tests.watched import Watched

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _web(watched: Watched) -> None:
    watched.add_server("web", left_gb=500)


def test_a_tick_reads_what_is_due_and_nothing_twice(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    tasks.wake()
    tasks.wake()
    assert watched.readings() == [500]
    account = watched.fetch()
    assert account.polled_at == watched.now
    assert 13 * MINUTE < watched.wait <= 15 * MINUTE
    assert Counter(call["service"] for call in huawei.calls()) == {
        "bss": 5,  # the packages; units, and conversions of three kinds
        "ecs": 1,
        "vpc": 1,
        "ces": 1,
    }
    huawei.clear_calls()
    watched.passes(minutes=15)
    tasks.wake()
    assert Counter(call["service"] for call in huawei.calls()) == {"bss": 1, "ecs": 1, "ces": 1}
    assert watched.readings() == [500, 500]


def test_of_two_workers_one_reads(watched: Watched) -> None:
    """The second one comes while the first waits for the cloud."""
    others: list[Any] = []

    def slow(account: Account) -> CloudProvider:
        others.append(polling.poll(account.pk, watched.now, connect=slow))
        return access.provider_of(account)

    with scope(watched.tenant, transaction=False):
        assert polling.poll(watched.account.pk, watched.now, connect=slow) is not None
    assert others == [None]
    assert watched.readings() == [500]


def test_a_killed_worker_is_followed_when_its_hold_ends(watched: Watched) -> None:
    def killed(_account: Account) -> CloudProvider:
        raise KeyboardInterrupt

    with scope(watched.tenant, transaction=False), pytest.raises(KeyboardInterrupt):
        polling.poll(watched.account.pk, watched.now, connect=killed)
    tasks.wake()
    assert watched.readings() == []
    watched.passes(minutes=5)
    tasks.wake()
    assert watched.readings() == [500]


def test_a_worker_that_slept_past_its_hold_writes_nothing(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    """Another one has read meanwhile, and what the sleeper brings is older."""
    started = watched.now

    def sleeps(account: Account) -> CloudProvider:
        watched.passes(minutes=5)
        huawei.set_remaining("web", 7)
        tasks.poll(account.tenant_id, account.pk)
        huawei.set_remaining("web", 900)
        return access.provider_of(account)

    with scope(watched.tenant, transaction=False):
        assert polling.poll(watched.account.pk, started, connect=sleeps) is None
    assert watched.readings() == [7]
    assert watched.package().raw_amount == "7"


def test_an_account_that_was_disconnected_meanwhile_is_not_written(watched: Watched) -> None:
    def leaves(account: Account) -> CloudProvider:
        provider = access.provider_of(account)
        Account.objects.filter(pk=account.pk).update(left_at=watched.now, poll_at=None)
        return provider

    with scope(watched.tenant, transaction=False):
        assert polling.poll(watched.account.pk, watched.now, connect=leaves) is None
    assert watched.readings() == []


def test_failures_are_asked_after_ever_later_and_a_429_when_the_cloud_says(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    waits = []
    huawei.fault("drop", service="bss", times=6)
    for _failure in range(6):
        watched.poll()
        waits.append(watched.wait / MINUTE)
    # each up to a tenth shorter, and an hour at the most
    assert waits == [pytest.approx(wait * 0.95, rel=0.06) for wait in (5, 10, 20, 40, 60, 60)]
    huawei.fault("throttled", service="bss", retry_after=45)
    watched.poll()
    assert 45 <= watched.wait.total_seconds() <= 75
    # that was no failure of the account's
    assert watched.fetch().poll_failures == 6
    watched.forget_calls()
    watched.poll()
    assert watched.fetch().poll_failures == 0


def test_keys_that_are_refused_three_times_break_the_account_and_end_its_polls(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    huawei.revoke(watched.account.access_key)
    for _poll in range(3):
        watched.poll()
    assert watched.fetch().state == Account.State.BROKEN
    huawei.clear_calls()
    watched.passes(hours=8)
    tasks.wake()
    assert huawei.calls("bss") == []


def test_power_states_and_addresses_come_with_a_poll(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    huawei.set_server("web", tags=["traffic_guard=off"])
    watched.poll()
    assert watched.server().tags == {"traffic_guard": "off"}
    huawei.set_server("web", tags=[])
    huawei.switch("web", is_on=False)
    watched.passes(minutes=15)
    watched.poll()
    server = watched.server()
    assert server.tags == {}
    assert (server.power, server.raw_status, server.power_at) == ("stopped", "SHUTOFF", watched.now)
    assert len(server.eips) == 1
    assert len(huawei.calls("vpc")) == 1
    huawei.remove("web")
    watched.passes(minutes=15)
    watched.poll()
    assert watched.server().power == "gone"


def test_a_state_that_was_read_later_is_not_overwritten(watched: Watched) -> None:
    """A stop was proved while the poll waited for the cloud."""

    def stops(account: Account) -> CloudProvider:
        Server.objects.update(power="stopped", power_at=watched.now + MINUTE)
        return access.provider_of(account)

    with scope(watched.tenant, transaction=False):
        polling.poll(watched.account.pk, watched.now, connect=stops)
    assert watched.server().power == "stopped"


@pytest.mark.parametrize("service", ["ecs", "vpc", "ces"])
def test_a_second_source_that_fails_leaves_the_reading(
    watched: Watched, huawei: HuaweiEmulator, service: str
) -> None:
    huawei.fault("status", service=service, times=0, status=403, code="Any.0001")
    mine = watched.poll()
    assert mine is not None
    assert mine.has_worked
    assert watched.readings() == [500]
    assert watched.standing().live_remaining == (None if service in {"ces", "vpc"} else 500 * 2**30)


def test_servers_that_are_all_off_are_read_seldom(watched: Watched, huawei: HuaweiEmulator) -> None:
    huawei.switch("web", is_on=False)
    tasks.wake()
    watched.passes(minutes=15)
    with scope(watched.tenant):
        Account.objects.update(poll_at=watched.now)
    tasks.wake()
    assert watched.wait > timedelta(hours=5)


# --- Turns


def _accounts(tenant: Tenant, count: int, minutes_late: int) -> list[Account]:
    at = timezone.now() - minutes_late * MINUTE
    names = [f"{tenant.slug}-{number}" for number in range(count)]
    return [make_account(tenant, name=one, key_mark=one.encode(), poll_at=at) for one in names]


def test_a_tenant_with_many_accounts_does_not_delay_one_with_one(
    watched: Watched, db: None
) -> None:
    with scope(watched.tenant):
        Account.objects.update(poll_at=None)
    big, small = make_tenant("Big"), make_tenant("Small")
    _accounts(big, 30, minutes_late=60)
    (one,) = _accounts(small, 1, minutes_late=1)
    found = polling.due(watched.now, 10)
    assert len(found) == 10
    assert (small.pk, one.pk) in found[:2]
    # whoever was served longest ago comes first: a third tenant does not wait for the big one
    other = make_tenant("Other")
    (another,) = _accounts(other, 1, minutes_late=0)
    assert polling.due(watched.now, 1) == [(other.pk, another.pk)]


def test_no_more_is_handed_out_than_the_cloud_takes(watched: Watched, settings: Any) -> None:
    settings.TRAFFIC_CALLS_PER_SECOND = 5
    assert turns.capacity("huawei", 5) == 20
    tenant = make_tenant("Wide")
    accounts = _accounts(tenant, 4, minutes_late=5)
    # each of them has servers in three places: three calls to the servers' API
    for account in accounts:
        for region in ("a", "b", "c"):
            make_server(account, f"{account.name}-{region}", region=region)
    assert len(polling.due(watched.now, 7)) == 3  # with the first account: 1 + 3 + 3


def test_all_intervals_grow_by_one_factor_where_the_limit_does_not_suffice(
    watched: Watched, settings: Any
) -> None:
    settings.TRAFFIC_CALLS_PER_SECOND = 5
    tenant = make_tenant("Many")
    with scope(watched.tenant):
        Account.objects.all().delete()
    accounts = _accounts(tenant, 9, minutes_late=0)
    # nine accounts, one call each every 15 minutes
    assert pacing.demand("huawei") == pytest.approx(9 / 900)
    assert pacing.measure("huawei") == 1
    settings.TRAFFIC_CALLS_PER_SECOND = 9 / 900
    assert pacing.measure("huawei") == pytest.approx(1 / 0.8)
    assert pacing.read_every(accounts[0]) == timedelta(minutes=15) / 0.8

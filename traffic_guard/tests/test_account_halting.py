"""What refusals come to: three in a row break an account, a refused stop halts stops; told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from emulators.huawei.world import DEMO, INTL_DOMAIN
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.gateways.cloud import Busy, CloudError, Kind, Refused, Unreachable
from traffic_guard.models import Account
from traffic_guard.services.accounts import halting, linking
from traffic_guard.services.accounts.halting import Broke, Halted, News, WorksAgain
from traffic_guard.testing import TESTER, make_account
from traffic_guard.tests.linked import Told, check, codes, fresh, link, linked

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator

State = Account.State
NOT_KNOWN = Refused("APIGW.0301", "no such key", kind=Kind.CREDENTIAL, api="bss")
STOP = "ecs:cloudServers:stop"


def fail(account: Account, error: CloudError, *, acting: bool = False) -> News | None:
    with scope(account.tenant_id):
        row = Account.objects.get(pk=account.pk)
        return halting.note_failure(row, error, timezone.now(), acting=acting)


def succeed(account: Account) -> News | None:
    with scope(account.tenant_id):
        return halting.note_success(Account.objects.get(pk=account.pk), timezone.now())


def test_three_refusals_in_a_row_break_an_account_and_that_is_news_once(tenant: Tenant) -> None:
    account = make_account(tenant)
    news = [fail(account, NOT_KNOWN) for _ in range(5)]
    assert news == [None, None, Broke("credential"), None, None]
    row = fresh(account)
    assert (row.state, codes(row), row.broken_told) == (State.BROKEN, ["credential"], True)


def test_a_success_in_between_begins_the_count_anew(tenant: Tenant) -> None:
    account = make_account(tenant)
    for error in (NOT_KNOWN, NOT_KNOWN):
        fail(account, error)
    assert succeed(account) is None
    assert [fail(account, NOT_KNOWN) for _ in range(2)] == [None, None]
    assert fresh(account).state == State.READY


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("bss did not answer in time.", unclear=False),
        Busy(5),
        Refused("CBC.0151", "", kind=Kind.DENIED, api="bss", action="billing:x:view"),
        Refused("CBC.0999", "", kind=Kind.OTHER, api="bss"),
    ],
)
def test_what_says_nothing_of_the_keys_breaks_nothing(tenant: Tenant, error: CloudError) -> None:
    account = make_account(tenant)
    assert [fail(account, error) for _ in range(5)] == [None] * 5
    row = fresh(account)
    assert (row.state, row.refusals, row.halted_for) == (State.READY, 0, "")


def test_blank_keys_break_an_account_at_once(tenant: Tenant) -> None:
    account = make_account(tenant)
    assert fail(account, Refused("", "", kind=Kind.BLANK_KEYS)) == Broke("blank_keys")


def test_a_key_that_is_deleted_at_the_cloud_is_told_once_and_its_return_too(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    keys = huawei.add_keys(INTL_DOMAIN)
    account, told = linked(tenant, keys), Told()
    user = huawei.state.users[keys.access_key]
    huawei.revoke(keys.access_key)
    states = [check(account, told=told).state for _ in range(5)]
    assert states == [State.READY, State.READY, State.BROKEN, State.BROKEN, State.BROKEN]
    assert told.news == [Broke("credential")]
    huawei.state.keep_user(user)
    assert check(account, told=told).state == State.READY
    check(account, told=told)
    assert told.news == [Broke("credential"), WorksAgain()]


def test_the_checks_of_broken_keys_come_ever_more_seldom(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = check(link(tenant, secret_key="x" * 40))
    waits = []
    for _ in range(9):
        account = check(account)
        assert account.check_at is not None
        assert account.checked_at is not None
        waits.append((account.check_at - account.checked_at).total_seconds() / 3600)
    assert waits == sorted(waits)
    assert (waits[0] < 1, waits[-1]) == (True, 24)


def test_keys_that_never_worked_are_shown_and_nobody_is_told(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    told = Told()
    account = check(link(tenant, secret_key="x" * 40), told=told)
    assert (account.state, told.news) == (State.BROKEN, [])


def test_new_keys_in_a_broken_account_are_told_as_working_again(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account, told = linked(tenant), Told()
    for _ in range(3):
        fail(account, NOT_KNOWN)
    with scope(tenant):
        row = Account.objects.get(pk=account.pk)
        new = huawei.add_keys(INTL_DOMAIN)
        linking.change(
            row,
            access_key=new.access_key,
            secret_key=new.secret_key,
            actor=TESTER,
            now=timezone.now(),
        )
    assert check(account, told=told).state == State.READY
    assert told.news == [WorksAgain()]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("Ecs.0110", "", kind=Kind.FROZEN, api="ecs"), "frozen"),
        (Refused("Ecs.0003", "", kind=Kind.DENIED, api="ecs", action=STOP), "denied"),
    ],
)
def test_a_refused_stop_halts_stops_until_somebody_allows_them_again(
    tenant: Tenant, error: Refused, code: str
) -> None:
    account = make_account(tenant)
    assert [fail(account, error, acting=True) for _ in range(2)] == [Halted(code), None]
    row = fresh(account)
    assert (row.halted_for, row.state, row.lacks(STOP)) == (code, State.READY, code == "denied")
    with scope(tenant):
        assert halting.release(row, TESTER)
        assert not halting.release(row, TESTER)
    assert fail(account, error, acting=True) == Halted(code)


def test_the_right_that_a_stop_lacked_stays_named_through_the_next_checks(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant, DEMO["monitor"])
    fail(account, Refused("Ecs.0003", "", kind=Kind.DENIED, api="ecs", action=STOP), acting=True)
    assert check(account).lacks(STOP)
    with scope(tenant):
        halting.release(fresh(account), TESTER)
    assert not check(account).lacks(STOP)

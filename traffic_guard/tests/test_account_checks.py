"""What the check says of keys: the missing right by its name, the wrong site, the wrong secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from emulators.huawei.world import CN_DOMAIN, DEMO, INTL_DOMAIN, MONITOR
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account
from traffic_guard.services.accounts import access, checking, discovery, linking, permissions
from traffic_guard.testing import TESTER
from traffic_guard.tests.linked import (
    Told,
    check,
    codes,
    discover,
    fresh,
    link,
    linked,
    problems,
    said,
    servers_of,
)

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator

State = Account.State
# either of its two names will do for the one call
ENOUGH = "ecs:cloudServers:showServer"


def test_keys_with_every_right_are_ready(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = check(link(tenant))
    assert (account.state, account.domain_id) == (State.READY, INTL_DOMAIN)
    assert {one["region"] for one in account.projects} == {"ap-southeast-1", "ap-southeast-3"}
    assert [
        (one["code"], one["action"]) for one in account.findings if one["code"] == "unsure"
    ] == [
        ("unsure", "ecs:cloudServers:stop"),
        ("unsure", "ecs:cloudServers:start"),
    ]
    assert said(account) == []


def test_keys_for_watching_do_not_miss_what_only_stopping_needs(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = check(link(tenant, DEMO["monitor"], rights="monitor"))
    assert account.state == State.READY
    assert {one["code"] for one in account.findings} == {"granted", "off"}


@pytest.mark.parametrize("action", [one for one in MONITOR if one != ENOUGH])
def test_a_missing_right_is_named_by_its_action(
    tenant: Tenant, huawei: HuaweiEmulator, action: str
) -> None:
    keys = huawei.add_keys(INTL_DOMAIN, [one for one in MONITOR if one != action])
    account = check(link(tenant, keys))
    assert account.state == State.LIMITED
    assert account.lacks(action)
    assert [one.lines for one in said(account) if one.code == "missing"] == [action]


def test_the_policies_to_copy_hold_every_right_that_is_tried(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = check(link(tenant))
    tried = {one["action"] for one in account.findings}
    guard, watch = (permissions.policy_json(rights) for rights in ("guard", "monitor"))
    assert all(f'"{action}"' in guard for action in tried)
    assert all(f'"{one}"' in watch for one in MONITOR)
    assert "stop" not in watch
    assert "start" not in watch


def test_a_wrong_secret_is_told_as_wrong_keys(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = check(link(tenant, secret_key="x" * 40))
    assert (account.state, codes(account)) == (State.BROKEN, ["credential"])
    assert said(account)[0].title == "The cloud does not accept these keys"


@pytest.mark.parametrize(("kind", "chosen"), [("intl", "cn"), ("cn", "intl"), ("cn", "eu")])
def test_the_wrong_site_is_told_with_the_right_one(
    tenant: Tenant, huawei: HuaweiEmulator, kind: str, chosen: str
) -> None:
    right = DEMO[kind].site
    account = check(link(tenant, DEMO[kind], site=chosen))
    assert (account.state, codes(account)) == (State.BROKEN, ["wrong_site"])
    title = {"intl": "International", "cn": "Mainland China"}[right]
    assert said(account)[0].title == f"The account was opened on the site “{title}”"
    with scope(tenant):
        linking.change(access.load(account.pk), site=right, actor=TESTER, now=timezone.now())
    assert check(account).state == State.READY


def test_a_cloud_that_is_away_breaks_nothing(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = check(link(tenant))
    huawei.fault("html", times=0)
    account = check(account)
    assert (account.state, codes(account)) == (State.READY, ["unreachable"])
    assert "from before" in said(account)[0].advice
    huawei.clear_faults()
    assert codes(check(account)) == []


def test_one_service_that_is_away_is_told_and_tried_again_soon(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    huawei.fault("empty", service="ces", times=0)
    account = check(link(tenant))
    assert (account.state, codes(account)) == (State.READY, ["untried"])
    assert account.check_at is not None
    assert account.checked_at is not None
    assert (account.check_at - account.checked_at).total_seconds() <= 600


def test_keys_of_another_account_take_the_place_of_none(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    other = DEMO["cn"]
    with scope(tenant):
        linking.change(
            access.load(account.pk),
            site="cn",
            access_key=other.access_key,
            secret_key=other.secret_key,
            actor=TESTER,
            now=timezone.now(),
        )
    account = check(account)
    assert (account.state, codes(account)) == (State.BROKEN, ["other_account"])
    assert CN_DOMAIN in said(account)[0].advice
    assert account.domain_id == INTL_DOMAIN


def test_the_same_account_by_two_keys_is_told(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    check(link(tenant))
    twin = check(link(tenant, DEMO["monitor"], name="Twin"))
    assert (twin.state, codes(twin)) == (State.READY, ["linked_twice"])
    assert said(twin)[0].title == "The same account is linked as “Main” too"


def test_an_access_key_without_its_secret_is_refused(tenant: Tenant) -> None:
    account = link(tenant)
    with pytest.raises(ValidationError) as refused, scope(tenant):
        linking.change(
            access.load(account.pk), access_key="B" * 20, actor=TESTER, now=timezone.now()
        )
    assert [*problems(refused.value)] == ["secret_key"]
    assert fresh(account).access_key == DEMO["intl"].access_key


def test_whoever_changes_an_account_meanwhile_is_not_overwritten(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = link(tenant, secret_key="x" * 40)

    class Meddler:
        """Somebody enters the right secret while the wrong one is being tried."""

        def __call__(self, row: Account) -> Any:
            with scope(tenant):
                linking.change(
                    access.load(account.pk),
                    secret_key=DEMO["intl"].secret_key,
                    actor=TESTER,
                    now=timezone.now(),
                )
            return access.provider_of(row)

    with scope(tenant, transaction=False):
        at = timezone.now()
        assert not checking.check(account.pk, at, tell=Told(), connect=Meddler())
    assert fresh(account).state == State.PENDING
    assert check(account).state == State.READY


def test_of_two_workers_one_looks_and_one_searches(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = link(tenant)
    seen: list[bool] = []

    def with_another(work: Any) -> Any:
        def connect(row: Account) -> Any:
            # another worker has the same account at the same moment
            seen.append(work(account.pk, at, tell=Told()))
            return access.provider_of(row)

        return connect

    for work in (checking.check, discovery.discover):
        row = fresh(account)
        at = row.discover_at or row.check_at or timezone.now()
        with scope(tenant, transaction=False):
            assert work(account.pk, at, tell=Told(), connect=with_another(work))
    assert seen == [False, False]
    assert len(servers_of(account)) == 6


def test_a_worker_that_dies_in_the_middle_leaves_only_its_hold(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = link(tenant)

    class Killed(BaseException):
        pass

    def die(_account: Account) -> Any:
        raise Killed

    with scope(tenant, transaction=False), pytest.raises(Killed):
        checking.check(account.pk, timezone.now(), tell=Told(), connect=die)
    assert fresh(account).state == State.PENDING
    account = check(account)
    due = account.discover_at
    assert due is not None
    with scope(tenant, transaction=False), pytest.raises(Killed):
        discovery.discover(account.pk, due, tell=Told(), connect=die)
    assert servers_of(account) == {}
    hold = fresh(account).discover_at
    assert hold is not None
    assert hold > due
    assert len(servers_of(discover(account))) == 6


def test_keys_that_nobody_can_read_any_more_are_told(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    with scope(tenant), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traffic_guard_account SET secret_key = %s WHERE id = %s", ["x", account.pk]
        )
    huawei.clear_calls()
    with scope(tenant, transaction=False):
        Account.objects.filter(pk=account.pk).update(check_at=timezone.now())
        checking.check(account.pk, timezone.now(), tell=Told())
        row = Account.objects.defer(*access.SECRETS).get(pk=account.pk)
    assert (row.state, codes(row)) == (State.BROKEN, ["unreadable"])
    assert huawei.calls() == []

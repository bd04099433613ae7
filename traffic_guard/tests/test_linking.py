"""Accounts are linked and disconnected: what can be meant, and the same key twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from emulators.huawei.world import DEMO
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Account
from traffic_guard.services.accounts import access, linking
from traffic_guard.testing import TESTER
from traffic_guard.tests.linked import check, discover, fresh, link, linked, problems, servers_of

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator

State = Account.State


# --- What can be meant


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"access_key": ""}, "access_key"),
        ({"access_key": "  \t "}, "access_key"),
        ({"secret_key": "   "}, "secret_key"),
        ({"secret_key": "two words"}, "secret_key"),
        ({"secret_key": "schlüssel"}, "secret_key"),
        ({"access_key": "K" * 200}, "access_key"),
        ({"access_key": "s" * 40, "secret_key": "A" * 20}, "access_key"),
        ({"site": "moon"}, "site"),
        ({"provider": "nimbus"}, "provider"),
        ({"rights": "everything"}, "rights"),
        ({"name": " "}, "name"),
        ({"name": "n" * 81}, "name"),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(
    tenant: Tenant, huawei: HuaweiEmulator, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        link(tenant, **changed)
    assert [*problems(refused.value)] == [field]
    with scope(tenant):
        assert not Account.objects.exists()
    assert huawei.calls() == []


def test_spaces_around_keys_are_no_part_of_them(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    keys = DEMO["intl"]
    account = link(tenant, access_key=f" {keys.access_key}\n", secret_key=f"\t{keys.secret_key} ")
    assert check(account).state == State.READY


def test_a_key_is_linked_once_in_a_tenant(tenant: Tenant) -> None:
    link(tenant)
    with pytest.raises(ValidationError) as refused:
        link(tenant, name="Again")
    assert problems(refused.value) == {"access_key": ["This key is linked already, as “Main”."]}


def test_two_tenants_with_the_same_key_know_nothing_of_each_other(
    tenant: Tenant, stranger: Tenant, huawei: HuaweiEmulator
) -> None:
    mine, theirs = linked(tenant), linked(stranger)
    assert bytes(mine.key_mark) == bytes(theirs.key_mark)
    assert {*servers_of(mine)} == {*servers_of(theirs)}
    ids = {one.pk for one in servers_of(mine).values()}
    assert not ids & {one.pk for one in servers_of(theirs).values()}
    with scope(tenant):
        linking.disconnect(mine, TESTER, timezone.now())
    assert fresh(theirs).state == State.READY
    assert fresh(theirs).secret_key == DEMO["intl"].secret_key
    assert check(theirs).is_usable


# --- Disconnected


def test_a_disconnected_account_has_no_keys_and_is_linked_again(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    with scope(tenant):
        assert linking.disconnect(account, TESTER, timezone.now())
        assert not linking.disconnect(account, TESTER, timezone.now())
    row = fresh(account)
    assert (row.access_key, row.secret_key, row.is_usable) == ("", "", False)
    assert (row.check_at, row.discover_at, row.poll_at) == (None, None, None)
    assert len(servers_of(account)) == 6
    # the key is free again, here and for another account
    link(tenant, name="Other")
    with scope(tenant):
        Account.objects.filter(name="Other").delete()
        keys = DEMO["monitor"]
        linking.change(
            access.load(account.pk),
            access_key=keys.access_key,
            secret_key=keys.secret_key,
            actor=TESTER,
            now=timezone.now(),
        )
    assert check(account).state == State.READY
    # what is known is read again
    assert discover(account).poll_at is not None


def test_no_audit_row_holds_a_key(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = linked(tenant)
    with scope(tenant):
        linking.change(
            access.load(account.pk),
            name="New",
            secret_key="y" * 40,
            actor=TESTER,
            now=timezone.now(),
        )
        linking.check_now(account, TESTER, timezone.now())
        linking.disconnect(account, TESTER, timezone.now())
        rows = repr(list(AuditEvent.objects.values()))
    assert "traffic_account.disconnected" in rows
    for secret in (DEMO["intl"].access_key, DEMO["intl"].secret_key, "y" * 40):
        assert secret not in rows


def test_no_log_holds_a_key(
    tenant: Tenant, huawei: HuaweiEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    account = linked(tenant)
    for kind in ("html", "status", "throttled", "drop"):
        huawei.fault(kind, times=3)
        discover(check(account))
        huawei.clear_faults()
    huawei.revoke(DEMO["intl"].access_key)
    for _ in range(4):
        check(account)
    keys = DEMO["intl"]
    assert keys.secret_key not in caplog.text
    assert keys.access_key not in caplog.text

"""Who may see and change cloud accounts, and that no page shows a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Account
from traffic_guard.testing import make_account
from traffic_guard.tests.linked import fresh, linked, servers_of
from traffic_guard.tests.linking_pages import KEYS, WHOLE, page, work
from traffic_guard.tests.pages import member, text_of, url

if TYPE_CHECKING:
    from django.test import Client

    from emulators.huawei import HuaweiEmulator

State = Account.State

# --- Secrets


def test_no_page_shows_a_key(alice: Client, tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = linked(tenant)
    server = servers_of(account)["hk-web-1"]
    pages = [url(tenant, rest) for rest in ("accounts/", "packages/", "accounts/server/")]
    pages += [page(tenant, account, rest) for rest in ("", "status/", "edit/")]
    pages.append(url(tenant, f"servers/{server.public_id}/package/"))
    for address in pages:
        response = alice.get(address)
        assert response.status_code == 200, address
        shown = response.content.decode()
        assert KEYS.access_key not in shown
        assert KEYS.secret_key not in shown


def test_keys_that_nobody_can_read_any_more_are_entered_again(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    with scope(tenant), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traffic_guard_account SET access_key = %s WHERE id = %s", ["x", account.pk]
        )
    alice.post(page(tenant, account, "check/"))
    work()
    shown = text_of(alice.get(page(tenant, account)))
    assert "The stored keys cannot be read any more" in shown
    assert "cannot be read: enter it again" in shown
    assert alice.get(url(tenant, "accounts/")).status_code == 200
    alice.post(page(tenant, account, "edit/"), WHOLE)
    work()
    assert fresh(account).state == State.READY


# --- Who may


READ = ["", "status/"]
WRITTEN = ["edit/", "check/", "rescan/", "release/", "disconnect/"]


@pytest.mark.parametrize("rest", [*READ, *WRITTEN])
def test_a_stranger_finds_no_account(
    charlie: Client, tenant: Tenant, stranger: Tenant, rest: str
) -> None:
    account = make_account(tenant, halted_for="frozen")
    for address in (page(tenant, account, rest), page(stranger, account, rest)):
        assert charlie.get(address).status_code in (404, 405)
        assert charlie.post(address, WHOLE).status_code in (404, 405)
    assert charlie.get(url(tenant, "accounts/")).status_code == 404
    assert charlie.get(url(tenant, "accounts/new/")).status_code == 404
    row = fresh(account)
    assert (row.name, row.check_at, row.left_at, row.halted_for) == (
        account.name,
        None,
        None,
        "frozen",
    )
    assert account.name not in text_of(charlie.get(url(stranger, "accounts/")))


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_below_admin_one_sees_states_and_changes_nothing(tenant: Tenant, role: str) -> None:
    account = make_account(tenant)
    browser = member(tenant, role)
    for rest in READ:
        assert browser.get(page(tenant, account, rest)).status_code == 200
    assert browser.get(url(tenant, "accounts/")).status_code == 200
    for rest in WRITTEN:
        assert browser.post(page(tenant, account, rest), WHOLE).status_code == 403
    assert browser.post(url(tenant, "accounts/new/"), WHOLE).status_code == 403
    shown = text_of(browser.get(page(tenant, account)))
    assert "Disconnect" not in shown
    assert "Check again" not in shown
    with scope(tenant):
        assert not AuditEvent.objects.exists()


def test_in_a_suspended_tenant_nothing_is_changed(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    Tenant.objects.filter(pk=tenant.pk).update(state=Tenant.State.SUSPENDED)
    assert alice.post(page(tenant, account, "disconnect/")).status_code == 403
    assert fresh(account).left_at is None

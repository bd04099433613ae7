"""OVH accounts changed, renewed and disconnected in a browser, and who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.models import Account, Order
from ovh_sniper.services.leaving import ending
from ovh_sniper.testing import make_account
from ovh_sniper.tests.account_pages import WHOLE, page, text_of, work
from ovh_sniper.tests.linked import ask, fresh, look, parts_of
from ovh_sniper.tests.pages import member, url
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from django.test import Client

    from emulators.ovh import OvhEmulator

State = Account.State


# --- Changed


def test_a_new_name_needs_no_look(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    alice.post(page(tenant, account, "edit/"), {"name": "New"})
    row = fresh(account)
    assert (row.name, row.state, row.retry_at) == ("New", State.READY, None)
    assert row.consumer_key == DEMO["eu"].consumer_key


def test_another_consumer_key_is_looked_at(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant, consumer_key="of-before")
    given = {"name": account.name, "consumer_key": DEMO["eu"].consumer_key}
    alice.post(page(tenant, account, "edit/"), given)
    assert fresh(account).state == State.PENDING
    work()
    assert fresh(account).state == State.READY


def test_the_region_can_be_chosen_until_the_account_worked(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    assert "<select" not in alice.get(page(tenant, account, "edit/")).content.decode()
    other = make_account(tenant, name="New", nichandle="")
    assert "<select" in alice.get(page(tenant, other, "edit/")).content.decode()


def test_a_check_is_asked_for(alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    account = make_account(tenant)
    response = alice.post(page(tenant, account, "check/"), follow=True)
    assert "being checked" in text_of(response)
    work()
    assert fresh(account).checked_at is not None


def test_a_key_is_renewed_while_the_old_one_works(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    alice.post(page(tenant, account, "consent/"), {"rights": ["withdraw"]})
    work()
    row = fresh(account)
    assert (row.state, row.rights, bool(row.consent_url)) == (State.READY, ["withdraw"], True)
    assert "Open OVH’s page" in text_of(alice.get(page(tenant, account)))


# --- Disconnected


def test_an_account_is_disconnected_and_linked_again(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_account("eu")
    account = make_account(tenant, **{**parts_of(keys), "nichandle": keys.nichandle})
    response = alice.post(page(tenant, account, "disconnect/"), follow=True)
    assert "This account is being disconnected" in text_of(response)
    work()
    shown = text_of(alice.get(page(tenant, account)))
    assert "This account is disconnected" in shown
    assert "Application key not there" in shown
    assert {getattr(fresh(account), name) for name in ending.SECRETS} == {""}
    again = ovh_emulator.add_account("eu")
    ovh_emulator.state.credentials["eu", again.consumer_key].nichandle = keys.nichandle
    alice.post(page(tenant, account, "edit/"), {"name": account.name, **parts_of(again)})
    work()
    assert fresh(account).state == State.READY


def test_with_an_order_being_looked_up_it_is_not_disconnected(
    alice: Client, tenant: Tenant
) -> None:
    account = make_account(tenant)
    with scope(tenant):
        Order.objects.create(
            tenant=tenant,
            account=account,
            source="portal",
            plan_code="p",
            fqn="p",
            datacenter="gra",
            state=Order.State.UNKNOWN,
        )
    response = alice.post(page(tenant, account, "disconnect/"), follow=True)
    assert "An order of it is being looked up at OVH right now" in text_of(response)
    assert not fresh(account).is_disconnected


# --- Who may


READ = ["", "status/"]
WRITTEN = ["edit/", "check/", "consent/", "disconnect/"]


@pytest.mark.parametrize("rest", [*READ, *WRITTEN, "back/?mark=x"])
def test_a_stranger_finds_no_account(
    charlie: Client, tenant: Tenant, stranger: Tenant, rest: str
) -> None:
    account = make_account(tenant)
    for address in (page(tenant, account, rest), page(stranger, account, rest)):
        assert charlie.get(address).status_code in (404, 405)
        assert charlie.post(address, {"name": "Stolen"}).status_code in (404, 405)
    assert charlie.get(url(tenant, "accounts/")).status_code == 404
    assert charlie.get(url(tenant, "accounts/new/")).status_code == 404
    row = fresh(account)
    assert (row.name, row.retry_at, row.left_at) == (account.name, None, None)
    assert account.name not in text_of(charlie.get(url(stranger, "accounts/")))


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_below_admin_one_sees_states_and_changes_nothing(tenant: Tenant, role: str) -> None:
    account = make_account(tenant)
    browser = member(tenant, role)
    for rest in READ:
        assert browser.get(page(tenant, account, rest)).status_code == 200
    assert browser.get(url(tenant, "accounts/")).status_code == 200
    for rest in WRITTEN:
        assert browser.post(page(tenant, account, rest), {"name": "x"}).status_code == 403
    assert browser.get(page(tenant, account, "back/?mark=x")).status_code == 403
    assert browser.post(url(tenant, "accounts/new/"), WHOLE).status_code == 403
    shown = text_of(browser.get(page(tenant, account)))
    assert "Disconnect" not in shown
    assert "Check now" not in shown
    with scope(tenant):
        assert not AuditEvent.objects.exists()


def test_below_admin_nobody_gets_the_address_of_the_consent(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator))
    assert account.consent_url
    shown = member(tenant, "operator").get(page(tenant, account)).content.decode()
    assert "credentialToken" not in shown
    assert account.consent_state not in shown


def test_in_a_suspended_tenant_nothing_is_changed(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    Tenant.objects.filter(pk=tenant.pk).update(state=Tenant.State.SUSPENDED)
    assert alice.post(page(tenant, account, "disconnect/")).status_code == 403
    assert not fresh(account).is_disconnected

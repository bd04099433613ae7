"""The pages of OVH accounts: linked, looked at, renewed, changed and disconnected in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emulators.ovh.world import DEMO
from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.services import leaving
from ovh_sniper.tasks import accounts as tasks
from ovh_sniper.testing import make_account, make_wish
from ovh_sniper.tests.linked import ask, fresh, look, parts_of
from ovh_sniper.tests.pages import member, url
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from django.test import Client

    from emulators.ovh import OvhEmulator

State = Account.State
WHOLE = {"name": "Main", "host": "eu", "way": "keys", **parts_of(DEMO["eu"])}
BY_CONSENT = {**WHOLE, "way": "consent", "consumer_key": ""}
SECRETS = [*parts_of(DEMO["eu"]).values()]


def page(tenant: Tenant, account: Account, rest: str = "") -> str:
    return url(tenant, f"accounts/{account.public_id}/{rest}")


def text_of(response: Any) -> str:
    """Return what a page says, without its tags, each run of spaces as one."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.split())


def the_account(tenant: Tenant) -> Account:
    with scope(tenant, transaction=False):
        return Account.objects.get()


def work() -> None:
    """Do what the workers do with the accounts that are due."""
    tasks.examine_due()


# --- Linked


def test_three_keys_link_an_account_that_is_ready_after_a_look(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    response = alice.post(url(tenant, "accounts/new/"), WHOLE)
    account = the_account(tenant)
    assert response.headers["Location"] == page(tenant, account)
    shown = alice.get(page(tenant, account))
    assert "being checked" in text_of(shown)
    assert 'hx-trigger="every 2s"' in shown.content.decode()
    work()
    shown = alice.get(page(tenant, account))
    assert "hx-trigger" not in shown.content.decode()
    assert "FR · EUR" in text_of(shown)
    assert "************4242" in text_of(shown)


def test_the_guided_way_ends_at_an_account_that_is_ready(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    alice.post(url(tenant, "accounts/new/"), {**BY_CONSENT, "rights": ["pay"]})
    work()
    account = the_account(tenant)
    shown = alice.get(page(tenant, account)).content.decode()
    link = re.search(r'id="consent-link"\s+href="([^"]+)"', shown)
    assert link is not None
    target = ovh_emulator.accept(link[1])
    assert target.startswith(f"http://testserver{page(tenant, account, 'back/')}?mark=")
    assert alice.get(target).headers["Location"] == page(tenant, account)
    work()
    shown = text_of(alice.get(page(tenant, account)))
    assert "Pay an order that is open allowed" in shown
    assert "Withdraw from a paid order not asked for" in shown
    assert the_account(tenant).can_order
    # the address with the mark is good once
    before = fresh(account).retry_at
    alice.get(target)
    assert fresh(account).retry_at == before


def test_a_service_account_is_linked(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_service_account("ca", ["*"])
    given = {"name": "S", "host": "ca", "way": "service", **parts_of(keys)}
    alice.post(url(tenant, "accounts/new/"), given)
    work()
    account = the_account(tenant)
    assert (account.kind, account.state, account.subsidiary) == ("service", State.READY, "QC")


def test_no_page_and_no_button_calls_ovh(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    alice.post(url(tenant, "accounts/new/"), BY_CONSENT)
    account = the_account(tenant)
    alice.get(page(tenant, account, f"back/?mark={account.consent_state}"))
    for rest in ("check/", "consent/", "edit/", "disconnect/"):
        alice.post(page(tenant, account, rest), {"name": "Main", **parts_of(DEMO["eu"])})
    for rest in ("", "status/", "edit/", "consent/"):
        alice.get(page(tenant, account, rest))
    assert ovh_emulator.calls() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"consumer_key": ""}, "This field is required."),
        ({"consumer_key": "two words"}, "No key has such characters. Copy it again."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_stored(
    alice: Client, tenant: Tenant, changed: dict[str, str], said: str
) -> None:
    response = alice.post(url(tenant, "accounts/new/"), {**WHOLE, **changed})
    assert response.status_code == 200
    assert said in text_of(response)
    with scope(tenant):
        assert not Account.objects.exists()


def test_a_name_that_is_taken_is_said_so_and_another_is_proposed(
    alice: Client, tenant: Tenant
) -> None:
    make_account(tenant, name="OVH Europe")
    response = alice.post(url(tenant, "accounts/new/"), {**WHOLE, "name": "OVH Europe"})
    assert "Another account has this name." in text_of(response)
    shown = alice.get(url(tenant, "accounts/new/")).content.decode()
    assert 'value="OVH Europe 2"' in shown


# --- How to link


@pytest.fixture
def real(settings: Any) -> None:
    """No stand-in: addresses are OVH's own."""
    settings.OVH_API_URL = ""


@pytest.mark.usefixtures("real")
def test_the_page_for_keys_has_the_rules_filled_in(alice: Client, tenant: Tenant) -> None:
    shown = alice.get(url(tenant, "accounts/new/?host=ca&way=keys")).content.decode()
    link = re.search(r'href="(https://ca.api.ovh.com/createToken/[^"]+)"', shown)
    assert link is not None
    asked = link[1].partition("?")[2].replace("&amp;", "&").split("&")
    assert {"GET=/me", "POST=/order/cart/*", "GET=/me/order/*"} <= set(asked)
    assert "POST=/me/order/*/pay" not in asked
    shown = alice.get(url(tenant, "accounts/new/?way=keys&rights=pay")).content.decode()
    assert "POST=/me/order/*/pay" in shown


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("eu", "https://eu.api.ovh.com/createApp/"),
        ("ca", "https://ca.api.ovh.com/createApp/"),
        ("us", "https://api.us.ovhcloud.com/createApp/"),
    ],
)
@pytest.mark.usefixtures("real")
def test_the_page_for_applications_is_the_regions_own(
    alice: Client, tenant: Tenant, host: str, address: str
) -> None:
    shown = alice.get(url(tenant, f"accounts/new/?host={host}&way=consent"))
    assert f'href="{address}"' in shown.content.decode()


@pytest.mark.parametrize(
    ("host", "action"),
    [
        ("eu", "order:apiovh:cart/checkout/execute"),
        ("us", "account:apiovh:order/cart/checkout/execute"),
    ],
)
def test_the_actions_to_copy_are_named_as_the_region_names_them(
    alice: Client, tenant: Tenant, host: str, action: str
) -> None:
    shown = text_of(alice.get(url(tenant, f"accounts/new/?host={host}&way=service")))
    assert f" {action} " in shown
    assert "account:apiovh:me/order/pay" not in shown


@pytest.mark.usefixtures("real")
def test_what_is_no_choice_counts_as_the_first(alice: Client, tenant: Tenant) -> None:
    shown = alice.get(url(tenant, "accounts/new/?host=moon&way=magic&rights=everything"))
    assert "https://eu.api.ovh.com/createApp/" in shown.content.decode()


# --- Looked at


def test_the_page_is_drawn_anew_only_when_there_is_news(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    alice.post(url(tenant, "accounts/new/"), WHOLE)
    account = the_account(tenant)
    shown = alice.get(page(tenant, account)).content.decode()
    again = re.search(r'hx-get="([^"]+)"', shown)
    assert again is not None
    assert alice.get(again[1]).status_code == 204
    work()
    news = alice.get(again[1])
    assert (news.status_code, "ready" in text_of(news)) == (200, True)
    assert "hx-trigger" not in news.content.decode()


def test_findings_are_shown_worst_first_with_what_to_copy(alice: Client, tenant: Tenant) -> None:
    found = [
        {"code": "addresses", "items": ["203.0.113.0/24"]},
        {"code": "no_payment_method"},
        {"code": "missing", "function": "order", "items": ["POST /order/cart/*/checkout"]},
    ]
    account = make_account(tenant, findings=found)
    shown = text_of(alice.get(page(tenant, account)))
    titles = [
        "Not allowed: Order servers",
        "There is no valid default payment method",
        "The key works from these addresses only",
    ]
    places = [shown.index(title) for title in titles]
    assert places == sorted(places)
    assert "POST /order/cart/*/checkout Copy" in shown


def test_wishes_that_were_stopped_are_named_and_not_resumed(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    make_wish(account)
    with scope(tenant):
        Wish.objects.update(state=Wish.State.STOPPED)
    shown = text_of(alice.get(page(tenant, account)))
    assert "1 wish of this account was stopped. It is not resumed by itself" in shown


def test_the_list_says_of_each_account_how_it_stands(alice: Client, tenant: Tenant) -> None:
    make_account(tenant, name="Good")
    bad = make_account(tenant, name="Bad", host="ca", findings=[{"code": "key_invalid"}])
    with scope(tenant):
        Account.objects.filter(pk=bad.pk).update(state=State.BROKEN)
        Order.objects.create(
            tenant=tenant,
            account=bad,
            source="portal",
            plan_code="p",
            fqn="p",
            datacenter="bhs",
            state=Order.State.DELIVERED,
            checkout_at=timezone.now(),
            due_now="12.50",
            currency="CAD",
        )
    shown = text_of(alice.get(url(tenant, "accounts/")))
    assert "Bad OVH Canada refused by OVH OVH does not know this application key" in shown
    assert "QC · CAD" in shown
    assert "1 12.50 CAD" in shown
    assert "Good OVH Europe ready" in shown


def test_the_list_costs_the_same_however_many_accounts_there_are(
    alice: Client, tenant: Tenant
) -> None:
    counts = []
    for names in (["a"], [f"n{number}" for number in range(12)]):
        for name in names:
            make_account(tenant, name=name)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            alice.get(url(tenant, "accounts/"))
        counts.append(len(seen))
    assert counts[0] == counts[1]
    # session, user, memberships, accounts, what was spent
    assert counts[0] <= 7


# --- Secrets


def test_no_page_shows_a_key_only_whether_it_is_there(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant, consumer_key="")
    pages = [url(tenant, "accounts/")]
    pages += [page(tenant, account, rest) for rest in ("", "status/", "edit/", "consent/")]
    for address in pages:
        shown = alice.get(address).content.decode()
        assert not any(secret in shown for secret in SECRETS)
    shown = text_of(alice.get(page(tenant, account)))
    assert "Application key stored" in shown
    assert "Consumer key not there" in shown


def test_a_refused_form_does_not_give_keys_back(alice: Client, tenant: Tenant) -> None:
    shown = alice.post(url(tenant, "accounts/new/"), {**WHOLE, "name": ""}).content.decode()
    assert not any(secret in shown for secret in SECRETS)


def test_keys_that_nobody_can_read_any_more_are_entered_again(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    with scope(tenant), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ovh_sniper_account SET consumer_key = %s WHERE id = %s", ["x", account.pk]
        )
    alice.post(page(tenant, account, "check/"))
    work()
    shown = text_of(alice.get(page(tenant, account)))
    assert "The stored keys cannot be read any more" in shown
    assert "Consumer key cannot be read: enter it again" in shown
    assert alice.get(url(tenant, "accounts/")).status_code == 200
    assert alice.get(page(tenant, account, "edit/")).status_code == 200
    alice.post(page(tenant, account, "edit/"), {"name": "Main", **parts_of(DEMO["eu"])})
    work()
    assert fresh(account).state == State.READY


def test_keys_that_nobody_can_read_are_deleted_with_the_account(
    alice: Client, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    with scope(tenant), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ovh_sniper_account SET client_secret = %s WHERE id = %s", ["x", account.pk]
        )
    alice.post(page(tenant, account, "disconnect/"))
    work()
    assert {getattr(fresh(account), name) for name in leaving.SECRETS} == {""}


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
    assert {getattr(fresh(account), name) for name in leaving.SECRETS} == {""}
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

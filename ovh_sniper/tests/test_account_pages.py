"""The pages of OVH accounts: how each stands, what is wrong with it, and never a key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emulators.ovh.world import DEMO
from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.services.leaving import ending
from ovh_sniper.testing import make_account, make_wish
from ovh_sniper.tests.account_pages import WHOLE, page, text_of, the_account, work
from ovh_sniper.tests.linked import fresh, parts_of
from ovh_sniper.tests.pages import url
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from django.test import Client

    from emulators.ovh import OvhEmulator

State = Account.State
SECRETS = [*parts_of(DEMO["eu"]).values()]


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
    assert {getattr(fresh(account), name) for name in ending.SECRETS} == {""}

"""The pages that link an OVH account: by keys, by consent, by a service account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.models import Account
from ovh_sniper.testing import make_account
from ovh_sniper.tests.account_pages import WHOLE, page, text_of, the_account, work
from ovh_sniper.tests.linked import fresh, parts_of
from ovh_sniper.tests.pages import url
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from django.test import Client

    from emulators.ovh import OvhEmulator

State = Account.State
BY_CONSENT = {**WHOLE, "way": "consent", "consumer_key": ""}


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

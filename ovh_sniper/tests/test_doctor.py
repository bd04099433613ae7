"""What the doctor says of an account and its customer: one finding for each thing that is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulators.clock import ManualClock
from emulators.ovh.world import DEMO
from ovh_sniper.gateways.errors import Kind
from ovh_sniper.models import Account, StoredCatalogue
from ovh_sniper.services.accounts import linking
from ovh_sniper.services.wording import refusals
from ovh_sniper.testing import TESTER, make_account, make_wish
from ovh_sniper.tests.buyer import now as time_of
from ovh_sniper.tests.linked import codes, least, link, look, parts_of, said
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State


# --- All is well


def test_a_healthy_account_is_ready_and_says_whose_it_is(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    assert (account.state, account.can_order) == (State.READY, True)
    assert (account.subsidiary, account.currency) == ("FR", "EUR")
    assert account.nichandle.endswith("-ovh")
    assert account.payment_method == "************4242"
    assert codes(account) == ["off", "off"]


@pytest.mark.parametrize(
    ("host", "subsidiary", "currency"), [("ca", "QC", "CAD"), ("us", "US", "USD")]
)
def test_each_region_has_its_own_country_and_money(
    tenant: Tenant, ovh_emulator: OvhEmulator, host: str, subsidiary: str, currency: str
) -> None:
    account = look(link(tenant, ovh_emulator, DEMO[host]))
    assert (account.subsidiary, account.currency) == (subsidiary, currency)


def test_the_price_list_of_the_country_is_wanted_from_then_on(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    look(link(tenant, ovh_emulator, ovh_emulator.add_account("eu", "PL")))
    assert StoredCatalogue.objects.filter(host="eu", subsidiary="PL").exists()


def test_a_service_account_with_all_actions_is_ready(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_service_account("eu", ["*"])
    account = look(link(tenant, ovh_emulator, keys))
    assert (account.state, account.can_order) == (State.READY, True)
    # OVH does not list a service account's rights: to order is the one that cannot be tried
    assert [one["function"] for one in account.findings if one["code"] == "unsure"] == ["order"]
    assert ovh_emulator.carts("eu") == []


def test_a_clock_that_is_wrong_is_set_right_by_itself(
    tenant: Tenant, ovh_emulator: OvhEmulator, ovh_clock: ManualClock
) -> None:
    account = link(tenant, ovh_emulator)
    look(account)
    ovh_clock.advance(4000)
    with scope(tenant):
        linking.check(account, actor=TESTER, now=time_of(ovh_emulator))
    ovh_emulator.clear_calls()
    assert look(account).state == State.READY
    first, second = ovh_emulator.calls("eu", "GET", "/auth/currentCredential")
    assert (first["status"], second["status"]) == (403, 200)


# --- Nothing works


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"application_key": "unknown000000001"}, Kind.KEY_INVALID),
        ({"application_secret": "wrong"}, Kind.BAD_SIGNATURE),
        ({"consumer_key": "unknown"}, Kind.CREDENTIAL_UNKNOWN),
    ],
)
def test_a_wrong_key_is_named(
    tenant: Tenant, ovh_emulator: OvhEmulator, changed: dict[str, Any], code: str
) -> None:
    account = look(link(tenant, ovh_emulator, **changed))
    assert (account.state, codes(account)) == (State.BROKEN, [code])
    assert not account.can_order


@pytest.mark.parametrize("is_service", [False, True])
def test_keys_of_another_region_name_that_region(
    tenant: Tenant, ovh_emulator: OvhEmulator, *, is_service: bool
) -> None:
    keys = ovh_emulator.add_service_account("ca", ["*"]) if is_service else DEMO["ca"]
    account = look(link(tenant, ovh_emulator, keys, host="us"))
    assert account.state == State.BROKEN
    assert account.findings == [{"code": "wrong_host", "host": "ca", "chosen": "us"}]
    words = said(account, "wrong_host")
    assert words.title == "The keys belong to OVH Canada, not to OVH US"


def test_a_service_account_with_a_wrong_secret_is_refused(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_service_account("eu", ["*"])
    account = look(link(tenant, ovh_emulator, keys, client_secret="wrong"))
    assert (account.state, codes(account)) == (State.BROKEN, [Kind.CREDENTIAL_INVALID])


def test_a_key_that_ended_says_when(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    keys = least(ovh_emulator)
    account = link(tenant, ovh_emulator, keys)
    credential = ovh_emulator.state.credentials["eu", keys.consumer_key]
    credential.expiration = ovh_emulator.clock.time() + 20 * 86400
    account = look(account)
    ends = account.expires_at
    assert ends is not None
    ovh_emulator.expire(keys)
    account = look(account, ends + timedelta(hours=1))
    assert account.findings == [{"code": "expired", "at": ends.isoformat()}]
    assert "ended on" in said(account, "expired").title


def test_a_key_that_was_revoked_says_so(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    keys = least(ovh_emulator)
    account = look(link(tenant, ovh_emulator, keys))
    ovh_emulator.expire(keys)
    account = look(account)
    assert (account.state, codes(account)) == (State.BROKEN, [Kind.CREDENTIAL_INVALID])


def test_a_key_tied_to_other_addresses_is_not_called_wrong(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    ovh_emulator.state.credentials["eu", keys.consumer_key].allowed_ips = ["203.0.113.7/32"]
    account = look(link(tenant, ovh_emulator, keys))
    assert (account.state, codes(account)) == (State.BROKEN, [Kind.NOT_ALLOWED])
    assert "IP addresses" in said(account, Kind.NOT_ALLOWED).advice


def test_a_key_tied_to_our_own_address_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    ovh_emulator.state.credentials["eu", keys.consumer_key].allowed_ips = ["127.0.0.0/8"]
    account = look(link(tenant, ovh_emulator, keys))
    assert account.state == State.READY
    assert said(account, "addresses").items == ("127.0.0.0/8",)


def test_every_refusal_has_words_of_its_own() -> None:
    titles = {kind: refusals.words(kind).title for kind in Kind}
    assert len(set(titles.values())) == len(Kind)
    assert not any("403" in title for title in titles.values())


# --- The customer


def test_an_incomplete_customer_account_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator, state="incomplete", kyc_validated=False)
    account = look(link(tenant, ovh_emulator, keys))
    assert account.state == State.LIMITED
    assert {"incomplete", "unidentified"} <= set(codes(account))


@pytest.mark.parametrize("status", ["", "EXPIRED"])
def test_no_valid_payment_method_means_that_no_order_pays_itself(
    tenant: Tenant, ovh_emulator: OvhEmulator, status: str
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator, method_status=status)))
    assert (account.state, account.can_order) == (State.LIMITED, True)
    assert (account.payment_method, account.payment_method_id) == ("", None)
    assert "no_payment_method" in codes(account)


def test_a_payment_method_that_ends_soon_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    assert "payment_ends" not in codes(account)
    # the emulator's card ends on 2029-01-31
    later = account.created_at.replace(year=2029, month=1, day=10)
    account = look(account, later)
    assert {"code": "payment_ends", "on": "2029-01-31"} in account.findings
    assert account.state == State.READY


def test_the_same_customer_linked_twice_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    look(link(tenant, ovh_emulator, keys, name="First"))
    second = look(link(tenant, ovh_emulator, keys, name="Second"))
    assert said(second, "linked_twice").title == "The same OVH customer is linked as “First” too"
    assert second.state == State.READY


def test_another_tenants_account_of_the_same_customer_is_not_told_of(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    look(link(stranger, ovh_emulator, keys))
    assert codes(look(link(tenant, ovh_emulator, keys))) == ["off", "off"]


def test_keys_of_another_customer_do_not_take_over_what_was_wished(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    make_wish(account)
    other = least(ovh_emulator)
    with scope(tenant):
        linking.change(account, keys=parts_of(other), actor=TESTER, now=time_of(ovh_emulator))
    account = look(account)
    assert (account.state, account.nichandle) == (State.BROKEN, DEMO["eu"].nichandle)
    assert account.findings == [
        {"code": "other_account", "nichandle": other.nichandle, "known": DEMO["eu"].nichandle}
    ]


def test_keys_of_another_customer_are_taken_while_nothing_was_wished(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    other = least(ovh_emulator)
    with scope(tenant):
        linking.change(account, keys=parts_of(other), actor=TESTER, now=time_of(ovh_emulator))
    account = look(account)
    assert (account.state, account.nichandle) == (State.READY, other.nichandle)

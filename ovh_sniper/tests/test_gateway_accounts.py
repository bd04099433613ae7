"""Keys and rights at an OVH that checks them as the real one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulators.clock import ManualClock
from emulators.ovh.world import DEMO, DEMO_APPLICATION_KEY, DEMO_APPLICATION_SECRET
from ovh_sniper.gateways.accounts import ORDER_RULES, PAY_RULES, missing_rules
from ovh_sniper.gateways.errors import Busy, Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import (
    AccessRule,
    ApplicationKeys,
    Host,
    Ovh,
    ServiceAccount,
    connect,
    request_consumer_key,
)
from ovh_sniper.tests.buyer import account_of, empty_cart, filled_cart, keys_of, put_on_sale

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

DEMO_KEYS = keys_of(DEMO["eu"])


def refused_kind(account: Ovh) -> Kind:
    with pytest.raises(Refused) as caught:
        account.me()
    return caught.value.kind


@pytest.mark.parametrize(
    ("host", "subsidiary", "currency"),
    [(Host.EU, "FR", "EUR"), (Host.CA, "QC", "CAD"), (Host.US, "US", "USD")],
)
def test_who_an_account_is(
    ovh_emulator: OvhEmulator, host: Host, subsidiary: str, currency: str
) -> None:
    me = account_of(DEMO[host]).me()
    assert (me.nichandle, me.subsidiary, me.currency) == (
        DEMO[host].nichandle,
        subsidiary,
        currency,
    )
    assert me.is_complete


@pytest.mark.parametrize("known", [True, False, None])
def test_an_account_may_be_incomplete_and_unknown(ovh_emulator: OvhEmulator, known: Any) -> None:
    ovh_emulator.set_account("eu", state="incomplete", kyc_validated=known)
    me = connect(DEMO_KEYS).me()
    assert (me.is_complete, me.is_identified) == (False, known)


# --- Keys that do not work


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"application_key": "unknown000000001"}, Kind.KEY_INVALID),
        ({"application_secret": "wrong"}, Kind.BAD_SIGNATURE),
        ({"consumer_key": "unknown"}, Kind.CREDENTIAL_UNKNOWN),
        ({"host": Host.CA}, Kind.KEY_INVALID),
    ],
)
def test_wrong_keys(ovh_emulator: OvhEmulator, changed: dict[str, Any], kind: Kind) -> None:
    parts = {
        "host": Host.EU,
        "application_key": DEMO_KEYS.application_key,
        "application_secret": DEMO_KEYS.application_secret,
        "consumer_key": DEMO_KEYS.consumer_key,
    }
    assert refused_kind(connect(ApplicationKeys(**{**parts, **changed}))) is kind


def test_an_expired_key(ovh_emulator: OvhEmulator) -> None:
    keys = ovh_emulator.add_account("eu")
    account = account_of(keys)
    account.me()
    ovh_emulator.expire(keys)
    assert refused_kind(account) is Kind.CREDENTIAL_INVALID


def test_a_key_after_log_out(ovh_emulator: OvhEmulator) -> None:
    account = account_of(ovh_emulator.add_account("eu"))
    account.logout()
    assert refused_kind(account) is Kind.CREDENTIAL_INVALID


def test_a_key_without_the_rule(ovh_emulator: OvhEmulator) -> None:
    rules = [{"method": "GET", "path": "/me"}, {"method": "POST", "path": "/order/cart/*/assign"}]
    account = account_of(ovh_emulator.add_account("eu", rules=rules))
    cart_id = empty_cart(account, account.me().subsidiary)
    with pytest.raises(Refused) as caught:
        account.delete_cart(cart_id)
    refused = caught.value
    assert refused.kind is Kind.NOT_GRANTED
    assert (refused.method, refused.route) == ("DELETE", "/order/cart/*")
    assert refused.query_id


def test_a_stale_clock_is_set_right_in_the_middle_of_a_checkout(
    ovh_emulator: OvhEmulator,
    ovh_clock: ManualClock,
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    account = connect(DEMO_KEYS)
    cart_id = filled_cart(account, Host.EU)
    ovh_clock.advance(4000)
    account.checkout(cart_id)
    assert len(ovh_emulator.orders("eu")) == 1
    statuses = [one["status"] for one in ovh_emulator.calls("eu", "POST", "*/checkout")]
    assert statuses == [403, 200]


# --- A new consumer key


def test_a_consumer_key_works_once_it_was_accepted(ovh_emulator: OvhEmulator) -> None:
    back = "https://botharbor.test/ovh/back?state=s1"
    asked_for = request_consumer_key(Host.EU, DEMO_APPLICATION_KEY, ORDER_RULES, back)
    account = connect(
        ApplicationKeys(
            Host.EU, DEMO_APPLICATION_KEY, DEMO_APPLICATION_SECRET, asked_for.consumer_key
        )
    )
    assert refused_kind(account) is Kind.CREDENTIAL_INVALID
    assert ovh_emulator.accept(asked_for.validation_url, 86_400) == back
    credential = account.credential()
    assert credential.is_valid
    assert credential.expires_at is not None
    left = credential.expires_at - datetime.fromtimestamp(ovh_emulator.clock.time(), UTC)
    assert abs(left - timedelta(days=1)) <= timedelta(seconds=1)
    assert set(credential.rules) == set(ORDER_RULES)
    assert missing_rules(credential.rules, ORDER_RULES + PAY_RULES) == PAY_RULES
    assert account.me().subsidiary == "FR"


def test_the_smallest_rules_are_enough_to_order(ovh_emulator: OvhEmulator) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    rules = [{"method": rule.method, "path": rule.path} for rule in ORDER_RULES]
    account = account_of(ovh_emulator.add_account("eu", rules=rules))
    assert account.payment_method() is not None
    cart_id = filled_cart(account, Host.EU)
    account.quote(cart_id)
    order_id = account.checkout(cart_id).order_id
    account.order_lines(order_id)
    account.follow_up(order_id)
    with pytest.raises(Refused) as caught:
        account.pay(order_id, 1)
    assert caught.value.kind is Kind.NOT_GRANTED
    account.delete_cart(empty_cart(account, "FR"))


def test_a_consumer_key_of_an_unknown_application(ovh_emulator: OvhEmulator) -> None:
    with pytest.raises(Refused) as caught:
        request_consumer_key(Host.CA, DEMO_APPLICATION_KEY, [AccessRule("GET", "/me")])
    assert caught.value.kind is Kind.KEY_INVALID


def test_a_key_tied_to_other_networks(ovh_emulator: OvhEmulator) -> None:
    account = connect(DEMO_KEYS)
    assert account.credential().allowed_ips == ()
    for credential in ovh_emulator.state.credentials.values():
        credential.allowed_ips = ["203.0.113.7/32"]
    assert refused_kind(account) is Kind.NOT_ALLOWED


# --- Service accounts


def test_a_service_account_that_may_look_but_not_order(ovh_emulator: OvhEmulator) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    cart_id = filled_cart(connect(DEMO_KEYS), Host.EU)
    keys = ovh_emulator.add_service_account("eu", ["account:*", "order:*/checkout/simulate"])
    account = connect(ServiceAccount(Host.EU, keys.client_id, keys.client_secret))
    assert account.me().nichandle == DEMO["eu"].nichandle
    assert account.quote(cart_id).with_tax > 0
    with pytest.raises(Refused) as caught:
        account.checkout(cart_id)
    assert caught.value.kind is Kind.IAM_MISSING
    assert caught.value.actions == ("order:apiovh:cart/checkout/execute",)


def test_a_service_accounts_token_is_renewed(
    ovh_emulator: OvhEmulator, ovh_clock: ManualClock
) -> None:
    keys = ovh_emulator.add_service_account("eu", ["*"])
    account = connect(ServiceAccount(Host.EU, keys.client_id, keys.client_secret))
    account.me()
    # over at OVH, not yet by our clock
    ovh_clock.advance(4000)
    assert account.me().subsidiary == "FR"


def test_a_service_account_with_a_wrong_secret(ovh_emulator: OvhEmulator) -> None:
    keys = ovh_emulator.add_service_account("eu", ["*"])
    wrong = ServiceAccount(Host.EU, keys.client_id, "wrong")
    assert refused_kind(connect(wrong)) is Kind.CREDENTIAL_INVALID


# --- Trouble


def test_throttled(ovh_emulator: OvhEmulator) -> None:
    account = connect(DEMO_KEYS)
    ovh_emulator.fault("throttled", path="/me", retry_after=42)
    with pytest.raises(Busy) as caught:
        account.me()
    assert caught.value.retry_after == 42
    assert account.me().subsidiary == "FR"


@pytest.mark.parametrize("fault", ["drop", "html", "null", "empty"])
def test_a_moment_of_trouble(ovh_emulator: OvhEmulator, fault: str) -> None:
    account = connect(DEMO_KEYS)
    ovh_emulator.fault(fault, path="/me")
    with pytest.raises(Unreachable) as caught:
        account.me()
    assert not caught.value.unclear
    assert account.me().subsidiary == "FR"

"""Whose keys a call is made with, and that they go nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ovh_sniper.gateways import client
from ovh_sniper.gateways.accounts import ORDER_RULES, PAY_RULES, missing_rules
from ovh_sniper.gateways.errors import Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import (
    AccessRule,
    ApplicationKeys,
    Host,
    Ovh,
    ServiceAccount,
    connect,
    request_consumer_key,
)
from ovh_sniper.tests.canned import Canned, CannedOvh

ME = "/1.0/me"
SOMEBODY = {"nichandle": "ab12345-ovh", "ovhSubsidiary": "FR", "currency": {"code": "EUR"}}
INVALID_KEY = Canned(
    b'{"errorCode": "INVALID_KEY", "message": "This application key is invalid"}', 403
)
SERVICE = ServiceAccount(Host.EU, "EU.0123456789abcdef", "oauth-sEcReT")
TOKEN = "/auth/oauth2/token"


@pytest.fixture
def operators_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the `ovh` library reads by itself, where somebody left it."""
    names = "ENDPOINT APPLICATION_KEY APPLICATION_SECRET CONSUMER_KEY CLIENT_ID CLIENT_SECRET"
    for name in names.split():
        monkeypatch.setenv(f"OVH_{name}", "of-the-operator")
    lines = [f"{name.lower()}=of-the-operator" for name in names.split()[1:]]
    text = "\n".join(["[default]", "endpoint=ovh-eu", "[ovh-eu]", *lines])
    (tmp_path / "ovh.conf").write_text(text)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login operator password operator\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


# --- Application keys


@pytest.mark.parametrize("blank", ["application_key", "application_secret", "consumer_key"])
@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_key_is_refused_before_any_request(
    canned: CannedOvh, operators_keys: None, blank: str, value: str
) -> None:
    parts = {"application_key": "a", "application_secret": "b", "consumer_key": "c", blank: value}
    with pytest.raises(Refused) as caught:
        connect(ApplicationKeys(Host.EU, **parts))
    assert (caught.value.kind, caught.value.code) == (Kind.CREDENTIAL_INVALID, 0)
    assert canned.requests == []


@pytest.mark.parametrize("blank", ["client_id", "client_secret"])
def test_a_service_account_must_be_whole(
    canned: CannedOvh, operators_keys: None, blank: str
) -> None:
    with pytest.raises(Refused):
        connect(ServiceAccount(Host.EU, **{"client_id": "a", "client_secret": "b", blank: ""}))
    assert canned.requests == []


@pytest.mark.parametrize("key", ["a\nb", "a b", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused(canned: CannedOvh, key: str) -> None:
    with pytest.raises(Refused):
        connect(ApplicationKeys(Host.EU, "a", "b", key))
    assert canned.requests == []


def test_nothing_is_read_from_the_environment_or_files(
    canned: CannedOvh, operators_keys: None, keys: ApplicationKeys
) -> None:
    canned.say(ME, SOMEBODY)
    assert connect(keys).me().nichandle == "ab12345-ovh"
    asked = canned.requests[-1]
    assert asked.headers["x-ovh-application"] == keys.application_key
    assert asked.headers["x-ovh-consumer"] == keys.consumer_key
    everything = repr(canned.requests)
    assert "operator" not in everything
    assert "authorization" not in everything


def test_a_service_account_is_not_mixed_with_keys_of_the_environment(
    canned: CannedOvh, operators_keys: None
) -> None:
    canned.say(TOKEN, {"access_token": "t-1", "expires_in": 3600})
    canned.say(ME, SOMEBODY)
    connect(SERVICE).me()
    assert "operator" not in repr(canned.requests)
    assert not [name for name in canned.requests[-1].headers if name.startswith("x-ovh-")]


def test_no_cookie_of_one_account_reaches_another(canned: CannedOvh, keys: ApplicationKeys) -> None:
    canned.say(ME, Canned(b'{"message": "x"}', 400, {"Set-Cookie": "session=of-the-first"}))
    for key in ("first", "second"):
        with pytest.raises(Refused):
            connect(ApplicationKeys(Host.EU, "a", "b", key)).me()
    assert "of-the-first" not in repr(canned.requests)


def test_secrets_are_not_shown(keys: ApplicationKeys) -> None:
    shown = repr((keys, SERVICE, connect(keys), connect(SERVICE)))
    for secret in (keys.application_secret, keys.consumer_key, SERVICE.client_secret):
        assert secret not in shown


# --- Time


def test_our_clock_is_compared_once(canned: CannedOvh, keys: ApplicationKeys) -> None:
    canned.say(ME, SOMEBODY)
    for _turn in range(3):
        connect(keys).me()
    assert canned.times_asked() == 1


def test_a_call_is_signed_again_once_the_clock_was_wrong(canned: CannedOvh, account: Ovh) -> None:
    canned.say(ME, SOMEBODY, INVALID_KEY, SOMEBODY)
    account.me()
    canned.clock_is_ahead = 3600
    assert account.me().subsidiary == "FR"
    first, _refused, again = (one for one in canned.requests if one.path == ME)
    ahead = int(again.headers["x-ovh-timestamp"]) - int(first.headers["x-ovh-timestamp"])
    assert 3590 < ahead < 3700


def test_a_wrong_key_is_not_tried_twice(canned: CannedOvh, account: Ovh) -> None:
    canned.say(ME, INVALID_KEY)
    with pytest.raises(Refused) as caught:
        account.me()
    assert caught.value.kind is Kind.KEY_INVALID
    assert canned.made() == [f"GET {ME}"]


# --- Service accounts


def test_a_service_account_works_under_one_token(canned: CannedOvh) -> None:
    canned.say(TOKEN, {"access_token": "t-1", "expires_in": 3600}, {"access_token": "t-2"})
    canned.say(ME, SOMEBODY)
    account = connect(SERVICE)
    account.me()
    account.me()
    assert canned.made() == [f"POST {TOKEN}", f"GET {ME}", f"GET {ME}"]
    asked = canned.requests[0]
    assert asked.body == "grant_type=client_credentials&scope=all"
    assert asked.headers["authorization"].startswith("Basic ")
    assert canned.requests[-1].headers["authorization"] == "Bearer t-1"


def test_a_token_that_ended_early_is_replaced_once(canned: CannedOvh) -> None:
    canned.say(
        TOKEN,
        {"access_token": "t-1", "expires_in": 3600},
        {"access_token": "t-2", "expires_in": 3600},
    )
    canned.say(ME, Canned(b'{"message": "expired"}', 401), SOMEBODY)
    connect(SERVICE).me()
    assert canned.requests[-1].headers["authorization"] == "Bearer t-2"
    canned.say(ME, Canned(b'{"message": "expired"}', 401))
    with pytest.raises(Refused) as caught:
        connect(SERVICE).me()
    assert caught.value.kind is Kind.CREDENTIAL_INVALID


def test_an_unknown_service_account(canned: CannedOvh) -> None:
    canned.say(TOKEN, Canned(b'{"error": "invalid_client"}', 401))
    with pytest.raises(Refused) as caught:
        connect(SERVICE).me()
    assert caught.value.kind is Kind.CREDENTIAL_INVALID
    assert canned.made() == [f"POST {TOKEN}"]


@pytest.mark.parametrize(
    "answer",
    [Canned(b"<html>", 502), Canned(b"{}"), Canned(b"[]"), Canned(hangs_up=True)],
)
def test_no_token_leaves_a_checkout_clear(canned: CannedOvh, answer: Canned) -> None:
    canned.say(TOKEN, answer)
    with pytest.raises(Unreachable) as caught:
        connect(SERVICE).checkout("c-1")
    assert not caught.value.unclear
    assert canned.made() == [f"POST {TOKEN}"]


def test_the_wait_for_a_token_ends(canned: CannedOvh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LIMITS", (5.0, 0.1))
    canned.say(TOKEN, Canned(silent=True))
    with pytest.raises(Unreachable, match="in time"):
        connect(SERVICE).me()


# --- Threads


def test_an_account_serves_many_threads(canned: CannedOvh, account: Ovh) -> None:
    canned.say(ME, SOMEBODY)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _turn: account.me(), range(64)))
    assert {one.nichandle for one in found} == {"ab12345-ovh"}
    assert len(canned.made()) == 64


# --- New consumer keys


def test_a_consumer_key_is_asked_for_with_the_application_key_alone(
    canned: CannedOvh, operators_keys: None
) -> None:
    validation = "https://eu.api.ovh.com/auth/?credentialToken=abc"
    key = {"consumerKey": "new", "state": "pendingValidation", "validationUrl": validation}
    canned.say("/1.0/auth/credential", key)
    rules = [AccessRule("GET", "/me"), AccessRule("POST", "/order/cart/*")]
    asked_for = request_consumer_key(Host.EU, "app", rules, "https://botharbor.test/back?state=1")
    assert (asked_for.consumer_key, asked_for.validation_url) == ("new", validation)
    assert "new" not in repr(asked_for)
    assert "abc" not in repr(asked_for)
    (request,) = canned.requests
    assert request.headers["x-ovh-application"] == "app"
    assert "x-ovh-signature" not in request.headers
    assert request.body == {
        "accessRules": [
            {"method": "GET", "path": "/me"},
            {"method": "POST", "path": "/order/cart/*"},
        ],
        "redirection": "https://botharbor.test/back?state=1",
    }


@pytest.mark.parametrize(
    ("granted", "wanted", "covers"),
    [
        ("GET /me", "GET /me", True),
        ("GET /me", "GET /me/order", False),
        ("GET /me*", "GET /me/order", True),
        ("GET /*", "GET /me/order/*", True),
        ("POST /*", "GET /me", False),
        ("POST /order/cart/*/assign", "POST /order/cart/*", False),
        ("POST /order/cart/*", "POST /order/cart/*/assign", True),
        ("GET /me.", "GET /me/", False),
    ],
)
def test_what_a_rule_covers(granted: str, wanted: str, *, covers: bool) -> None:
    have, want = (AccessRule(*rule.split()) for rule in (granted, wanted))
    assert have.covers(want) is covers


def test_missing_rules_are_found() -> None:
    everything = tuple(AccessRule(method, "/*") for method in ("GET", "POST", "DELETE"))
    assert missing_rules(everything, ORDER_RULES + PAY_RULES) == ()
    assert missing_rules(ORDER_RULES, ORDER_RULES + PAY_RULES) == PAY_RULES
    assert missing_rules(ORDER_RULES[1:], ORDER_RULES) == (AccessRule("GET", "/me"),)


# --- Where calls go


def test_each_host_has_its_address(canned: CannedOvh, settings: Any) -> None:
    settings.OVH_API_URL += "/ovh/{host}"
    for host in Host:
        canned.say(f"/ovh/{host}/1.0/me", {**SOMEBODY, "nichandle": host.value})
        assert connect(ApplicationKeys(host, "a", "b", "c")).me().nichandle == host.value

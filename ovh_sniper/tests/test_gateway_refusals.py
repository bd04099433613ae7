"""What OVH answers when it does not do what it is asked, in our words."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest

from emulators.httpd import Server
from ovh_sniper.gateways import client
from ovh_sniper.gateways.errors import Busy, Kind, OvhError, Refused, Unreachable
from ovh_sniper.gateways.ovh import ApplicationKeys, Ovh, connect
from ovh_sniper.tests.canned import Canned, CannedOvh

ME = "/1.0/me"
CHECKOUT = "/1.0/order/cart/c-1/checkout"
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def refusal(status: int, message: str, **fields: Any) -> Canned:
    body = orjson.dumps({"class": "Client::BadRequest", "message": message, **fields})
    return Canned(body, status, {"X-Ovh-QueryID": "EU.ext-1.5f0c"})


def failure(account: Ovh) -> OvhError:
    with pytest.raises(OvhError) as caught:
        account.me()
    return caught.value


def checkout_failure(account: Ovh) -> OvhError:
    with pytest.raises(OvhError) as caught:
        account.checkout("c-1")
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (403, "INVALID_CREDENTIAL", "This credential is not valid", Kind.CREDENTIAL_INVALID),
        (403, "NOT_CREDENTIAL", "This credential does not exist", Kind.CREDENTIAL_UNKNOWN),
        (403, "INVALID_KEY", "This application key is invalid", Kind.KEY_INVALID),
        (403, "NOT_GRANTED_CALL", "This call has not been granted", Kind.NOT_GRANTED),
        (400, "INVALID_SIGNATURE", "Invalid signature", Kind.BAD_SIGNATURE),
        (403, "FORBIDDEN", "Something else", Kind.NOT_ALLOWED),
        # without a code, the words alone
        (403, None, "This credential is not valid", Kind.CREDENTIAL_INVALID),
        (403, None, "You are not allowed to order", Kind.NOT_ALLOWED),
        (403, None, "This order can't be paid with 'bankAccount'", Kind.METHOD_NOT_USABLE),
        (400, None, "27sk15 is not available in rbx", Kind.OUT_OF_STOCK),
        (400, None, "This cart hasn't been assigned yet", Kind.NOT_ASSIGNED),
        (
            400,
            None,
            "in customFields there must be a field with name 'region'",
            Kind.CONFIGURATION_MISSING,
        ),
        (
            400,
            None,
            "Custom field dedicated_os is mandatory for product 27sk15",
            Kind.CONFIGURATION_MISSING,
        ),
        (
            400,
            None,
            "Custom field dedicated_datacenter is duplicated for product 27sk15",
            Kind.CONFIGURATION_DUPLICATED,
        ),
        (400, None, "You do not have preferred payment method", Kind.NO_PAYMENT_METHOD),
        (400, None, "Your preferred payment method is not valid", Kind.NO_PAYMENT_METHOD),
        (404, None, "Cart not found", Kind.CART_GONE),
        (404, None, "Invalid Cart ID", Kind.CART_GONE),
        (400, None, "Plan code not found", Kind.PLAN_UNKNOWN),
        (400, None, "invalid ovhSubsidiary", Kind.WRONG_SUBSIDIARY),
        (404, None, "This order does not exist", Kind.NOT_FOUND),
        (403, None, "This order can't be retracted", Kind.OTHER),
        (409, None, "Conflict", Kind.OTHER),
    ],
)
def test_a_refusal_has_a_kind(
    canned: CannedOvh, account: Ovh, status: int, code: str | None, message: str, kind: Kind
) -> None:
    canned.say(ME, refusal(status, message, **({"errorCode": code} if code else {})))
    refused = failure(account)
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.code, refused.message) == (kind, status, message)
    assert refused.query_id == "EU.ext-1.5f0c"


def test_a_missing_rule_is_named_without_the_cart(canned: CannedOvh, account: Ovh) -> None:
    canned.say(CHECKOUT, refusal(403, "not granted", errorCode="NOT_GRANTED_CALL"))
    refused = checkout_failure(account)
    assert isinstance(refused, Refused)
    assert (refused.method, refused.route) == ("POST", "/order/cart/*/checkout")


@pytest.mark.parametrize(
    "named",
    [
        ["order:apiovh:cart/assign", "account:apiovh:me/get"],
        "order:apiovh:cart/assign, account:apiovh:me/get",
        '["order:apiovh:cart/assign","account:apiovh:me/get"]',
    ],
)
def test_missing_rights_of_the_account_are_named(
    canned: CannedOvh, account: Ovh, named: Any
) -> None:
    words = "User not granted for this request"
    canned.say(ME, refusal(403, words, details={"unauthorizedActionsByIAM": named}))
    refused = failure(account)
    assert isinstance(refused, Refused)
    assert refused.kind is Kind.IAM_MISSING
    assert refused.actions == ("order:apiovh:cart/assign", "account:apiovh:me/get")


@pytest.mark.parametrize("body", [b"null", b"[]", b'["no"]', b'"no"', b"7", b'{"message": null}'])
def test_a_refusal_without_words_is_one_all_the_same(
    canned: CannedOvh, account: Ovh, body: bytes
) -> None:
    canned.say(ME, Canned(body, 400))
    refused = failure(account)
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.code, refused.message) == (Kind.OTHER, 400, "")


NO_ANSWERS = [
    Canned(HTML, 502),
    Canned(HTML, 408),
    Canned(b'{"message": "Request Timeout"}', 408),
    Canned(HTML, 503),
    Canned(HTML, 403),
    Canned(b"", 400),
    Canned(b"", 200),
    Canned(b"", 204),
    Canned(HTML, 200),
    Canned(b"null", 500),
    Canned(b"[]", 200),
    Canned(b'{"orderId": null}', 200),
    Canned(b'{"class": "Server::InternalServerError", "message": "oops"}', 500),
    Canned(b'{"message": "Service is temporarily unavailable"}', 400),
    Canned(b"", 302, {"Location": "/1.0/me"}),
    Canned(hangs_up=True),
]


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_what_is_no_answer_leaves_a_read_clear(
    canned: CannedOvh, account: Ovh, answer: Canned
) -> None:
    canned.say(ME, answer)
    away = failure(account)
    assert isinstance(away, Unreachable)
    assert not away.unclear


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_what_is_no_answer_leaves_a_checkout_unclear(
    canned: CannedOvh, account: Ovh, answer: Canned
) -> None:
    canned.say(CHECKOUT, answer)
    away = checkout_failure(account)
    assert isinstance(away, Unreachable)
    assert away.unclear
    # asked once: nobody but the reconciliation may ask again
    assert canned.made() == [f"POST {CHECKOUT}"]


def test_silence_ends_and_leaves_a_checkout_unclear(
    canned: CannedOvh, keys: ApplicationKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIMITS", (5.0, 0.1))
    canned.say(CHECKOUT, Canned(silent=True))
    away = checkout_failure(connect(keys))
    assert isinstance(away, Unreachable)
    assert away.unclear
    # not the server's hanging up in the end
    assert "in time" in away.reason


def test_nobody_there_leaves_a_checkout_clear(keys: ApplicationKeys, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings.OVH_API_URL = f"http://127.0.0.1:{port}"
    away = checkout_failure(connect(keys))
    assert isinstance(away, Unreachable)
    assert not away.unclear


def test_somebody_who_has_left_leaves_a_checkout_clear(
    keys: ApplicationKeys, settings: Any
) -> None:
    with Server(CannedOvh()) as server:
        settings.OVH_API_URL = server.url
        account = connect(keys)
        # compares the clocks, so that nothing but the checkout is left to send
        assert isinstance(failure(account), Refused)
    away = checkout_failure(account)
    assert isinstance(away, Unreachable)
    assert not away.unclear


def test_a_clock_that_cannot_be_compared_leaves_a_checkout_clear(
    canned: CannedOvh, account: Ovh
) -> None:
    canned.say("/1.0/auth/time", Canned(HTML, 502))
    away = checkout_failure(account)
    assert isinstance(away, Unreachable)
    assert not away.unclear
    assert canned.made() == []


@pytest.mark.parametrize(
    ("header", "wait"), [({"Retry-After": "17"}, 17.0), ({}, 5.0), ({"Retry-After": "soon"}, 5.0)]
)
@pytest.mark.parametrize("body", [HTML, b"", b'{"message": "Too many requests"}'])
def test_too_many_calls(
    canned: CannedOvh, account: Ovh, header: dict[str, str], wait: float, body: bytes
) -> None:
    canned.say(ME, Canned(body, 429, header))
    busy = failure(account)
    assert isinstance(busy, Busy)
    assert busy.retry_after == wait


def test_a_wait_may_be_named_by_its_end(canned: CannedOvh, account: Ovh) -> None:
    at = datetime.now(UTC) + timedelta(minutes=10)
    canned.say(ME, Canned(HTML, 503, {"Retry-After": format_datetime(at, usegmt=True)}))
    busy = failure(account)
    assert isinstance(busy, Busy)
    assert 500 < busy.retry_after <= 600


def test_too_many_calls_leave_what_costs_money_unclear(canned: CannedOvh, account: Ovh) -> None:
    for path in (CHECKOUT, "/1.0/me/order/7/pay"):
        canned.say(path, Canned(HTML, 429, {"Retry-After": "17"}))
    for spend in (lambda: account.checkout("c-1"), lambda: account.pay(7, 900000123)):
        with pytest.raises(Unreachable) as caught:
            spend()
        assert caught.value.unclear
        assert caught.value.retry_after == 17.0


def test_no_error_holds_the_cart_or_a_key(
    canned: CannedOvh, account: Ovh, keys: ApplicationKeys
) -> None:
    for answer in (Canned(hangs_up=True), Canned(HTML, 502), refusal(404, "Cart not found")):
        canned.say("/1.0/order/cart/7d1f0a52/checkout", answer)
        with pytest.raises(OvhError) as caught:
            account.checkout("7d1f0a52")
        told = f"{caught.value!r} {caught.value.__cause__!r} {vars(caught.value)}"
        for secret in ("7d1f0a52", keys.application_secret, keys.consumer_key):
            assert secret not in told

"""OVH: signatures and what is wrong with them."""

from collections.abc import Iterator
from dataclasses import replace

import ovh
import pytest

from emulators.clock import ManualClock
from emulators.ovh.signature import sign
from emulators.ovh.world import DEMO
from emulators.tests.ovh_hub import Hub, running

SECRET = "qWe7rTyU1oPaSdF3gHjK5lZxCvB9nM2Q"
CONSUMER = "cOnSuMeRkEy8vXzLmN4bQpWsRtY6uJhG"
MOMENT = "1767225600"
EU = "https://eu.api.ovh.com/1.0"


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


@pytest.mark.parametrize(
    ("method", "url", "body", "signature"),
    [
        ("GET", f"{EU}/me/order/214365879/status", b"", "41e79e482796d6c9ce56057ed6a0d2927e9ccfc6"),
        (
            "GET",
            f"{EU}/me/payment/method?default=true",
            b"",
            "a13e8ebd2cb7cbc8ec9dfb2402f5bfc77ce2fa7a",
        ),
        (
            "POST",
            f"{EU}/order/cart/7d1f0a52-3c44-4b8e-9a61-5f0c2d9e1b77/checkout",
            b'{"autoPayWithPreferredPaymentMethod":false,"waiveRetractationPeriod":false}',
            "12019c400bcbd575f771df58d1672686e6dddfe6",
        ),
        (
            "POST",
            f"{EU}/order/cart/7d1f0a52-3c44-4b8e-9a61-5f0c2d9e1b77/assign",
            b"",
            "0ea5e0968267c5e5d5aa8164de1dd3252972cc11",
        ),
        (
            "POST",
            "https://ca.api.ovh.com/1.0/order/cart/abc/item/5511/configuration",
            b'{"label":"dedicated_datacenter","value":"bhs"}',
            "8b2d1f5814f8c027ed84a4ff5d82a6ec52f9dbad",
        ),
        (
            "DELETE",
            "https://api.us.ovhcloud.com/1.0/order/cart/abc",
            b"",
            "f2f8f67eb280276da0d81da60f3861aaf50df1ca",
        ),
    ],
)
def test_worked_examples(method: str, url: str, body: bytes, signature: str) -> None:
    assert sign(SECRET, CONSUMER, method, url, body, MOMENT) == f"$1${signature}"


@pytest.mark.parametrize(
    ("host", "subsidiary", "currency"),
    [("eu", "FR", "EUR"), ("ca", "QC", "CAD"), ("us", "US", "USD")],
)
def test_the_real_library_signs_in(hub: Hub, host: str, subsidiary: str, currency: str) -> None:
    me = hub.client(host=host).get("/me")
    assert (me["ovhSubsidiary"], me["currency"]["code"]) == (subsidiary, currency)


def test_time_needs_no_key_and_both_versions_are_served(hub: Hub) -> None:
    assert hub.get("/auth/time").json() == int(hub.clock.time())
    answer = hub.http.get(f"{hub.url}/ovh/eu/v1/auth/time")
    assert answer.json() == int(hub.clock.time())
    assert answer.headers["X-Ovh-QueryID"]
    assert hub.client().get("/v1/me")["nichandle"] == DEMO["eu"].nichandle


def test_a_query_is_signed_as_it_was_sent(hub: Hub) -> None:
    client = hub.client()
    assert client.get("/me/payment/method", default=True) == [900000123]
    path = "/me/order?date.from=2026-01-01T00:00:00%2B01:00&date.to=2026-02-01T00:00:00+01:00"
    assert client.get(path) == []


@pytest.mark.parametrize(
    ("change", "error", "status"),
    [
        ({"application_key": "unknown"}, ovh.exceptions.InvalidKey, 403),
        ({"consumer_key": "unknown"}, ovh.exceptions.NotCredential, 403),
        ({"consumer_key": DEMO["ca"].consumer_key}, ovh.exceptions.NotCredential, 403),
        ({"application_secret": "wrong"}, ovh.exceptions.BadParametersError, 400),
    ],
)
def test_wrong_keys(
    hub: Hub, change: dict[str, str], error: type[ovh.APIError], status: int
) -> None:
    with pytest.raises(error) as caught:
        hub.client(replace(DEMO["eu"], **change)).get("/me")
    assert caught.value.response.status_code == status
    if status == 400:
        assert caught.value.response.json()["errorCode"] == "INVALID_SIGNATURE"


def test_a_body_changed_on_its_way_is_refused(hub: Hub) -> None:
    keys = DEMO["eu"]
    url, stamp = f"{hub.base()}/me/order/1/pay", str(int(hub.clock.time()))
    signature = sign(
        keys.application_secret, keys.consumer_key, "POST", url, b'{"paymentMethod":1}', stamp
    )
    headers = {
        "X-Ovh-Application": keys.application_key,
        "X-Ovh-Consumer": keys.consumer_key,
        "X-Ovh-Timestamp": stamp,
        "X-Ovh-Signature": signature,
    }
    answer = hub.http.post(url, content=b'{"paymentMethod":2}', headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "INVALID_SIGNATURE")
    assert hub.http.post(url, content=b'{"paymentMethod":1}', headers=headers).status_code == 404


def test_a_stale_clock_looks_like_a_wrong_application_key(hub: Hub) -> None:
    client = hub.client()
    client.get("/me")
    client._time_delta -= 3600
    with pytest.raises(ovh.exceptions.InvalidKey, match="This application key is invalid"):
        client.get("/me")


def test_nobody_is_logged_in_without_a_signature(hub: Hub) -> None:
    assert hub.get("/me").status_code == 401

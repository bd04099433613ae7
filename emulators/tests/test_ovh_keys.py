"""OVH: consumer keys, access rules, OAuth2."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import ovh
import pytest

from emulators.clock import ManualClock
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


def ask(hub: Hub, **more: Any) -> tuple[Any, dict[str, Any]]:
    """A client that has asked for a key to read the account, and what it was told."""
    client = hub.client(replace(DEMO["eu"], consumer_key=""))
    told = client.request_consumerkey([{"method": "GET", "path": "/me"}], **more)
    return client, told


def test_a_key_works_once_it_is_accepted(hub: Hub) -> None:
    client, told = ask(hub)
    assert (told["state"], len(told["consumerKey"])) == ("pendingValidation", 32)
    with pytest.raises(ovh.exceptions.InvalidCredential):
        client.get("/me")
    hub.emulator.accept(told["validationUrl"])
    assert client.get("/me")["nichandle"] == DEMO["eu"].nichandle
    credential = client.get("/auth/currentCredential")
    assert (credential["status"], credential["expiration"]) == ("validated", None)
    assert credential["rules"] == [{"method": "GET", "path": "/me"}]


def test_a_key_belongs_to_who_accepts_it(hub: Hub) -> None:
    other = hub.emulator.add_account("eu", "DE")
    client, told = ask(hub)
    hub.emulator.accept(told["validationUrl"], nichandle=other.nichandle)
    assert client.get("/me")["ovhSubsidiary"] == "DE"


def test_a_refused_key_never_works(hub: Hub) -> None:
    client, told = ask(hub)
    hub.emulator.accept(told["validationUrl"], allow=False)
    hub.emulator.accept(told["validationUrl"])  # too late
    with pytest.raises(ovh.exceptions.InvalidCredential):
        client.get("/me")


def test_a_key_expires(hub: Hub) -> None:
    client, told = ask(hub)
    hub.emulator.accept(told["validationUrl"], validity=3600)
    assert client.get("/auth/currentCredential")["expiration"] is not None
    hub.clock.advance(3599)
    client._time_delta = None
    assert client.get("/me")
    hub.clock.advance(1)
    with pytest.raises(ovh.exceptions.InvalidCredential):
        client.get("/me")


def test_logout_ends_a_key(hub: Hub) -> None:
    client = hub.client()
    assert client.post("/auth/logout") is None
    with pytest.raises(ovh.exceptions.InvalidCredential):
        client.get("/me")


def test_a_key_may_be_tied_to_networks(hub: Hub) -> None:
    for networks, works in ((["203.0.113.7/32"], False), (["127.0.0.0/8"], True)):
        client, told = ask(hub, allowedIPs=networks)
        hub.emulator.accept(told["validationUrl"])
        if works:
            assert client.get("/auth/currentCredential")["allowedIPs"] == networks
            continue
        with pytest.raises(ovh.exceptions.Forbidden):
            client.get("/me")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"accessRules": []},
        {"accessRules": [{"method": "LOOK", "path": "/me"}]},
        {"accessRules": [{"method": "GET", "path": "me"}]},
    ],
)
def test_rules_are_checked(hub: Hub, body: dict[str, Any]) -> None:
    headers = {"X-Ovh-Application": DEMO["eu"].application_key}
    answer = hub.http.post(f"{hub.base()}/auth/credential", json=body, headers=headers)
    assert answer.status_code == 400


def test_only_a_known_application_may_ask(hub: Hub) -> None:
    answer = hub.post("/auth/credential", accessRules=[{"method": "GET", "path": "/me"}])
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "INVALID_KEY")


@pytest.mark.parametrize(
    ("rule", "path", "works"),
    [
        ("GET /me", "/me", True),
        ("GET /me", "/me/order", False),
        ("GET /me/*", "/me/order", True),
        ("GET /me/*", "/me", False),
        ("POST /me", "/me", False),
        ("GET /*", "/me/payment/method", True),
        ("GET /me/*/method", "/me/payment/method", True),
        ("GET /me/*/method", "/me/order", False),
    ],
)
def test_access_rules(hub: Hub, rule: str, path: str, works: bool) -> None:  # noqa: FBT001
    method, _, covered = rule.partition(" ")
    keys = hub.emulator.add_account(rules=[{"method": method, "path": covered}])
    if works:
        hub.client(keys).get(path)
        return
    with pytest.raises(ovh.exceptions.NotGrantedCall, match="This call has not been granted"):
        hub.client(keys).get(path)


# -- the page that accepts keys -------------------------------------------------------------


def test_the_page_leads_back_to_the_application(hub: Hub) -> None:
    client, told = ask(hub, redirect_url="https://portal.example/ovh/?state=abc")
    page = hub.http.get(told["validationUrl"])
    assert "GET /me" in page.text
    assert "script" not in page.text
    # without this a browser would stop the way back
    assert "form-action 'self' https://portal.example;" in page.headers["Content-Security-Policy"]
    (token,) = re.findall(r'name="credentialToken" value="(\w+)"', page.text)
    fields = {"credentialToken": token, "validity": "86400", "answer": "accept"}
    done = hub.http.post(told["validationUrl"], data={**fields, "nichandle": "hd10001-ovh"})
    assert done.status_code == 303
    assert done.headers["Location"] == "https://portal.example/ovh/?state=abc"
    assert client.get("/auth/currentCredential")["expiration"] is not None
    assert "validated" in hub.http.get(told["validationUrl"]).text


def test_the_page_can_refuse(hub: Hub) -> None:
    client, told = ask(hub)
    done = hub.http.post(told["validationUrl"], data={"answer": "refuse"})
    assert "refused" in done.text
    with pytest.raises(ovh.exceptions.InvalidCredential):
        client.get("/me")


def test_the_page_knows_its_requests_and_its_own_forms(hub: Hub) -> None:
    _, told = ask(hub)
    assert hub.http.get(f"{hub.url}/ovh/eu/auth/?credentialToken=nope").status_code == 404
    assert hub.http.get(told["validationUrl"].replace("/eu/", "/ca/")).status_code == 404
    foreign = {"Origin": "https://evil.example"}
    done = hub.http.post(told["validationUrl"], data={"answer": "accept"}, headers=foreign)
    assert done.status_code == 403


# -- OAuth2 ---------------------------------------------------------------------------------


@pytest.fixture
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.usefixtures("_plain_http")
def test_a_service_account_may_do_what_its_policy_says(hub: Hub) -> None:
    keys = hub.emulator.add_service_account(
        "eu", ["account:apiovh:me/get", "order:apiovh:cart/assign"]
    )
    client = hub.service_client(keys)
    assert client.get("/me")["nichandle"] == DEMO["eu"].nichandle
    cart = client.post("/order/cart", ovhSubsidiary="FR")
    client.post(f"/order/cart/{cart['cartId']}/assign")
    with pytest.raises(ovh.APIError, match="User not granted for this request") as caught:
        client.post(f"/order/cart/{cart['cartId']}/checkout")
    body = caught.value.response.json()
    assert (caught.value.response.status_code, body["class"]) == (403, "Client::Forbidden")
    assert body["details"] == {"unauthorizedActionsByIAM": "order:apiovh:cart/checkout/execute"}


@pytest.mark.usefixtures("_plain_http")
def test_actions_have_older_names_in_the_united_states(hub: Hub) -> None:
    keys = hub.emulator.add_service_account("us", ["account:apiovh:order/cart/*"])
    client = hub.service_client(keys)
    assert client.get("/order/cart") == []
    with pytest.raises(ovh.APIError):
        client.get("/me")


def test_tokens_are_given_to_the_right_secret_and_end(hub: Hub) -> None:
    keys = hub.emulator.add_service_account("eu", ["*"])
    url = f"{hub.url}/ovh/eu/auth/oauth2/token"

    def fetch(secret: str, **form: str) -> httpx.Response:
        return hub.http.post(url, data=form, auth=(keys.client_id, secret))

    assert fetch("wrong", grant_type="client_credentials").status_code == 401
    assert fetch(keys.client_secret, grant_type="password").status_code == 400
    token = fetch(keys.client_secret, grant_type="client_credentials", scope="all").json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert hub.get("/me", headers=headers).status_code == 200
    assert hub.get("/me", host="ca", headers=headers).status_code == 401
    hub.clock.advance(token["expires_in"])
    assert hub.get("/me", headers=headers).status_code == 401


def test_an_account_makes_its_own_service_accounts(hub: Hub) -> None:
    client = hub.client()
    made = client.post(
        "/me/api/oauth2/client",
        name="bot",
        description="",
        flow="CLIENT_CREDENTIALS",
        callbackUrls=[],
    )
    assert made["clientSecret"]
    shown = client.get(f"/me/api/oauth2/client/{made['clientId']}")
    assert shown["identity"].startswith("urn:v1:eu:identity:credential:hd10001-ovh/oauth2-")


def test_a_key_can_be_ended_from_outside(hub: Hub) -> None:
    keys = hub.emulator.add_account()
    client = hub.client(keys)
    assert client.get("/me")
    hub.emulator.expire(keys)
    with pytest.raises(ovh.exceptions.InvalidCredential):
        client.get("/me")

"""OVH: the pages on which a customer makes keys."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import ovh
import pytest

from emulators.clock import ManualClock
from emulators.ovh.world import DEMO, Keys
from emulators.tests.ovh_hub import Hub, running


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


def made(page: httpx.Response) -> list[str]:
    """The keys that a page shows."""
    assert page.status_code == 200
    return re.findall(r"<code>([^<]+)</code>", page.text)


def token(hub: Hub, query: str, **values: str) -> Any:
    """The real library with three keys made on one page."""
    address = f"{hub.url}/ovh/eu/createToken/?{query}"
    assert hub.http.get(address).status_code == 200
    given = {"nichandle": DEMO["eu"].nichandle, "name": "Mine", **values}
    key, secret, consumer = made(hub.http.post(address, data=given))
    return hub.client(Keys("eu", key, secret, consumer, DEMO["eu"].nichandle, "FR"))


def test_an_application_asks_for_a_consumer_key(hub: Hub) -> None:
    address = f"{hub.url}/ovh/ca/createApp/"
    assert "Create keys" in hub.http.get(address).text
    key, secret = made(hub.http.post(address, data={"name": "Mine"}))
    client = hub.client(Keys("ca", key, secret, "", "", ""))
    told = client.request_consumerkey([{"method": "GET", "path": "/me"}])
    assert "Mine asks for access" in hub.http.get(told["validationUrl"]).text
    hub.emulator.accept(told["validationUrl"])
    assert client.get("/me")["nichandle"] == DEMO["ca"].nichandle


def test_three_keys_have_the_rules_of_the_address(hub: Hub) -> None:
    client = token(hub, "GET=/me&GET=/me/*")
    assert client.get("/me")["nichandle"] == DEMO["eu"].nichandle
    with pytest.raises(ovh.exceptions.NotGrantedCall):
        client.get("/order/cart", ovhSubsidiary="FR")
    rules = client.get("/auth/currentCredential")["rules"]
    assert rules == [{"method": "GET", "path": "/me"}, {"method": "GET", "path": "/me/*"}]


def test_three_keys_end_when_it_was_said(hub: Hub, clock: ManualClock) -> None:
    client = token(hub, "GET=/me", validity="3600")
    client.get("/me")
    clock.advance(3601)
    with pytest.raises(ovh.exceptions.APIError):
        client.get("/me")


@pytest.mark.parametrize("values", [{"nichandle": "nobody"}, {"validity": "soon"}])
def test_what_cannot_be_is_refused(hub: Hub, values: dict[str, str]) -> None:
    given = {"nichandle": DEMO["eu"].nichandle, **values}
    page = hub.http.post(f"{hub.url}/ovh/eu/createToken/?GET=/me", data=given)
    assert page.status_code in (400, 404)

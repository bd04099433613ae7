"""OVH: what can go wrong on the wire, and what it leaves behind."""

from collections.abc import Iterator
from typing import Any

import httpx
import ovh
import pytest

from emulators.clock import ManualClock
from emulators.tests.ovh_hub import KS15, STOCK, CartOf, Hub, running

LOST = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


@pytest.fixture
def cart(hub: Hub) -> CartOf:
    """Ready for checkout, and in stock."""
    hub.emulator.set_stock("eu", KS15, "gra", "1H-high")
    return hub.ready_cart(hub.client())


def test_an_answer_is_lost_but_the_order_is_there(hub: Hub, cart: CartOf) -> None:
    hub.emulator.fault("lost_answer", method="POST", path="/order/cart/*/checkout")
    with pytest.raises(ovh.exceptions.HTTPError):
        cart.checkout()
    assert cart.client.get(cart.path)["readOnly"] is True
    assert cart.client.get("/me/order") == [hub.emulator.orders("eu")[0]["orderId"]]


@pytest.mark.parametrize("kind", ["drop", "timeout"])
def test_a_connection_breaks_before_anything_is_done(hub: Hub, cart: CartOf, kind: str) -> None:
    hub.emulator.fault(kind, path="/order/cart/*/checkout", seconds=0)
    with pytest.raises(ovh.exceptions.HTTPError):
        cart.checkout()
    assert cart.client.get(cart.path)["readOnly"] is False
    assert hub.emulator.orders("eu") == []
    assert cart.checkout()["orderId"]


def test_ghost_stock_is_shown_and_refused(hub: Hub, cart: CartOf) -> None:
    hub.emulator.fault("ghost")
    assert cart.quote()["prices"]
    with pytest.raises(ovh.exceptions.BadParametersError, match="is not available in gra"):
        cart.checkout()
    row = next(row for row in hub.get(STOCK).json() if row["fqn"] == KS15)
    assert row["datacenters"][0]["availability"] == "1H-high"
    assert cart.checkout()["orderId"]


def test_an_option_is_forgotten_and_its_default_is_sold(hub: Hub) -> None:
    hub.emulator.fault("lost_option")
    lost = hub.ready_cart(hub.client())
    assert lost.client.get(lost.item)["options"] == []
    hub.emulator.set_stock("eu", "27sk15.ram-64g-ecc-3200.softraid-2x500nvme", "gra", "1H-high")
    lost.checkout()
    (server,) = hub.emulator.orders("eu")[0]["servers"]
    assert "softraid-2x512nvme-27sk15" in server["options"]
    # the next one is kept
    kept = hub.ready_cart(hub.client())
    assert len(kept.client.get(kept.item)["options"]) == 1


def test_a_quote_may_know_of_ghost_stock(hub: Hub, cart: CartOf) -> None:
    hub.emulator.fault("ghost", path="/order/cart/*/summary")
    with pytest.raises(ovh.exceptions.BadParametersError, match="is not available in gra"):
        cart.quote()


def test_a_checkout_breaks_down(hub: Hub, cart: CartOf) -> None:
    hub.emulator.fault("status", method="POST", path="/order/cart/*/checkout", status=500)
    with pytest.raises(ovh.APIError) as caught:
        cart.checkout()
    assert caught.value.response is not None
    assert caught.value.response.json()["class"] == "Server::InternalServerError"
    assert hub.emulator.orders("eu") == []


@pytest.mark.parametrize("seconds", [None, 7])
def test_throttled(hub: Hub, seconds: int | None) -> None:
    hub.emulator.fault("throttled", path=STOCK, retry_after=seconds)
    answer = hub.get(STOCK)
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (None if seconds is None else "7")
    assert hub.get(STOCK).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "kind", "body"),
    [
        ({"kind": "html"}, 502, "text/html", None),
        ({"kind": "html", "status": 408}, 408, "text/html", None),
        ({"kind": "null"}, 500, "application/json", "null"),
        ({"kind": "empty"}, 200, "application/json", ""),
    ],
)
def test_answers_that_are_no_answers(
    hub: Hub, fault: dict[str, Any], status: int, kind: str, body: str | None
) -> None:
    hub.emulator.fault(**fault)
    answer = hub.get("/auth/time")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (status, kind)
    assert body is None or answer.text == body


def test_a_slow_answer_comes_after_all(hub: Hub) -> None:
    hub.emulator.fault("slow", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        hub.get("/auth/time", timeout=0.05)
    hub.emulator.fault("slow", seconds=0.01)
    assert hub.get("/auth/time").status_code == 200


def test_a_fault_strikes_where_and_as_often_as_told(hub: Hub) -> None:
    hub.emulator.fault("html", host="ca", path="/auth/*", times=2)
    assert hub.get("/auth/time").status_code == 200
    assert hub.get("/order/cart/x", host="ca").status_code == 404
    answers = [hub.get("/auth/time", host="ca").status_code for _ in range(3)]
    assert answers == [502, 502, 200]
    hub.emulator.fault("html", times=0)
    assert {hub.get("/auth/time").status_code for _ in range(5)} == {502}
    hub.emulator.clear_faults()
    assert hub.get("/auth/time").status_code == 200


def test_tokens_can_fail_too(hub: Hub) -> None:
    hub.emulator.fault("drop", path="oauth2/token")
    with pytest.raises(LOST):
        hub.http.post(f"{hub.url}/ovh/eu/auth/oauth2/token")
    assert hub.emulator.calls(path="oauth2/token")[0]["status"] == 0


def test_an_unknown_fault_is_an_error(hub: Hub) -> None:
    with pytest.raises(ValueError, match="gremlin"):
        hub.emulator.fault("gremlin")


def test_every_call_is_in_the_journal(hub: Hub) -> None:
    hub.get(f"{STOCK}?planCode=27sk15")
    hub.get("/order/cart/nope", host="ca")
    hub.emulator.fault("html")
    hub.get("/auth/time")
    assert [
        (call["host"], call["method"], call["path"], call["query"], call["status"])
        for call in hub.emulator.calls()
    ] == [
        ("eu", "GET", STOCK, "planCode=27sk15", 200),
        ("ca", "GET", "/order/cart/nope", "", 404),
        ("eu", "GET", "/auth/time", "", 502),
    ]
    assert len(hub.emulator.calls("eu")) == 2
    assert len(hub.emulator.calls(path="/order/*")) == 1
    assert hub.emulator.calls(method="POST") == []

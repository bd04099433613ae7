"""OVH: the checkout."""

from collections.abc import Iterator

import ovh
import pytest

from emulators.clock import ManualClock
from emulators.tests.ovh_hub import KS15, CartOf, Hub, running

Refused = ovh.exceptions.BadParametersError
Missing = ovh.exceptions.ResourceNotFoundError
DAY = 86400


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


@pytest.fixture
def cart(hub: Hub) -> CartOf:
    """Ready for checkout, and in stock."""
    hub.emulator.set_stock("eu", KS15, "gra", "1H-high")
    return hub.ready_cart(hub.client())


def test_a_checkout_makes_one_order(hub: Hub, cart: CartOf) -> None:
    order = cart.checkout()
    assert order["prices"]["withTax"]["value"] == 33.58
    assert f"orderId={order['orderId']}&orderPassword=" in order["url"]
    assert cart.client.get(cart.path)["readOnly"] is True
    (entry,) = hub.emulator.orders("eu")
    assert (entry["orderId"], entry["status"], entry["withTax"]) == (
        order["orderId"],
        "notPaid",
        "33.58",
    )
    assert entry["servers"][0]["configuration"]["dedicated_datacenter"] == "gra"
    for again in (cart.checkout, lambda: cart.configure(region="europe")):
        with pytest.raises(Refused, match="read only"):
            again()
    assert len(hub.emulator.orders("eu")) == 1


def test_a_checkout_needs_no_body(cart: CartOf) -> None:
    assert cart.client.post(f"{cart.path}/checkout")["orderId"]


@pytest.mark.parametrize("state", ["unavailable", "comingSoon", "unknown", ""])
def test_sold_out(hub: Hub, cart: CartOf, state: str) -> None:
    hub.emulator.set_stock("eu", KS15, "gra", state)
    assert cart.quote()["prices"]  # no stock is looked at
    with pytest.raises(Refused, match="27sk15 is not available in gra"):
        cart.checkout()
    assert cart.client.get(cart.path)["readOnly"] is False
    hub.emulator.set_stock("eu", KS15, "gra", "72H")
    assert cart.checkout()["orderId"]


def test_options_left_out_order_the_default_hardware(hub: Hub) -> None:
    hub.emulator.set_stock("eu", KS15, "gra", "1H-high")
    cart = hub.cart(hub.client())
    cart.configure(dedicated_datacenter="gra", dedicated_os="none_64.en")
    with pytest.raises(Refused, match="is not available in gra"):
        cart.checkout()  # the default storage is another configuration
    hub.emulator.set_stock("eu", "27sk15.ram-64g-ecc-3200.softraid-2x500nvme", "gra", "1H-high")
    cart.checkout()
    options = hub.emulator.orders("eu")[0]["servers"][0]["options"]
    assert "softraid-2x512nvme-27sk15" in options


def test_the_last_server_goes_to_the_first(hub: Hub) -> None:
    hub.emulator.set_stock("eu", KS15, "gra", "1H-low", quantity=1)
    first, second = (hub.ready_cart(hub.client()) for _ in range(2))
    first.checkout()
    with pytest.raises(Refused, match="is not available in"):
        second.checkout()
    states = {row["fqn"]: row["datacenters"][0] for row in hub.emulator.stock("eu", "27sk15")}
    assert states[KS15] == {"datacenter": "gra", "availability": "unavailable"}


def test_a_cart_is_ordered_whole_or_not_at_all(hub: Hub) -> None:
    hub.emulator.set_stock("eu", KS15, "gra", "1H-low", quantity=1)
    cart = hub.ready_cart(hub.client())
    cart.client.put(cart.item, quantity=2)
    with pytest.raises(Refused, match="is not available in"):
        cart.checkout()
    cart.client.put(cart.item, quantity=1)
    assert cart.checkout()["orderId"]


@pytest.mark.parametrize(
    ("method_status", "message"),
    [
        ("", "You do not have preferred payment method"),
        ("EXPIRED", "Your preferred payment method is not valid"),
    ],
)
def test_autopay_needs_a_payment_method(
    hub: Hub, cart: CartOf, method_status: str, message: str
) -> None:
    hub.emulator.set_account("eu", method_status=method_status)
    with pytest.raises(Refused, match=message):
        cart.checkout(autopay=True)
    order = cart.checkout(autopay=False)  # the same cart
    assert cart.status(order) == "notPaid"


def test_a_stranger_cannot_order_a_cart(hub: Hub, cart: CartOf) -> None:
    stranger = hub.client(hub.emulator.add_account())
    with pytest.raises(Missing):
        stranger.post(f"{cart.path}/checkout")
    order = cart.checkout()
    with pytest.raises(Missing):
        stranger.get(f"/me/order/{order['orderId']}")
    assert stranger.get("/me/order") == []

"""OVH: quotes, and the refusals that come only there."""

from collections.abc import Iterator
from typing import Any

import ovh
import pytest

from emulators.clock import ManualClock
from emulators.ovh.world import DEMO
from emulators.tests.ovh_hub import LABELS, Hub, running

Refused = ovh.exceptions.BadParametersError
Missing = ovh.exceptions.ResourceNotFoundError


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


def prices(quote: dict[str, Any]) -> dict[str, float]:
    return {name: price["value"] for name, price in quote["prices"].items()}


def test_the_worked_example_of_france(hub: Hub) -> None:
    cart = hub.ready_cart(hub.client())
    quote = cart.quote()
    assert prices(quote) == {
        "withoutTax": 27.98,
        "tax": 5.6,
        "withTax": 33.58,
        "originalWithoutTax": 27.98,
        "reduction": 0,
    }
    assert (quote["orderId"], quote["url"], len(quote["contracts"])) == (None, None, 3)
    lines = [(row["detailType"], row["totalPrice"]["value"]) for row in quote["details"]]
    assert sorted(lines) == [
        ("DURATION", 0),  # memory and bandwidth that nobody had put in
        ("DURATION", 0),
        ("DURATION", 2),
        ("DURATION", 12.99),
        ("INSTALLATION", 12.99),
    ]
    assert cart.client.get(f"{cart.path}/checkout") == quote


def test_the_worked_example_of_the_united_states(hub: Hub) -> None:
    cart = hub.cart(hub.client(host="us"), "US", "27rise03-v1-us")
    cart.configure(dedicated_datacenter="vin", dedicated_os="none_64.en", region="united_states")
    for code in (
        "ram-128g-ecc-4800-27rise-us",
        "softraid-2x6000sa-27rise-us",
        "softraid-2x512nvme-system-27rise-us",
        "vrack-bandwidth-1000-27rise-us",
    ):
        cart.add_option(code)
    assert prices(cart.quote()) == {
        "withoutTax": 102,
        "tax": 0,
        "withTax": 102,
        "originalWithoutTax": 191,
        "reduction": 89,
    }


def test_prices_of_a_cart_are_live(hub: Hub) -> None:
    cart = hub.ready_cart(hub.client())
    hub.emulator.set_price("eu", "27sk15", month="20", setup="0")
    assert prices(cart.quote())["withoutTax"] == 22


def test_coupons(hub: Hub) -> None:
    hub.emulator.add_coupon("HARBOR50", 50)
    cart = hub.ready_cart(hub.client())
    with pytest.raises(Refused, match="NOPE"):
        cart.client.post(f"{cart.path}/coupon", coupon="NOPE")
    assert cart.client.post(f"{cart.path}/coupon", coupon="HARBOR50") == ["HARBOR50"]
    quote = prices(cart.quote())
    assert quote["originalWithoutTax"] == 27.98
    assert quote["withoutTax"] == pytest.approx(13.98)  # each line is cut to the cent


@pytest.mark.parametrize("path", ["summary", "checkout"])
def test_a_cart_must_be_assigned_before_any_quote(hub: Hub, path: str) -> None:
    cart = hub.post("/order/cart", ovhSubsidiary="FR").json()["cartId"]
    with pytest.raises(Refused, match="This cart hasn't been assigned yet"):
        hub.client().get(f"/order/cart/{cart}/{path}")


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("dedicated_datacenter", "there must be a field with name 'dedicated_datacenter'"),
        ("dedicated_os", "Custom field dedicated_os is mandatory for product 27sk15"),
    ],
)
def test_missing_configuration_is_noticed_late(hub: Hub, left_out: str, message: str) -> None:
    cart = hub.cart(hub.client())
    cart.configure(**{label: value for label, value in LABELS.items() if label != left_out})
    with pytest.raises(Refused, match=message):
        cart.quote()
    with pytest.raises(Refused, match=message):
        cart.checkout()


def test_a_region_is_not_needed(hub: Hub) -> None:
    cart = hub.cart(hub.client())
    cart.configure(dedicated_datacenter="gra", dedicated_os="none_64.en")
    assert cart.quote()["prices"]


def test_a_label_given_twice_is_noticed_late(hub: Hub) -> None:
    cart = hub.ready_cart(hub.client())
    cart.configure(dedicated_datacenter="rbx")
    message = "Custom field dedicated_datacenter is duplicated for product 27sk15"
    with pytest.raises(Refused, match=message):
        cart.quote()
    with pytest.raises(Refused, match=message):
        cart.checkout()


def test_an_exclusive_family_given_twice_is_noticed_late(hub: Hub) -> None:
    cart = hub.ready_cart(hub.client())
    cart.add_option("softraid-2x512nvme-27sk15")
    with pytest.raises(Refused, match="storage is exclusive"):
        cart.quote()


def test_a_nonsense_datacenter_is_refused_at_the_checkout_only(hub: Hub) -> None:
    hub.emulator.set_stock("eu", "27sk15", "gra", "1H-high")
    cart = hub.ready_cart(hub.client(), dedicated_datacenter="atlantis")
    assert cart.quote()["prices"]
    with pytest.raises(Refused, match="27sk15 is not available in atlantis"):
        cart.checkout()


def test_unknown_addresses(hub: Hub) -> None:
    assert hub.get("/order/eco/availableConfiguration").json()["message"] == (
        "Got an invalid (or empty) URL"
    )
    assert hub.http.put(f"{hub.base()}/me").status_code == 405
    assert hub.http.post(f"{hub.base()}/order/cart", content=b"{").status_code == 400
    assert hub.http.post(f"{hub.base()}/order/cart", content=b"[]").status_code == 400
    assert DEMO["eu"].consumer_key not in hub.get("/order/cart/nope").text

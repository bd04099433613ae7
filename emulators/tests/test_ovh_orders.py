"""OVH: what becomes of an order, paying, withdrawing, restarts."""

from collections.abc import Iterator
from pathlib import Path

import ovh
import pytest

from emulators.clock import ManualClock
from emulators.httpd import Server
from emulators.ovh import OvhEmulator
from emulators.ovh.hosts import EU, utc_date
from emulators.tests.ovh_hub import KS15, TERMS, CartOf, Hub, running

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


def test_an_unpaid_order_is_cancelled_after_a_day(hub: Hub, cart: CartOf) -> None:
    order = cart.checkout()
    shown = cart.client.get(f"/me/order/{order['orderId']}")
    assert shown["expirationDate"] == EU.date(hub.clock.time() + DAY)
    assert shown["retractionDate"] is None
    hub.clock.advance(DAY - 1)
    cart.client._time_delta = None
    assert cart.status(order) == "notPaid"
    hub.clock.advance(1)
    assert cart.status(order) == "cancelled"
    assert all(row["cancelled"] for row in cart.details(order))


def test_a_paid_order_is_checked_and_delivered(hub: Hub, cart: CartOf) -> None:
    order = cart.checkout(autopay=True)
    path = f"/me/order/{order['orderId']}"
    assert cart.client.get(path)["expirationDate"] is None
    assert [cart.status(order), cart.details(order)[0]["domain"]] == ["checking", "*001"]
    hub.clock.advance(30)
    assert cart.status(order) == "delivering"
    hub.clock.advance(90)
    assert cart.status(order) == "delivered"
    name = cart.details(order)[0]["domain"]
    assert name == hub.emulator.orders("eu")[0]["servers"][0]["serviceName"]
    steps = {step["step"]: step for step in cart.client.get(f"{path}/followUp")}
    assert {step["status"] for step in steps.values()} == {"DONE"}
    labels = [row["label"] for row in steps["VALIDATING"]["history"]]
    assert labels == ["ORDER_STARTED", "PAYMENT_CONFIRMED"]


def test_a_slow_server_takes_its_hours(hub: Hub, cart: CartOf) -> None:
    hub.emulator.set_stock("eu", KS15, "gra", "24H")
    order = cart.checkout(autopay=True)
    hub.clock.advance(30 + DAY - 1)
    cart.client._time_delta = None
    assert cart.status(order) == "delivering"
    hub.clock.advance(1)
    assert cart.status(order) == "delivered"


def test_details_lead_to_the_plan(cart: CartOf) -> None:
    order = cart.checkout()
    rows = cart.details(order)
    assert {row["quantity"] for row in rows} == {"1"}
    assert [row["domain"] for row in rows] == ["*001", "*001", "*001.001", "*001.002", "*001.003"]
    path = f"/me/order/{order['orderId']}/details/{rows[0]['orderDetailId']}"
    extension = cart.client.get(f"{path}/extension")["order"]
    assert (extension["plan"]["code"], extension["plan"]["duration"]) == ("27sk15", "P1M")
    assert {"label": "dedicated_datacenter", "value": "gra"} in extension["configurations"]
    with pytest.raises(Missing, match="invalid"):
        cart.client.get(f"{path}/operations")


def test_two_servers_have_their_own_names(hub: Hub, cart: CartOf) -> None:
    cart.client.put(cart.item, quantity=2)
    order = cart.checkout(autopay=True)
    assert order["prices"]["withoutTax"]["value"] == pytest.approx(2 * 25.98 + 2)
    setups = [row for row in cart.details(order) if row["detailType"] == "INSTALLATION"]
    assert [row["domain"] for row in setups] == ["*001", "*002"]
    hub.emulator.set_order("eu", order["orderId"], "delivered")
    assert len({row["domain"] for row in cart.details(order)}) == 2


def test_the_united_states_tell_the_name_in_operations(hub: Hub) -> None:
    hub.emulator.set_stock("us", "25rise01-us", "vin", "1H-high")
    client = hub.client(host="us")
    cart = hub.cart(client, "US", "25rise01-us")
    cart.configure(dedicated_datacenter="vin", dedicated_os="none_64.en")
    order = cart.checkout()
    hub.emulator.set_order("us", order["orderId"], "delivered")
    rows = cart.details(order)
    assert {row["domain"] for row in rows} == {"*"}
    assert "detailType" not in rows[0]
    path = f"/me/order/{order['orderId']}/details/{rows[0]['orderDetailId']}/operations"
    (number,) = client.get(path)
    name = client.get(f"{path}/{number}")["resource"]["name"]
    assert name == hub.emulator.orders("us")[0]["servers"][0]["serviceName"]


def test_papers_may_be_asked_for(hub: Hub, cart: CartOf) -> None:
    hub.emulator.set_account("eu", wants_documents=True)
    order = cart.checkout(autopay=True)
    hub.clock.advance(5 * DAY)
    cart.client._time_delta = None
    assert cart.status(order) == "documentsRequested"
    hub.emulator.set_order("eu", order["orderId"], "checking")
    hub.clock.advance(120)
    assert cart.status(order) == "delivered"


def test_orders_are_found_by_date(hub: Hub, cart: CartOf) -> None:
    before = hub.clock.time()
    order = cart.checkout()
    listed = [
        cart.client.get("/me/order"),
        cart.client.get(f"/me/order?date.from={date(before)}&date.to={date(before + 60)}"),
        cart.client.get(f"/me/order?date.from={date(before + 60)}"),
        cart.client.get(f"/me/order?date.to={date(before - 60)}"),
    ]
    assert listed == [[order["orderId"]], [order["orderId"]], [], []]
    with pytest.raises(Refused):
        cart.client.get("/me/order?date.from=yesterday")


def date(moment: float) -> str:
    return utc_date(moment).replace("+", "%2B")


def test_an_order_may_vanish(hub: Hub, cart: CartOf) -> None:
    order = cart.checkout()
    hub.emulator.remove_order(order["orderId"])
    with pytest.raises(Missing):
        cart.status(order)


# -- paying and withdrawing -----------------------------------------------------------------


def test_an_order_is_paid_later(hub: Hub, cart: CartOf) -> None:
    order = cart.checkout()
    (method,) = cart.client.get("/me/payment/method?default=true&status=VALID")
    assert cart.client.get(f"/me/payment/method/{method}")["status"] == "VALID"
    pay = f"/me/order/{order['orderId']}/pay"
    with pytest.raises(Missing):
        cart.client.post(pay, paymentMethod={"id": 1})
    assert cart.client.post(pay, paymentMethod={"id": method}) is None
    assert cart.status(order) == "checking"
    with pytest.raises(Refused, match="can't be paid"):
        cart.client.post(pay, paymentMethod={"id": method})


def test_a_bank_account_cannot_pay_a_server(hub: Hub, cart: CartOf) -> None:
    hub.emulator.set_account("eu", method_type="BANK_ACCOUNT")
    order = cart.checkout()
    with pytest.raises(ovh.APIError, match="can't be paid with 'bankAccount'"):
        cart.client.post(f"/me/order/{order['orderId']}/pay", paymentMethod={"id": 900000123})


def test_a_person_pays_on_the_page_of_the_order(hub: Hub, cart: CartOf) -> None:
    order = cart.checkout()
    page = hub.http.get(order["url"])
    assert "33.58 €" in page.text
    assert hub.http.get(order["url"][:-1]).status_code == 404
    hub.http.post(order["url"])
    assert cart.status(order) == "checking"


def test_a_paid_order_can_be_withdrawn_for_two_weeks(hub: Hub, cart: CartOf) -> None:
    order = cart.checkout(autopay=True)
    path = f"/me/order/{order['orderId']}"
    assert cart.client.get(path)["retractionDate"] is not None
    with pytest.raises(Refused):
        cart.client.post(f"{path}/retraction", reason="mood", comment="")
    cart.client.post(f"{path}/retraction", reason="unused", comment="too late")
    assert cart.status(order) == "cancelling"
    hub.clock.advance(60)
    assert cart.status(order) == "cancelled"


def test_what_cannot_be_withdrawn(hub: Hub, cart: CartOf) -> None:
    unpaid = hub.ready_cart(cart.client).checkout()
    waived = hub.ready_cart(cart.client).checkout(autopay=True, waive=True)
    given_up = hub.ready_cart(cart.client).checkout(autopay=True)
    cart.client.post(f"/me/order/{given_up['orderId']}/waiveRetraction")
    old = cart.checkout(autopay=True)
    for order in (unpaid, waived, given_up, old):
        if order is old:
            hub.clock.advance(14 * DAY)
            cart.client._time_delta = None
        with pytest.raises(ovh.APIError, match="can't be retracted"):
            cart.client.post(f"/me/order/{order['orderId']}/retraction", reason="other")


def test_a_company_cannot_withdraw(hub: Hub, cart: CartOf) -> None:
    hub.emulator.set_account("eu", legal_form="corporation")
    order = cart.checkout(autopay=True)
    with pytest.raises(ovh.APIError, match="can't be retracted"):
        cart.client.post(f"/me/order/{order['orderId']}/retraction", reason="other")


# -- over restarts --------------------------------------------------------------------------


def test_everything_outlives_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    first = OvhEmulator(tmp_path, clock)
    with Server(first.app) as server:
        hub = Hub(first, clock, server.url)
        first.set_stock("eu", KS15, "gra", "1H-low", quantity=2)
        first.set_price("eu", "27sk15", month="10")
        first.add_promotion("eu", "27sk15", 0)
        keys = first.add_account("eu", "FR")
        order = hub.ready_cart(hub.client(keys)).checkout()
        open_cart = hub.ready_cart(hub.client(keys))
        hub.close()
    books, rows = first.orders("eu"), first.stock("eu", "27sk15")
    first.close()
    second = OvhEmulator(tmp_path, clock)
    with Server(second.app) as server:
        hub = Hub(second, clock, server.url)
        assert (second.orders("eu"), second.stock("eu", "27sk15")) == (books, rows)
        again = CartOf(hub.client(keys), open_cart.path, open_cart.item_id)
        assert again.quote()["prices"]["withoutTax"]["value"] == 12
        assert again.checkout()["orderId"] > order["orderId"]
        item = again.client.post("/order/cart", ovhSubsidiary="FR")["cartId"]
        added = hub.post(f"/order/cart/{item}/eco", planCode="24ska01", **TERMS).json()
        assert added["itemId"] > open_cart.item_id
        states = {cell["datacenter"]: cell for cell in second.stock("eu", KS15)[0]["datacenters"]}
        assert states["gra"]["availability"] == "unavailable"  # the second of two
        hub.close()
    second.close()


def test_a_reset_leads_back_to_the_beginning(hub: Hub, cart: CartOf) -> None:
    cart.checkout()
    hub.emulator.fault("drop")
    hub.emulator.reset()
    assert hub.emulator.orders("eu") == hub.emulator.carts("eu") == hub.emulator.calls() == []
    assert hub.emulator.stock("eu", KS15)[0]["datacenters"][0]["availability"] == "unavailable"
    assert hub.client().get("/me")["nichandle"]

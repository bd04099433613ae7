"""OVH: the control API for journeys, and the page for people."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from emulators.clock import ManualClock
from emulators.serve import Server, build
from emulators.tests.ovh_hub import KS15, STOCK, Hub, running


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


def control(hub: Hub, method: str, path: str, /, **values: Any) -> Any:
    url = f"{hub.url}/ovh/control{path}"
    if method in ("POST", "PATCH"):
        answer = hub.http.request(method, url, json=values)
    else:
        answer = hub.http.request(method, url, params=values)
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(hub: Hub, fqn: str = KS15, datacenter: str = "gra") -> str:
    (row,) = hub.emulator.stock("eu", fqn)
    return next(
        str(cell["availability"]) for cell in row["datacenters"] if cell["datacenter"] == datacenter
    )


# -- JSON -----------------------------------------------------------------------------------


def test_stock_and_prices(hub: Hub) -> None:
    control(hub, "POST", "/stock", host="eu", fqn=KS15, datacenter="gra", availability="1H-low")
    rows = control(hub, "GET", "/stock", host="eu", planCode="27sk15")["rows"]
    assert rows == hub.get(STOCK, params={"planCode": "27sk15"}).json()
    assert state(hub) == "1H-low"
    control(hub, "POST", "/sell-out", host="eu")
    assert state(hub) == "unavailable"
    assert len(control(hub, "POST", "/restock", host="eu", count=3)["cells"]) == 3
    control(hub, "POST", "/prices", host="eu", code="27sk15", month="9.50")
    control(hub, "POST", "/promotions", host="eu", code="27sk15", price="0")
    control(hub, "POST", "/coupons", coupon="TEN", percent=10)
    control(hub, "POST", "/vps", host="eu", plan_code="vps-1", rows=[])
    catalogue = hub.get("/order/catalog/public/eco?ovhSubsidiary=FR").json()
    (plan,) = (plan for plan in catalogue["plans"] if plan["planCode"] == "27sk15")
    assert plan["pricings"][0]["price"] == 950_000_000
    assert plan["pricings"][0]["promotions"][0]["total"]["value"] == 0


def test_a_whole_order_over_http(hub: Hub) -> None:
    keys = control(hub, "POST", "/accounts", host="eu", subsidiary="FR", method_status="")
    assert {"application_key", "application_secret", "consumer_key"} <= set(keys)
    control(hub, "PATCH", "/accounts", host="eu", nichandle=keys["nichandle"], state="incomplete")
    hub.emulator.set_stock("eu", KS15, "gra", "1H-high")
    account = hub.emulator.account("eu", keys["nichandle"])
    assert (account.method_status, account.state) == ("", "incomplete")
    cart = hub.ready_cart(hub.client())
    (shown,) = control(hub, "GET", "/carts", host="eu")["carts"]
    assert f"/order/cart/{shown['cartId']}" == cart.path
    cart.checkout()
    (order,) = control(hub, "GET", "/orders", host="eu")["orders"]
    control(
        hub, "POST", "/orders", host="eu", order_id=order["orderId"], status="documentsRequested"
    )
    assert hub.emulator.orders("eu")[0]["status"] == "documentsRequested"
    assert control(hub, "GET", "/calls", path="/order/cart/*/checkout")["calls"][0]["status"] == 200
    control(hub, "DELETE", "/orders", order_id=order["orderId"])
    control(hub, "DELETE", "/calls")
    assert control(hub, "GET", "/calls")["calls"] == []
    control(hub, "POST", "/reset")
    assert hub.emulator.carts("eu") == []


def test_faults_and_keys_over_http(hub: Hub) -> None:
    control(hub, "POST", "/faults", kind="html", path="/auth/*")
    assert control(hub, "GET", "/faults")["faults"][0]["kind"] == "html"
    control(hub, "DELETE", "/faults")
    assert hub.get("/auth/time").status_code == 200
    client = hub.client()
    told = client.request_consumerkey([{"method": "GET", "path": "/me"}], redirect_url="https://x/")
    done = control(hub, "POST", "/accept", token=told["validationUrl"], validity=60)
    assert done == {"redirection": "https://x/"}
    assert client.get("/me")
    made = control(hub, "POST", "/service-accounts", host="eu", actions=["*"])
    assert made["client_id"].startswith("EU.")


@pytest.mark.parametrize(
    ("method", "path", "values", "status"),
    [
        ("POST", "/stock", {"host": "eu"}, 400),
        ("POST", "/faults", {"kind": "gremlin"}, 400),
        ("POST", "/accounts", {"host": "eu", "subsidiary": "US"}, 400),
        ("PATCH", "/accounts", {"host": "eu", "colour": "red"}, 400),
        ("POST", "/accept", {"token": "nope"}, 404),
        ("POST", "/nope", {}, 404),
        ("DELETE", "/stock", {}, 405),
    ],
)
def test_mistakes_are_told(
    hub: Hub, method: str, path: str, values: dict[str, Any], status: int
) -> None:
    answer = hub.http.request(method, f"{hub.url}/ovh/control{path}", json=values)
    assert answer.status_code == status
    assert answer.json()["error"]


# -- the page -------------------------------------------------------------------------------


def page(hub: Hub, query: str = "") -> httpx.Response:
    return hub.http.get(f"{hub.url}/ovh/control/{query}")


def press(hub: Hub, **fields: Any) -> httpx.Response:
    """Send a form and follow it back."""
    sent = {"host": "eu", **fields}
    return hub.http.post(f"{hub.url}/ovh/control/", data=sent, follow_redirects=True)


def test_the_page_is_closed_to_scripts_and_other_sites(hub: Hub) -> None:
    answer = page(hub)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self';" in policy
    assert not re.search(r"<script|<style| style=| on\w+=", answer.text)
    (sheet,) = re.findall(r'href="([^"]+\.css)"', answer.text)
    assert hub.http.get(hub.url + sheet).headers["Content-Type"].startswith("text/css")
    foreign = {"Origin": "https://evil.example"}
    done = hub.http.post(
        f"{hub.url}/ovh/control/", data={"host": "eu", "do": "sell-out"}, headers=foreign
    )
    assert done.status_code == 403


def test_a_plan_is_found_and_switched(hub: Hub) -> None:
    assert "KS-15" in page(hub).text
    found = page(hub, "?q=ryzen+5600").text
    assert "27sk15" in found
    assert "24ska01" not in found
    assert "No plan fits" in page(hub, "?q=zeppelin").text
    shown = page(hub, "?plan=27sk15").text
    assert KS15 in shown
    assert 'name="at:gra"' in shown
    back = press(hub, do="row", plan="27sk15", fqn=KS15, **{"at:gra": "1H-low", "at:rbx": "24H"})
    assert back.status_code == 200
    assert "2 changed" in back.text
    assert (state(hub), state(hub, datacenter="rbx")) == ("1H-low", "24H")
    press(hub, do="plan", plan="27sk15", state="comingSoon")
    assert state(hub) == state(hub, datacenter="bhs") == "comingSoon"


def test_the_cells_left_alone_keep_their_count(hub: Hub) -> None:
    hub.emulator.set_stock("eu", KS15, "gra", "1H-low", quantity=1)
    press(hub, do="row", fqn=KS15, **{"at:gra": "1H-low", "at:rbx": "24H"})
    hub.ready_cart(hub.client()).checkout()
    assert state(hub) == "unavailable"


def test_everything_at_once(hub: Hub) -> None:
    assert "In stock now" in press(hub, do="restock").text
    press(hub, do="sell-out")
    states = {cell["availability"] for row in hub.get(STOCK).json() for cell in row["datacenters"]}
    assert states == {"unavailable", "comingSoon"}


def test_faults_are_armed_and_cleared(hub: Hub) -> None:
    back = press(hub, do="fault", kind="throttled", path="/me*", times="2", retry_after="3")
    assert "Clear all faults" in back.text
    (fault,) = hub.emulator.faults.armed()
    assert (fault.kind, fault.host, fault.times, fault.retry_after) == ("throttled", "eu", 2, 3)
    press(hub, do="clear")
    assert hub.emulator.faults.armed() == []


def test_faults_can_be_armed_for_ever(hub: Hub) -> None:
    press(hub, do="fault", kind="html", path="*", times="0")
    assert hub.emulator.faults.armed()[0].times == 0


def test_orders_carts_and_accounts_are_shown_and_changed(hub: Hub) -> None:
    hub.emulator.set_stock("eu", KS15, "gra", "1H-high")
    cart = hub.cart(hub.client())
    cart.client.put(cart.path, description="<b>mine</b>")
    assert "&lt;b&gt;mine&lt;/b&gt;" in page(hub).text
    order = hub.ready_cart(hub.client()).checkout()
    shown = page(hub).text
    assert f"{order['orderId']}: notPaid" in shown
    assert "27sk15 in gra" in shown
    press(hub, do="order", order=order["orderId"], status="delivered")
    assert hub.emulator.orders("eu")[0]["status"] == "delivered"
    press(hub, do="account", account="hd10001-ovh", method="EXPIRED")
    assert hub.emulator.account("eu").method_status == "EXPIRED"


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "nope"},
        {"do": "row", "fqn": "nope", "at:gra": "24H"},
        {"do": "row", "fqn": KS15, "at:gra": "plenty"},
        {"do": "order", "order": "1", "status": "delivered"},
        {"do": "account", "account": "nobody", "method": ""},
    ],
)
def test_forms_with_nonsense_change_nothing(hub: Hub, fields: dict[str, str]) -> None:
    before = hub.get(STOCK).content
    assert press(hub, **fields).status_code == 400
    assert hub.get(STOCK).content == before


def test_unknown_hosts(hub: Hub) -> None:
    assert page(hub, "?host=mars").status_code == 404
    assert hub.http.get(f"{hub.url}/ovh/mars/1.0/auth/time").status_code == 404
    assert hub.http.get(f"{hub.url}/ovh/eu/2.0/auth/time").status_code == 404


def test_it_stands_among_the_other_emulators(clock: ManualClock) -> None:
    emulators = build(clock=clock)
    with Server(emulators) as server, httpx.Client(base_url=server.url) as http:
        assert http.get("/ovh/eu/1.0/auth/time").json() == int(clock.time())
        home = http.get("/ovh/", follow_redirects=True)
        assert home.url.path == "/ovh/control/"
        assert home.status_code == 200
        emulators.ovh.set_stock("eu", KS15, "gra", "1H-low")
        assert "1H-low" in http.get(f"/ovh/eu/1.0{STOCK}?planCode=27sk15").text
    emulators.close()

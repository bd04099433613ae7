"""OVH: the life of carts and what can be put into them."""

from collections.abc import Iterator

import ovh
import pytest

from emulators.clock import ManualClock
from emulators.tests.ovh_hub import KS15_STORAGE, TERMS, Hub, running

Refused = ovh.exceptions.BadParametersError
Missing = ovh.exceptions.ResourceNotFoundError


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


# -- a cart's life --------------------------------------------------------------------------


def test_anyone_who_knows_a_cart_can_fill_it(hub: Hub) -> None:
    cart = hub.post("/order/cart", ovhSubsidiary="FR", description="t42-w7-gra").json()
    assert (cart["description"], cart["items"], cart["readOnly"]) == ("t42-w7-gra", [], False)
    path = f"/order/cart/{cart['cartId']}"
    item = hub.post(f"{path}/eco", planCode="27sk15", **TERMS).json()
    option = hub.post(
        f"{path}/eco/options", itemId=item["itemId"], planCode=KS15_STORAGE, **TERMS
    ).json()
    assert (item["offerId"], item["parentItemId"], item["options"]) == ("27sk15", None, [])
    assert option["parentItemId"] == item["itemId"]
    assert hub.get(path).json()["items"] == [item["itemId"], option["itemId"]]
    shown = hub.get(f"{path}/item/{item['itemId']}").json()
    assert shown["options"] == [option["itemId"]]
    chosen = hub.get(f"{path}/item/{option['itemId']}").json()
    assert chosen["settings"] == {
        "planCode": KS15_STORAGE,
        "pricingMode": "default",
        "quantity": 1,
    }
    assert hub.http.delete(hub.base() + path).status_code == 401


@pytest.mark.parametrize("subsidiary", ["US", "EU", "XX"])
def test_a_cart_needs_a_subsidiary_of_its_host(hub: Hub, subsidiary: str) -> None:
    answer = hub.post("/order/cart", ovhSubsidiary=subsidiary)
    assert answer.status_code == 400
    assert "invalid ovhSubsidiary" in answer.json()["message"]
    assert hub.post("/order/cart").status_code == 400


def test_a_cart_lives_a_day_or_as_long_as_asked(hub: Hub) -> None:
    short = hub.post("/order/cart", ovhSubsidiary="FR").json()["cartId"]
    month = hub.post("/order/cart", ovhSubsidiary="FR", expire="2026-12-18T00:00:00+01:00").json()
    assert month["expire"] == "2026-12-17T23:00:00+00:00"
    hub.clock.advance(86400)
    gone = hub.get(f"/order/cart/{short}")
    assert (gone.status_code, gone.json()["message"]) == (404, "Cart not found")
    assert hub.get(f"/order/cart/{month['cartId']}").status_code == 200
    assert len(hub.emulator.carts("eu")) == 1


def test_an_assigned_cart_is_listed_until_its_owner_deletes_it(hub: Hub) -> None:
    client = hub.client()
    cart = hub.cart(client)
    assert [f"/order/cart/{name}" for name in client.get("/order/cart")] == [cart.path]
    assert client.delete(cart.path) is None
    assert client.get("/order/cart") == []
    with pytest.raises(Missing, match="Cart not found"):
        client.get(cart.path)


def test_a_cart_of_somebody_else_or_another_subsidiary_is_not_found(hub: Hub) -> None:
    cart = hub.ready_cart(hub.client())
    stranger = hub.client(hub.emulator.add_account("eu", "FR"))
    for act in (stranger.delete, lambda path: stranger.post(f"{path}/assign")):
        with pytest.raises(Missing):
            act(cart.path)
    german = hub.client(hub.emulator.add_account("eu", "DE"))
    fresh = hub.post("/order/cart", ovhSubsidiary="FR").json()["cartId"]
    with pytest.raises(Missing, match="Invalid Cart ID"):
        german.post(f"/order/cart/{fresh}/assign")


# -- items ----------------------------------------------------------------------------------


def test_offers_of_a_plan(hub: Hub) -> None:
    cart = hub.cart(hub.client())
    (offer,) = cart.client.get(f"{cart.path}/eco?planCode=27sk15")
    terms = {(row["duration"], row["pricingMode"]): row for row in offer["prices"]}
    assert terms["P0D", "default"]["capacities"] == ["installation"]
    assert terms["P1M", "default"]["priceInUcents"] == 1_299_000_000
    assert {("P1Y", "upfront12"), ("P2Y", "upfront24")} <= set(terms)
    assert cart.client.get(f"{cart.path}/eco?planCode=nope") == []


@pytest.mark.parametrize("segment", ["eco", "baremetalServers"])
def test_both_segments_sell_the_same(hub: Hub, segment: str) -> None:
    path = f"/order/cart/{hub.post('/order/cart', ovhSubsidiary='FR').json()['cartId']}"
    item = hub.post(f"{path}/{segment}", planCode="27sk15", **TERMS).json()
    assert item["duration"] == "P1M"


def test_what_is_not_sold_cannot_be_put_in(hub: Hub) -> None:
    client = hub.client()
    cart = hub.cart(client)
    on_quotation = next(
        row["planCode"]
        for row in hub.get("/dedicated/server/datacenter/availabilities").json()
        if "sap" in row["planCode"]
    )
    for code in ("nope", on_quotation):
        with pytest.raises(Refused, match="Plan code not found"):
            client.post(f"{cart.path}/eco", planCode=code, **TERMS)
    with pytest.raises(Refused, match="Plan code not found"):
        cart.add_option("ram-64g-ecc-3200")  # a part's name is no code


@pytest.mark.parametrize("terms", [("P0D", "default"), ("P1M", "upfront12"), ("P3M", "default")])
def test_a_bad_duration_looks_like_an_outage(hub: Hub, terms: tuple[str, str]) -> None:
    cart = hub.cart(hub.client())
    with pytest.raises(ovh.APIError, match="Service is temporarily unavailable"):
        cart.add_option(KS15_STORAGE, duration=terms[0], pricingMode=terms[1])


def test_a_cart_holds_only_so_many_of_a_plan(hub: Hub) -> None:
    client = hub.client()
    cart = hub.cart(client)
    client.post(f"{cart.path}/eco", planCode="27sk15", **TERMS)
    with pytest.raises(Refused, match="at most 2"):
        client.post(f"{cart.path}/eco", planCode="27sk15", **TERMS)
    with pytest.raises(Refused, match="at most 2"):
        client.put(f"{cart.item}", quantity=2)


def test_items_change_and_go_with_their_options(hub: Hub) -> None:
    client = hub.client()
    cart = hub.ready_cart(client)
    assert client.put(cart.item, quantity=2)["settings"]["quantity"] == 2
    assert len(client.get(f"{cart.path}/item")) == 2
    client.delete(cart.item)
    assert client.get(f"{cart.path}/item") == []


def test_required_configuration_is_misleading(hub: Hub) -> None:
    cart = hub.cart(hub.client())
    rows = {row["label"]: row for row in cart.client.get(f"{cart.item}/requiredConfiguration")}
    assert not rows["dedicated_datacenter"]["required"]
    assert rows["region"]["required"]
    assert rows["region"]["allowedValues"] == ["canada", "europe"]


def test_options_of_a_plan(hub: Hub) -> None:
    cart = hub.cart(hub.client())
    rows = cart.client.get(f"{cart.path}/eco/options?planCode=27sk15")
    (storage,) = (row for row in rows if row["planCode"] == KS15_STORAGE)
    assert storage["family"] == "storage"
    assert (storage["mandatory"], storage["exclusive"]) == (True, True)
    month = next(row for row in storage["prices"] if row["duration"] == "P1M")
    assert month["priceInUcents"] == 200_000_000


def test_configurations_can_be_read_and_deleted(hub: Hub) -> None:
    client = hub.client()
    cart = hub.cart(client)
    made = client.post(f"{cart.item}/configuration", label="region", value="europe")
    assert client.get(f"{cart.item}/configuration/{made['id']}") == made
    assert client.get(f"{cart.item}/configuration?label=region") == [made["id"]]
    assert client.get(f"{cart.item}/configuration?label=dedicated_os") == []
    assert client.delete(f"{cart.item}/configuration/{made['id']}") is None
    assert client.get(f"{cart.item}/configuration") == []

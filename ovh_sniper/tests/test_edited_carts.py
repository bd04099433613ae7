"""Carts that somebody edits at OVH after they were verified: whoever knows their ids can."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests

from emulators.ovh.world import DEMO
from ovh_sniper.gateways.hosts import Host, api_url
from ovh_sniper.models import WarmCart
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.tests.buyer import account_of
from ovh_sniper.tests.market import BIG, CHEAP, PLAN, Market
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

MEMORY = "ram-128g-ecc-3200-27sk15"
PLACE, REGION = "dedicated_datacenter", "region"
REPLACED = ["refused cart_edited", "placed"]


def warm_cart(market: Market) -> WarmCart:
    """Have a wish's only cart made ready."""
    market.warm()
    (row,) = market.cart_rows
    assert row.state == "ready"
    return row


def edit(row: WarmCart, label: str, value: str, *, takes_off: bool = True) -> None:
    """Give a label of a cart another value, as anybody can who knows the cart's id."""
    ovh, item = account_of(DEMO["eu"]), row.item_id or 0
    if takes_off:
        base, path = api_url(Host.EU), f"/order/cart/{row.cart_id}/item/{item}/configuration"
        for number in ovh.item(row.cart_id, item).setting_ids:
            if ovh.setting(row.cart_id, item, number)[0] == label:
                requests.delete(f"{base}{path}/{number}", timeout=5).raise_for_status()
    ovh.configure(row.cart_id, item, label, value)


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        (PLACE, "rbx", "-dedicated_datacenter=gra +dedicated_datacenter=rbx"),
        (REGION, "canada", "-region=europe +region=canada"),
    ],
)
def test_a_cart_for_another_place_is_not_ordered(
    market: Market, label: str, value: str, said: str
) -> None:
    market.wish()
    edit(warm_cart(market), label, value)
    market.wait(minutes=1)
    market.appear()
    market.run()
    # said, and tried again at once with a cart that was made for it
    assert market.states == REPLACED
    assert market.orders[0].detail == said
    assert market.places == ["gra"]
    (server,) = market.books()[0]["servers"]
    assert server["configuration"][REGION] == "europe"
    market.warm()
    assert market.carts == []


def test_a_cart_that_has_a_label_twice_is_replaced_at_once(market: Market) -> None:
    market.wish()
    edit(warm_cart(market), PLACE, "rbx", takes_off=False)
    market.wait(minutes=1)
    market.appear()
    market.run()
    # OVH gives no price for it
    assert (market.states, market.places) == (["placed"], ["gra"])
    market.warm()
    assert market.carts == []


def test_what_a_person_orders_with_an_edited_cart_is_refused(market: Market) -> None:
    wish = market.wish(mode="ask")
    row = warm_cart(market)
    edit(row, PLACE, "rbx")
    [change] = market.appear()
    with scope(market.tenant):
        by_hand.intend(wish, change, "gra", source="button", now=market.now)
    market.run()
    assert (market.states, market.books()) == (["refused cart_edited"], [])


@pytest.mark.parametrize("cap", [None, "60"])
@pytest.mark.parametrize("code", [PLAN, MEMORY])
def test_a_cart_that_pays_for_a_year_at_once_is_not_ordered(
    market: Market, code: str, cap: str | None
) -> None:
    parts = {"memory": "ram-128g-ecc-3200", "storage": "softraid-2x1920nvme"}
    terms: dict[str, Any] = {**parts, "cap_due_now": cap and Decimal(cap)}
    market.wish(**terms)
    row = warm_cart(market)
    (item,) = {line["item"] for line in row.lines if line["code"] == code}
    year: dict[str, Any] = {"duration": "P1Y", "pricingMode": "upfront12", "quantity": 1}
    path = f"/order/cart/{row.cart_id}/item/{item}"
    requests.put(f"{api_url(Host.EU)}{path}", json=year, timeout=5).raise_for_status()
    market.wait(minutes=1)
    market.appear(fqn=BIG)
    market.run()
    # told of as what it is, and not as too dear: the next cart is as wished
    assert market.states == REPLACED
    assert market.orders[0].detail == f"{code} P1Y upfront12"
    assert market.books()[0]["withTax"] == "51.58"


@pytest.mark.parametrize(("to", "states"), [("gra", ["placed"]), ("rbx", REPLACED)])
def test_labels_are_found_where_the_item_does_not_name_them(
    market: Market, to: str, states: list[str]
) -> None:
    market.emulator.fault("bare_item", times=0)
    market.wish()
    edit(warm_cart(market), PLACE, to)
    market.wait(minutes=1)
    market.appear()
    market.run()
    assert (market.states, market.places) == (states, ["gra"])


def test_the_same_label_set_anew_is_the_same(market: Market) -> None:
    market.wish()
    edit(warm_cart(market), PLACE, "gra")
    market.wait(minutes=1)
    market.appear()
    market.run()
    assert (market.states, market.places) == (["placed"], ["gra"])


def test_a_cart_that_was_edited_is_replaced_when_it_is_looked_after(market: Market) -> None:
    market.wish()
    row = warm_cart(market)
    edit(row, PLACE, "rbx")
    market.wait(hours=6)
    market.warm()
    market.wait(hours=1)
    market.warm()
    (other,) = market.cart_rows
    assert (other.fqn, other.state) == (CHEAP, "ready")
    assert other.cart_id != row.cart_id

"""Carts made ahead: which, how long they are good, and what orders make of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.models import StoredCatalogue, WarmCart, Wish
from ovh_sniper.services.carts import planning
from ovh_sniper.tests.market import CHEAP, PLAN, Market
from ovh_sniper.tests.stories import ready

# what is asked of a cart that is kept, side by side: its price, its server and three options
LOOKS = ["GET /order/cart/*/checkout", *["GET /order/cart/*/item/*"] * 4]
pytestmark = pytest.mark.django_db

State = WarmCart.State


# --- Which


def test_a_wish_that_orders_has_a_cart_built_assigned_and_quoted(market: Market) -> None:
    market.wish()
    market.warm()
    (row,) = market.cart_rows
    (cart,) = market.carts
    assert (row.state, row.cart_id, row.datacenter) == ("ready", cart["cartId"], "gra")
    assert cart["owner"] == DEMO["eu"].nichandle
    assert (str(row.due_now), str(row.renewal), row.currency) == ("31.18", "15.59", "EUR")
    assert len(row.lines) == 5
    assert row.quoted_at == market.now
    assert row.cart_id not in repr(row)


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"mode": "alert"}, 0),
        ({"mode": "ask"}, 1),
        ({"quantity": 2}, 2),
        ({"quantity": 50}, 2),
        ({"datacenters": ["gra", "rbx"], "quantity": 2}, 4),
        ({"datacenters": [], "memory": "", "storage": "", "quantity": 9}, 6),
        ({"cap_due_now": Decimal("31.17")}, 0),
        ({"memory": "ram-of-nobody"}, 0),
        ({"extras": {"vrack": "vrack-of-nobody"}}, 0),
        ({"datacenters": ["vin"]}, 0),
    ],
)
def test_a_wish_has_a_few_carts_of_the_likeliest(
    market: Market, fields: dict[str, Any], count: int
) -> None:
    market.wish(**fields)
    market.warm()
    assert len(market.carts) == len(ready(market)) == count


def test_what_was_in_stock_last_comes_first(market: Market) -> None:
    market.appear("sbg")
    market.emulator.set_stock("eu", CHEAP, "sbg", "unavailable")
    market.look()
    market.wish(datacenters=[], memory="", storage="")
    market.warm()
    first = ready(market)[0]
    assert (first.fqn, first.datacenter) == (CHEAP, "sbg")


@pytest.mark.parametrize("word", ["1H-low", "unavailable"])
def test_what_came_long_ago_and_stayed_was_in_stock_lately(market: Market, word: str) -> None:
    market.appear("sbg")
    market.wait(hours=24 * 100)
    market.emulator.set_stock("eu", CHEAP, "sbg", word)
    market.look()
    market.refresh_prices()
    market.wish(datacenters=[], memory="", storage="")
    market.warm()
    first = ready(market)[0]
    assert (first.fqn, first.datacenter) == (CHEAP, "sbg")


def test_a_wish_without_carts_is_planned_again_after_a_while(market: Market) -> None:
    wish = market.wish(cap_due_now=Decimal("31.17"))
    market.warm()
    (marker,) = market.cart_rows
    assert (marker.state, marker.cart_id, marker.retry_at) == (
        "refused",
        "",
        market.now + timedelta(hours=1),
    )
    assert planning.unplanned(9) == []
    market.emulator.set_price("eu", PLAN, setup="12")
    market.refresh_prices()
    market.wait(hours=1)
    market.warm()
    assert len(ready(market)) == 1
    assert market.fresh(wish).state == "armed"


def test_prices_that_were_not_read_yet_are_waited_for_a_minute(market: Market) -> None:
    StoredCatalogue.objects.all().delete()
    market.wish()
    market.warm()
    assert [cart.reason for cart in market.cart_rows] == ["catalogue"]
    market.refresh_prices()
    market.wait(minutes=1)
    market.warm()
    assert len(ready(market)) == 1


# --- How long


def test_a_cart_is_replaced_before_it_ends(market: Market) -> None:
    market.wish()
    market.warm()
    (old,) = market.carts
    market.wait(hours=41, minutes=59)
    market.warm()
    assert [cart["cartId"] for cart in market.carts] == [old["cartId"]]
    market.wait(minutes=10)
    market.warm()
    (new,) = market.carts
    assert new["cartId"] != old["cartId"]
    assert [cart.state for cart in market.cart_rows] == ["ready"]


def test_a_cart_is_quoted_anew_when_it_is_old_and_when_the_price_list_moves(
    market: Market,
) -> None:
    market.wish()
    market.warm()
    market.hush()
    market.wait(minutes=10)
    market.warm()
    assert market.calls() == []
    market.emulator.set_price("eu", PLAN, month="12.50")
    market.refresh_prices()
    market.hush()
    market.wait(minutes=10)
    market.warm()
    assert sorted(market.calls()) == LOOKS
    (cart,) = market.cart_rows
    assert (str(cart.due_now), str(cart.renewal)) == ("30.00", "15.00")
    market.hush()
    market.wait(hours=6)
    market.warm()
    assert sorted(market.calls()) == LOOKS


def test_a_price_that_is_not_the_lists_has_the_list_read_again(market: Market) -> None:
    market.emulator.set_price("eu", PLAN, month="12.50")
    market.wait(hours=2)
    market.wish()
    market.warm()
    assert StoredCatalogue.objects.get().retry_at == market.now


def test_a_cart_that_became_too_dear_is_good_again_when_the_cap_is_raised(market: Market) -> None:
    wish = market.wish(cap_due_now=Decimal("31.18"))
    market.warm()
    market.emulator.set_price("eu", PLAN, month="13")
    market.wait(hours=6)
    market.warm()
    (cart,) = market.cart_rows
    assert (cart.state, cart.reason) == ("refused", "price_over_cap 31.20 > 31.18 EUR")
    market.change(wish, cap_due_now=Decimal("31.20"))
    market.hush()
    market.warm()
    assert len(ready(market)) == 1
    assert market.calls() == []


def test_carts_of_another_account_are_of_no_use(market: Market) -> None:
    other = market.link(name="The other one")
    wish = market.wish()
    market.warm()
    market.change(wish, account=other)
    market.look_at_wishes()
    market.warm()
    assert [(cart.state, cart.account_id) for cart in market.cart_rows] == [("ready", other.pk)]
    assert len(market.carts) == 1


# --- For orders


def test_an_intent_that_waits_keeps_its_cart(market: Market) -> None:
    wish = market.wish()
    market.warm()
    with market.inside():
        Wish.objects.update(state="paused")
    market.appear()
    with market.inside():
        Wish.objects.filter(pk=wish.pk).update(state="armed", retry_at=market.now)
    # matched and planned by one task, and looked after by the next tick
    market.look_at_wishes()
    with market.inside():
        WarmCart.objects.update(retry_at=market.now)
    market.warm()
    assert market.states == ["intended"]
    market.hush()
    market.run()
    assert sorted(market.calls()) == [*LOOKS, "POST /order/cart/*/checkout"]


def test_each_order_has_a_cart_of_its_own(market: Market) -> None:
    market.wish(quantity=2)
    market.warm()
    market.appear()
    market.hush()
    market.run()
    assert sorted(market.calls()) == sorted([*LOOKS, "POST /order/cart/*/checkout"] * 2)
    assert len({booked["cartId"] for booked in market.books()}) == 2
    market.warm()
    assert market.carts == []


def test_a_cart_that_ovh_has_lost_is_replaced_at_once(market: Market) -> None:
    market.wish()
    market.warm()
    market.emulator.state.carts.clear()
    market.appear()
    market.run()
    assert market.states == ["placed"]
    market.warm()
    assert market.carts == []


def test_a_cart_that_ovh_loses_each_time_is_not_built_for_ever(market: Market) -> None:
    market.wish()
    market.appear()
    market.fault("status", status=404, message="Cart not found", times=0)
    market.later()
    assert market.states == ["refused cart_gone"]
    assert len(market.calls("POST", "/order/cart")) == 1

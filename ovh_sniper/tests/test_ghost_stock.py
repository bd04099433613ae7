"""Stock that OVH shows and refuses at the checkout: told, waited for, tried elsewhere."""

from __future__ import annotations

import pytest

from ovh_sniper.models import GhostStock
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.stock import ghosts
from ovh_sniper.tests.market import CHEAP, Market

pytestmark = pytest.mark.django_db


def ghost() -> GhostStock:
    return GhostStock.objects.get()


def test_ghost_stock_is_told_and_tried_again_only_after_a_while(market: Market) -> None:
    market.wish()
    market.appear()
    market.fault("ghost")
    market.run()
    assert market.states == ["refused out_of_stock"]
    assert market.order.told == "refused"
    assert [one.detail for one in market.audited("ovh_order.refused")] == [
        {"reason": "out_of_stock"}
    ]
    held = ghost()
    assert (held.refusals, held.fqn, held.datacenter) == (1, CHEAP, "gra")
    assert held.hold_until == market.now + ghosts.FIRST
    market.look()
    reacting.catch_up("eu", market.now)
    market.later(seconds=29)
    assert market.states == ["refused out_of_stock"]
    market.later(seconds=1)
    assert market.states == ["refused out_of_stock", "placed"]
    assert (ghost().refusals, ghost().last_ordered_at) == (0, market.now)


def test_each_refusal_in_a_row_doubles_the_wait(market: Market) -> None:
    market.wish()
    market.appear()
    market.fault("ghost", times=0)
    waits = []
    for _time in range(4):
        market.run()
        waits.append(ghost().hold_until - market.now)
        market.wait(seconds=waits[-1].total_seconds())
    assert waits == [ghosts.FIRST * 2**number for number in range(4)]
    assert len(market.calls("POST", "/order/cart/*/checkout")) == 4
    # one cart does for all of them
    assert len(market.calls("POST", "/order/cart")) == 1


def test_another_place_is_tried_at_once(market: Market) -> None:
    market.wish(datacenters=["gra", "rbx"])
    market.put("gra")
    market.appear("rbx")
    market.fault("ghost")
    market.run()
    assert market.states == ["refused out_of_stock", "placed"]
    assert market.places == ["rbx"]


def test_a_wait_is_not_forgotten_when_the_wish_is_looked_at_meanwhile(market: Market) -> None:
    wish = market.wish()
    market.appear()
    market.fault("ghost")
    market.run()
    market.change(market.fresh(wish), name="Renamed")
    market.run()
    assert market.states == ["refused out_of_stock"]
    market.later(seconds=30)
    assert market.states == ["refused out_of_stock", "placed"]


def test_a_quote_that_says_sold_out_costs_no_checkout(market: Market) -> None:
    market.wish()
    market.warm()
    market.wait(minutes=1)
    market.appear()
    market.fault("ghost", "GET")
    market.run()
    assert market.states == ["refused out_of_stock"]
    assert market.calls("POST", "/order/cart/*/checkout") == []

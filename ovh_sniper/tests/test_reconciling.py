"""Orders whose answer was lost: OVH's books tell, and nobody orders again to find out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.tests.buyer import account_of
from ovh_sniper.tests.market import Market
from ovh_sniper.tests.stories import lose

pytestmark = pytest.mark.django_db


class Forgetful:
    """OVH whose list of orders lags behind."""

    def __init__(self, ovh: Ovh) -> None:
        self._ovh = ovh

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ovh, name)

    def orders_between(self, _start: datetime, _end: datetime) -> tuple[int, ...]:
        return ()


def test_a_lost_answer_is_told_and_blocks_its_place(market: Market) -> None:
    market.wish(quantity=1)
    market.appear()
    (order,) = lose(market)
    assert (order.place, order.told) == (1, "unknown")
    market.look()
    assert len(market.orders) == 1


def test_an_order_that_ovhs_list_shows_only_later_is_found_then(market: Market) -> None:
    market.wish()
    market.appear()
    (order,) = lose(market)
    for _time in range(20):
        assert market.reconcile(order, Forgetful) == "unknown"
        market.wait(minutes=10)
    market.run()
    assert market.states == ["placed"]
    assert len(market.books()) == 1


def test_it_is_asked_ever_more_seldom(market: Market) -> None:
    market.wish()
    market.appear()
    (order,) = lose(market)
    waits = []
    for _time in range(18):
        market.reconcile(order, Forgetful)
        waits.append((market.fresh(order).retry_at - market.now).total_seconds())
        market.wait(seconds=waits[-1])
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5, 600)


def test_nothing_is_concluded_before_a_late_checkout_can_no_longer_arrive(market: Market) -> None:
    market.wish()
    market.appear()
    (order,) = lose(market, "drop")
    market.wait(seconds=59)
    assert market.reconcile(order) == "unknown"
    cart_id = market.fresh(order).cart_id
    assert cart_id in {cart["cartId"] for cart in market.carts}
    # it arrives after all
    account_of(DEMO["eu"]).checkout(cart_id)
    market.later(minutes=1)
    assert market.states == ["placed"]
    assert len(market.books()) == 1


def test_a_checkout_that_ovh_still_worked_on_while_its_cart_was_deleted_is_found(
    market: Market,
) -> None:
    market.wish()
    market.appear()
    (order,) = lose(market, "drop")
    market.wait(seconds=61)
    cart_id = market.fresh(order).cart_id

    class Late:
        """The deletion and the checkout cross."""

        def __init__(self, ovh: Ovh) -> None:
            self._ovh = ovh

        def __getattr__(self, name: str) -> Any:
            return getattr(self._ovh, name)

        def delete_cart(self, cart_id: str) -> None:
            self._ovh.checkout(cart_id)
            self._ovh.delete_cart(cart_id)

    assert market.reconcile(order, Late) == "unknown"
    assert cart_id not in {cart["cartId"] for cart in market.emulator.carts("eu")}
    market.later(seconds=15)
    assert market.states == ["placed"]
    assert len(market.books()) == 1


def test_a_price_that_moved_at_the_checkout_does_not_hide_the_order(market: Market) -> None:
    market.wish()
    market.appear()
    market.emulator.set_price("eu", "27sk15", month="14")

    class Cheaper:
        def __init__(self, ovh: Ovh) -> None:
            self._ovh = ovh

        def __getattr__(self, name: str) -> Any:
            return getattr(self._ovh, name)

        def checkout(self, *args: Any, **more: Any) -> Any:
            market.emulator.set_price("eu", "27sk15", month="12.99")
            return self._ovh.checkout(*args, **more)

    market.fault("lost_answer")
    market.carry_out(market.order, Cheaper)
    assert str(market.order.due_now) == "33.60"
    market.run()
    assert market.states == ["placed"]
    assert str(market.order.due_now) == market.books()[0]["withTax"] == "31.18"


@pytest.mark.parametrize("kind", ["throttled", "html", "null", "drop"])
@pytest.mark.parametrize("path", ["/order/cart/*", "/me/order", "/me/order/*/details"])
def test_trouble_while_it_is_looked_up_is_no_answer(market: Market, path: str, kind: str) -> None:
    market.wish()
    market.appear()
    lose(market)
    market.fault(kind, "GET", path)
    market.run()
    assert market.states == ["unknown"]
    market.later(minutes=10)
    assert market.states == ["placed"]
    assert len(market.books()) == 1


def test_without_good_keys_it_stays_unknown_until_there_are_some(market: Market) -> None:
    market.wish()
    market.appear()
    lose(market)
    with market.inside():
        type(market.account).objects.update(consumer_key="0" * 32)
    for _time in range(3):
        market.later(hours=1)
        assert market.states == ["unknown"]
    assert "credential" in market.order.detail
    with market.inside():
        type(market.account).objects.update(consumer_key=DEMO["eu"].consumer_key)
    market.later(minutes=10)
    assert market.states == ["placed"]
    assert market.order.detail == ""


def test_an_account_that_is_not_whole_any_more_is_asked_nothing(market: Market) -> None:
    market.wish()
    market.appear()
    lose(market)
    with market.inside():
        type(market.account).objects.update(consumer_key="")
    market.hush()
    market.run()
    assert (market.states, market.calls()) == (["unknown"], [])

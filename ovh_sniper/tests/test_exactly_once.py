"""`kill -9` at any call, lost answers, repeats and races: never one order more than was wished."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Order
from ovh_sniper.services.matching import intents
from ovh_sniper.services.ordering import outcomes
from ovh_sniper.tests.faulty import Doomed, Killed
from ovh_sniper.tests.market import CHECKOUT, Market
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

# what a worker calls, in order; n-th call of a name, and whether it was sent before he died
AHEAD = [
    ("create_cart", 1, False),
    ("create_cart", 1, True),
    ("assign", 1, True),
    ("add_item", 1, True),
    ("add_option", 2, False),
    ("configure", 3, True),
    ("item", 1, True),
    ("quote", 1, True),
]


def dying(name: str, n: int = 1, *, after: bool) -> Callable[[Ovh], Any]:
    return lambda ovh: Doomed(ovh, name, n=n, after=after)


class Slow:
    """OVH whose quote reaches a worker only after something else has happened."""

    def __init__(self, ovh: Ovh, meanwhile: Callable[[], None]) -> None:
        self._ovh, self._meanwhile = ovh, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ovh, name)

    def quote(self, cart_id: str) -> Any:
        try:
            return self._ovh.quote(cart_id)
        finally:
            self._meanwhile()


# --- A worker dies


@pytest.mark.parametrize(("name", "n", "after"), AHEAD)
def test_dead_ahead_of_the_checkout_it_is_begun_again_and_ordered_once(
    market: Market, name: str, n: int, *, after: bool
) -> None:
    market.wish()
    market.appear()
    with pytest.raises(Killed):
        market.carry_out(market.order, dying(name, n, after=after))
    assert market.states == ["intended"]
    # held: nobody else begins before it is certain that he is dead
    market.run()
    assert market.books() == []
    market.later()
    assert market.states == ["placed"]
    assert len(market.books()) == 1
    market.warm()
    # one that was made and not yet noted ends by itself; it belongs to nobody
    left = [cart for cart in market.carts if cart["owner"]]
    assert left == []
    assert len(market.carts) == (name == "create_cart" and after)


def test_dead_between_the_commit_and_the_checkout_nothing_was_bought_and_it_is_tried_anew(
    market: Market,
) -> None:
    wish = market.wish()
    market.appear()
    with pytest.raises(Killed):
        market.carry_out(market.order, dying("checkout", after=False))
    order = market.order
    assert (order.state, bool(order.cart_id)) == ("ordering", True)
    cart_id = order.cart_id
    market.later()
    assert market.states == ["unknown"]
    assert cart_id not in {cart["cartId"] for cart in market.carts}
    market.later(seconds=15)
    assert market.states == ["refused lost", "placed"]
    assert len(market.books()) == 1
    assert market.fresh(wish).state == "done"


@pytest.mark.parametrize("is_warm", [False, True])
def test_dead_after_ovh_stored_the_order_it_is_found_and_no_other_made(
    market: Market, *, is_warm: bool
) -> None:
    wish = market.wish()
    if is_warm:
        market.warm()
    market.appear()
    with pytest.raises(Killed):
        market.carry_out(market.order, dying("checkout", after=True))
    assert market.states == ["ordering"]
    (booked,) = market.books()
    market.run()
    market.look()
    assert market.states == ["ordering"]
    market.later()
    order = market.order
    assert (order.state, order.ovh_order_id) == ("placed", booked["orderId"])
    assert str(order.due_now) == booked["withTax"]
    assert "orderPassword=" in order.url
    assert market.fresh(wish).state == "done"
    assert len(market.books()) == 1
    assert len(market.calls("POST", CHECKOUT)) == 1


def test_dead_while_it_wrote_the_outcome_the_order_is_found(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.wish()
    market.appear()

    class Dead(Killed):
        pass

    def die(*_rows: Any) -> None:
        raise Dead

    with monkeypatch.context() as patch:
        # the last statement of the transaction that notes it
        patch.setattr(outcomes, "finish_wish", die)
        with pytest.raises(Dead):
            market.carry_out(market.order)
    assert market.states == ["ordering"]
    market.later()
    assert market.states == ["placed"]
    assert len(market.books()) == 1


@pytest.mark.parametrize("after", [False, True])
def test_dead_at_the_unpaid_checkout_of_the_same_cart(market: Market, *, after: bool) -> None:
    market.emulator.set_account("eu", method_status="")
    market.wish(autopay=True)
    market.appear()
    with pytest.raises(Killed):
        market.carry_out(market.order, dying("checkout", 2, after=after))
    market.later()
    market.later(seconds=15)
    assert len(market.books()) == 1
    if after:
        assert market.states == ["placed no_payment_method"]
        assert market.order.pay_until is not None
    else:
        assert market.states == ["refused lost", "placed no_payment_method"]


# --- The answer is lost


@pytest.mark.parametrize("kind", ["drop", "html", "null", "empty", "throttled", "status"])
def test_a_checkout_without_an_answer_that_bought_nothing(market: Market, kind: str) -> None:
    market.wish()
    market.appear()
    market.fault(kind)
    market.run()
    assert market.states == ["unknown"]
    assert len(market.calls("POST", CHECKOUT)) == 1
    market.later(seconds=70)
    assert market.states == ["unknown"]
    market.later(seconds=15)
    assert market.states == ["refused lost", "placed"]
    assert len(market.books()) == 1


def test_a_checkout_without_an_answer_that_bought_is_found_at_once(market: Market) -> None:
    market.wish()
    market.appear()
    market.fault("lost_answer")
    market.run()
    assert market.states == ["placed"]
    assert market.order.ovh_order_id == market.books()[0]["orderId"]
    assert len(market.calls("POST", CHECKOUT)) == 1


def test_answers_that_are_lost_again_and_again_count_as_ghost_stock(market: Market) -> None:
    market.wish()
    market.appear()
    market.fault("status", status=500, times=0)
    for _minute in range(20):
        market.later(minutes=1)
    assert market.books() == []
    # not one each 75 seconds
    assert len(market.calls("POST", CHECKOUT)) < 10


# --- Twice, and more than one worker


def test_two_workers_that_are_told_of_the_same_order(market: Market) -> None:
    market.wish()
    market.appear()
    order = market.order

    def meanwhile(ovh: Ovh) -> Any:
        # the second one comes while the first one builds its cart
        assert market.carry_out(order) == "intended"
        return ovh

    assert market.carry_out(order, meanwhile) == "placed"
    assert market.carry_out(order) == "placed"
    assert len(market.books()) == 1


def test_a_worker_that_was_away_too_long_sends_nothing(market: Market) -> None:
    order = with_warm_cart(market)

    def meanwhile() -> None:
        market.wait(minutes=4)
        assert market.carry_out(order) == "placed"

    assert market.carry_out(order, lambda ovh: Slow(ovh, meanwhile)) == "placed"
    assert len(market.books()) == 1
    market.later()
    market.warm()
    assert market.carts == []


@pytest.mark.parametrize("words", ["27sk15 is not available in gra", "You are not allowed"])
def test_the_late_word_of_a_worker_that_was_taken_for_dead_frees_no_place(
    market: Market, words: str
) -> None:
    order = with_warm_cart(market)
    market.fault("status", "GET", status=400, message=words)

    def meanwhile() -> None:
        market.wait(minutes=4)
        with pytest.raises(Killed):
            market.carry_out(order, dying("checkout", after=True))

    assert market.carry_out(order, lambda ovh: Slow(ovh, meanwhile)) == "ordering"
    market.later()
    assert market.states == ["placed"]
    assert len(market.books()) == 1


def with_warm_cart(market: Market) -> Order:
    """Have an intent whose cart was quoted a while ago."""
    market.wish()
    market.warm()
    market.wait(minutes=1)
    market.appear()
    return market.order


def test_a_press_that_is_repeated_is_the_same_order(market: Market) -> None:
    wish = market.wish(mode="ask", quantity=5)
    (change,) = market.appear()
    with scope(market.tenant):
        press = partial(
            intents.intend,
            wish,
            change,
            "gra",
            source=Order.Source.BUTTON,
            request_key="press",
            now=market.now,
        )
        first, second = press(), press()
    assert first == second
    market.run()
    assert len(market.books()) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_looks_restarts_and_ticks_give_no_more_than_was_wished(market: Market, times: int) -> None:
    market.wish(quantity=times, datacenters=["gra", "rbx", "sbg"])
    for place in ("gra", "rbx", "sbg"):
        for _look in range(3):
            market.appear(place)
            market.carry_out(market.orders[0])
            market.later(minutes=5)
    assert len(market.books()) == times
    assert len([one for one in market.orders if one.state == "placed"]) == times

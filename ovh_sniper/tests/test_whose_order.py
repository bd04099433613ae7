"""Several lost orders, and others like them in OVH's books: each finds its own, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Order
from ovh_sniper.services.ordering import outcomes, reconciling
from ovh_sniper.tests.faulty import Killed
from ovh_sniper.tests.market import BIG, CHEAP, Market
from ovh_sniper.tests.races import in_a_race, in_threads
from ovh_sniper.tests.stories import lose
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def test_an_order_that_somebody_made_by_hand_meanwhile_is_not_taken_for_ours(
    market: Market,
) -> None:
    market.wish()
    market.appear()
    (order,) = lose(market, "drop")
    # the same plan with other parts
    market.put(fqn=BIG)
    market.buy_by_hand()
    assert len(market.books()) == 1
    market.wait(seconds=61)
    market.reconcile(order)
    market.wait(seconds=15)
    market.emulator.set_stock("eu", CHEAP, "gra", "unavailable")
    market.look()
    assert market.reconcile(order) == "refused"
    assert market.fresh(order).reason == "lost"


@pytest.mark.parametrize("backwards", [False, True])
def test_two_lost_orders_of_the_same_server_are_both_found(
    market: Market, *, backwards: bool
) -> None:
    market.wish(quantity=2)
    market.appear()
    first, second = lose(market, "lost_answer", "gra", "gra")
    market.wait(seconds=10)
    for order in (second, first) if backwards else (first, second):
        assert market.reconcile(order) == "placed"
    assert {order.ovh_order_id for order in market.orders} == {
        booked["orderId"] for booked in market.books()
    }


def test_two_lost_orders_of_two_places_are_not_mixed_up(market: Market) -> None:
    market.wish(quantity=2, datacenters=[])
    market.appear("gra", "rbx")
    lose(market, "lost_answer", "gra", "rbx")
    market.run()
    found = {order.ovh_order_id: order.datacenter for order in market.orders}
    assert found == {
        booked["orderId"]: place
        for booked, place in zip(market.books(), market.places, strict=True)
    }


@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.parametrize("order_of_looks", [(0, 1), (1, 0)])
def test_of_two_lost_orders_the_one_that_was_made_gets_it_and_the_other_is_lost(
    market: Market, order_of_looks: tuple[int, int], *, is_first: bool
) -> None:
    market.wish(quantity=2)
    market.appear()
    market.fault("lost_answer" if is_first else "drop")
    market.fault("drop" if is_first else "lost_answer")
    orders = market.orders
    for order in orders:
        market.carry_out(order)
    market.emulator.set_stock("eu", CHEAP, "gra", "unavailable")
    market.look()
    made, lost = orders if is_first else reversed(orders)
    market.wait(seconds=61)
    # its cart is deleted ahead of everything else
    market.reconcile(lost)
    market.wait(seconds=40)
    for number in order_of_looks:
        market.reconcile(orders[number])
    market.later(minutes=1)
    (booked,) = market.books()
    assert (market.fresh(made).state, market.fresh(made).ovh_order_id) == (
        "placed",
        booked["orderId"],
    )
    assert (market.fresh(lost).state, market.fresh(lost).reason) == ("refused", "lost")


def test_an_order_of_the_same_account_that_is_linked_twice_is_known(market: Market) -> None:
    market.wish(market.link(name="The same once more"))
    market.appear()
    market.run()
    market.wish()
    (_placed, mine) = market.orders
    market.fault("drop")
    market.carry_out(mine)
    market.emulator.set_stock("eu", CHEAP, "gra", "unavailable")
    market.look()
    for _time in range(3):
        market.later(seconds=61)
    assert market.states == ["placed", "refused lost"]


def test_two_workers_look_up_one_order(market: Market) -> None:
    market.wish()
    market.appear()
    (order,) = lose(market)

    def meanwhile(ovh: Ovh) -> Any:
        assert market.reconcile(order) == "unknown"
        return ovh

    assert market.reconcile(order, meanwhile) == "placed"
    assert len(market.calls("GET", "/me/order")) == 1


@in_a_race
@pytest.mark.django_db(transaction=True)
def test_two_workers_with_two_lost_orders_at_the_same_moment(market: Market) -> None:
    market.wish(quantity=2)
    market.appear()
    orders = lose(market, "lost_answer", "gra", "gra")
    assert connection.vendor == "postgresql"
    look = looker(market)
    in_threads(2, lambda number: look(orders[number]))
    for _again in range(3):
        market.later(minutes=1)
    assert market.states == ["placed", "placed"]
    assert {order.ovh_order_id for order in market.orders} == {
        booked["orderId"] for booked in market.books()
    }


def looker(market: Market) -> Callable[[Order], str]:
    now = market.now

    def look(order: Order) -> str:
        with scope(order.tenant_id, transaction=False):
            return reconciling.reconcile(order.pk, now=now)

    return look


def test_ovhs_late_word_counts_though_the_place_was_given_away(market: Market) -> None:
    market.wish()
    market.appear()
    answers = []

    class Asleep:
        """Its worker gets the answer, and then nothing more for a long time."""

        def __init__(self, ovh: Ovh) -> None:
            self._ovh = ovh

        def __getattr__(self, name: str) -> Any:
            return getattr(self._ovh, name)

        def checkout(self, cart_id: str, **more: Any) -> Any:
            answers.append(self._ovh.checkout(cart_id, **more))
            raise Killed

    with pytest.raises(Killed):
        market.carry_out(market.order, Asleep)
    # all that could have told others is gone
    market.emulator.state.carts.clear()
    market.emulator.state.orders.clear()
    market.later()
    market.later(seconds=15)
    late, other = market.orders
    assert market.states == ["refused lost", "placed"]
    with market.inside():
        assert outcomes.placed(late, answers[0], market.now)
        assert not outcomes.placed(late, answers[0], market.now)
    late, other = market.orders
    assert (late.state, late.place, late.reason) == ("placed", None, "")
    assert (other.state, other.place) == ("placed", 1)

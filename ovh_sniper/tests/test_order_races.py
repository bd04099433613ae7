"""Real races between workers on PostgreSQL: never one order more than was wished."""

from __future__ import annotations

from typing import Any

import pytest

from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.services import executing, intents
from ovh_sniper.tests.market import Market
from ovh_sniper.tests.races import in_a_race, in_threads
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


@in_a_race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_four_workers_with_one_intent(self, market: Market) -> None:
        market.wish()
        market.warm()
        market.appear()
        order, now = market.order, market.now

        def work(_number: int) -> str:
            with scope(order.tenant_id, transaction=False):
                return executing.execute(order.pk, now=now)

        in_threads(4, work)
        assert len(market.books()) == 1
        assert market.states == ["placed"]

    def test_four_workers_that_see_the_same_stock(self, market: Market) -> None:
        from ovh_sniper.services import matching

        market.wish(quantity=3)
        market.put()
        with market.inside():
            market.account.wishes.update(state="paused")
        changes = market.look()
        with market.inside():
            market.account.wishes.update(state="armed")
        now = market.now
        in_threads(4, lambda _number: matching.on_changes("eu", changes, now))
        assert sorted(order.place or 0 for order in market.orders) == [1, 2, 3]
        market.run()
        assert len(market.books()) == 3

    def test_three_orders_and_money_for_one(self, market: Market) -> None:
        market.wish(quantity=3, budget_day=40)
        market.appear()
        orders, now = market.orders, market.now
        assert len(orders) == 3

        def work(number: int) -> str:
            with scope(market.tenant, transaction=False):
                return executing.execute(orders[number].pk, now=now)

        assert sorted(in_threads(3, work)) == ["placed", "refused", "refused"]
        assert len(market.books()) == 1
        assert sorted(market.states)[:1] == ["placed"]
        assert sorted(market.states)[1:] == ["refused budget_day"] * 2

    def test_taking_back_and_sending_exclude_each_other(self, market: Market) -> None:
        market.wish()
        market.warm()
        market.appear()
        order, now = market.order, market.now

        def work(number: int) -> None:
            if number:
                with scope(market.tenant):
                    intents.take_back([order], "staff", now)
            else:
                with scope(market.tenant, transaction=False):
                    executing.execute(order.pk, now=now)

        in_threads(2, work)
        assert market.states == (["placed"] if market.books() else ["cancelled staff"])

    def test_the_intent_is_committed_before_ovh_is_asked(self, market: Market) -> None:
        market.wish()
        market.appear()
        order = market.order
        seen: list[tuple[str, bool]] = []

        class Watched:
            def __init__(self, ovh: Ovh) -> None:
                self._ovh = ovh

            def __getattr__(self, name: str) -> Any:
                return getattr(self._ovh, name)

            def checkout(self, *args: Any, **more: Any) -> Any:
                (found,) = in_threads(1, lambda _number: market.fresh(order))
                seen.append((found.state, bool(found.cart_id)))
                return self._ovh.checkout(*args, **more)

        market.carry_out(order, Watched)
        assert seen == [("ordering", True)]

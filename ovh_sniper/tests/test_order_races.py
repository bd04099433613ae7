"""Real races between workers on PostgreSQL: never one order more than was wished."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.services.matching import intents, reacting
from ovh_sniper.services.ordering import executing
from ovh_sniper.tests.market import Market
from ovh_sniper.tests.races import in_a_race, in_threads
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
WAITS_FOR_A_LOCK = "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted"


class Meeting:
    """Two workers with orders of one request: one stops ahead of the request's first order, which
    he locks to tell of it, until the other one has written that order's cart, or cannot."""

    def __init__(self) -> None:
        self.process = 0  # of the database, that serves who writes
        self.is_telling, self.is_written = threading.Event(), threading.Event()

    def teller(self, execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        """Meet at the lock."""
        if (
            'FROM "ovh_sniper_order"' in sql
            and sql.endswith("UPDATE")
            and not self.is_telling.is_set()
        ):
            self.is_telling.set()
            while not self.is_written.wait(0.02) and not self._is_stuck():
                pass
        return execute(sql, *more)

    def writer(self, execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        """Meet at the cart."""
        if not sql.startswith('INSERT INTO "ovh_sniper_warmcart"'):
            return execute(sql, *more)
        self.process = connection.connection.info.backend_pid
        assert self.is_telling.wait(10)
        result = execute(sql, *more)
        self.is_written.set()
        return result

    def _is_stuck(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(WAITS_FOR_A_LOCK, [self.process])
            return cursor.fetchone() is not None


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
        market.wish(quantity=3)
        market.put()
        with market.inside():
            market.account.wishes.update(state="paused")
        changes = market.look()
        with market.inside():
            market.account.wishes.update(state="armed")
        now = market.now
        in_threads(4, lambda _number: reacting.on_changes("eu", changes, now))
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

    def test_a_wish_that_is_removed_meanwhile_takes_no_other_order_back(
        self, market: Market
    ) -> None:
        for wish in (first := market.wish(), second := market.wish()):
            market.pause(wish)
        changes = market.appear()
        with market.inside():
            market.account.wishes.update(state="armed")
        now, left = market.now, [second]

        def remove(_number: int) -> None:
            market.clear(left.pop())

        def meanwhile(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
            if left and sql.startswith('INSERT INTO "ovh_sniper_order"'):
                in_threads(1, remove)
            return execute(sql, *more)

        with connection.execute_wrapper(meanwhile):
            assert reacting.on_changes("eu", changes, now) == 1
        assert (market.order.wish_id, market.states) == (first.pk, ["intended"])

    def test_two_orders_of_a_wish_never_lock_each_other_out(self, market: Market) -> None:
        market.wish(quantity=2)
        market.appear()
        orders, now, meeting = market.orders, market.now, Meeting()

        def work(number: int) -> str:
            # the second order is placed while the first one's cart is written
            part = meeting.teller if number else meeting.writer
            with scope(market.tenant, transaction=False), connection.execute_wrapper(part):
                return executing.execute(orders[number].pk, now=now)

        assert in_threads(2, work) == ["placed", "placed"]
        assert len(market.books()) == 2

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

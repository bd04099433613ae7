"""Calls that hang at OVH hold up nothing but what they are made for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ovh_sniper.gateways.carts import Cart
from ovh_sniper.services.carts import building
from ovh_sniper.services.carts.building import Line, Wanted
from ovh_sniper.tests.market import PLAN, Market

pytestmark = pytest.mark.django_db


class Hanging:
    """OVH that makes carts, and then says no more."""

    def __init__(self) -> None:
        self.calls = threading.Semaphore(0)
        self.is_over = threading.Event()
        self.has_given_up = False

    def create_cart(self, *_given: Any) -> Cart:
        return Cart("a-cart", "", None, (), is_ordered=False)

    def add_item(self, *_given: Any) -> int:
        self.assign()
        return 1

    def assign(self, *_given: Any) -> None:
        self.calls.release()
        self.has_given_up |= not self.is_over.wait(10)
        raise ConnectionError


def test_an_order_waits_for_no_cart_that_is_made_ahead(market: Market) -> None:
    market.wish()
    market.appear()
    ovh, until = Hanging(), market.now + timedelta(hours=1)
    wanted = Wanted("FR", PLAN, "gra", {}, {}, "ahead", until)
    with ThreadPoolExecutor() as workers:
        # two calls of each cart hang: as many as are made at one moment
        count = building.SIDE_BY_SIDE // 2
        hanging: Any = ovh
        line = Line(hanging, "eu ahead")
        ahead = [
            workers.submit(building.build, line, wanted, lambda _cart: None)
            for _number in range(count)
        ]
        for _number in range(2 * count):
            assert ovh.calls.acquire(timeout=10)
        assert market.carry_out(market.order) == "placed"
        assert not ovh.has_given_up
        ovh.is_over.set()
        assert [type(one.exception()) for one in ahead] == [ConnectionError] * count

"""What nobody thought of stops a worker: the order goes on within seconds, and is made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.tests.faulty import Doomed, Stumbled
from ovh_sniper.tests.market import CHECKOUT, Market

pytestmark = pytest.mark.django_db


def stumbling(name: str, *, after: bool = False) -> Callable[[Ovh], Any]:
    return lambda ovh: Doomed(ovh, name, after=after, fate=Stumbled)


@pytest.mark.parametrize("name", ["create_cart", "quote"])
def test_ahead_of_the_checkout_it_is_begun_again(market: Market, name: str) -> None:
    market.wish()
    market.appear()
    with pytest.raises(Stumbled):
        market.carry_out(market.order, stumbling(name))
    assert market.states == ["intended"]
    # not at every tick: the next try may fail as well
    market.run()
    assert market.states == ["intended"]
    market.later(seconds=3)
    assert market.states == ["placed"]
    assert len(market.books()) == 1


def test_what_goes_on_stumbling_is_tried_ever_more_seldom(market: Market) -> None:
    market.wish()
    market.appear()
    waits = []
    for _try in range(8):
        with pytest.raises(Stumbled):
            market.carry_out(market.order, stumbling("quote"))
        assert market.order.retry_at is not None
        left = (market.order.retry_at - market.now).total_seconds()
        waits.append(left)
        market.wait(seconds=left)
    # each try makes a cart at OVH; after ten minutes there is none any more
    assert waits == [2, 15, 17, 34, 68, 136, 180, 180]
    market.run()
    assert market.states[0] == "refused too_late"


def test_at_the_checkout_it_is_looked_up_and_never_sent_again(market: Market) -> None:
    market.wish()
    market.appear()
    with pytest.raises(Stumbled):
        market.carry_out(market.order, stumbling("checkout", after=True))
    assert market.states == ["ordering"]
    market.later(seconds=3)
    assert market.states == ["placed"]
    assert market.order.ovh_order_id == market.books()[0]["orderId"]
    assert len(market.calls("POST", CHECKOUT)) == 1


def test_while_it_is_looked_up_it_is_looked_up_again(market: Market) -> None:
    market.wish()
    market.appear()
    market.fault("lost_answer")
    market.carry_out(market.order)
    assert market.states == ["unknown"]
    with pytest.raises(Stumbled):
        market.reconcile(market.order, stumbling("cart"))
    market.later(seconds=6)
    assert market.states == ["placed"]
    assert len(market.calls("POST", CHECKOUT)) == 1

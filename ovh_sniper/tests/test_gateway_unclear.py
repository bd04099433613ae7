"""A checkout that nobody answers: whether there is an order can always be found out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulators.clock import ManualClock
from ovh_sniper.gateways.errors import Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import Host, Ovh
from ovh_sniper.tests.buyer import (
    filled_cart,
    now,
    put_on_sale,
)

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

CHECKOUT = "/order/cart/*/checkout"


def kind_of_refusal(account: Ovh, cart_id: str) -> Kind:
    with pytest.raises(Refused) as caught:
        account.checkout(cart_id)
    return caught.value.kind


def test_an_order_whose_answer_was_lost_is_found_again(
    ovh_emulator: OvhEmulator, buyer: Ovh
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    cart_id = filled_cart(buyer, Host.EU)
    before = now(ovh_emulator)
    ovh_emulator.fault("lost_answer", method="POST", path=CHECKOUT)
    with pytest.raises(Unreachable) as caught:
        buyer.checkout(cart_id)
    assert caught.value.unclear
    assert len(ovh_emulator.orders("eu")) == 1
    assert buyer.cart(cart_id).is_ordered
    (order_id,) = buyer.orders_between(before, now(ovh_emulator))
    assert order_id == ovh_emulator.orders("eu")[0]["orderId"]
    # a cart is ordered once
    assert kind_of_refusal(buyer, cart_id) is Kind.OTHER
    assert len(ovh_emulator.orders("eu")) == 1


@pytest.mark.parametrize("fault", ["drop", "html", "null", "empty", "throttled"])
def test_an_order_that_never_came_to_be_is_known_by_its_cart(
    ovh_emulator: OvhEmulator, buyer: Ovh, fault: str
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    cart_id = filled_cart(buyer, Host.EU)
    ovh_emulator.fault(fault, method="POST", path=CHECKOUT)
    with pytest.raises(Unreachable) as caught:
        buyer.checkout(cart_id)
    assert caught.value.unclear
    assert not buyer.cart(cart_id).is_ordered
    assert len(ovh_emulator.calls("eu", "POST", CHECKOUT)) == 1
    buyer.checkout(cart_id)
    assert len(ovh_emulator.orders("eu")) == 1


def test_orders_are_found_by_their_time(
    ovh_emulator: OvhEmulator, ovh_clock: ManualClock, buyer: Ovh
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    start = now(ovh_emulator)
    first = buyer.checkout(filled_cart(buyer, Host.EU)).order_id
    ovh_clock.advance(3600)
    middle = now(ovh_emulator) - timedelta(minutes=30)
    second = buyer.checkout(filled_cart(buyer, Host.EU)).order_id
    end = now(ovh_emulator)
    assert set(buyer.orders_between(start, end)) == {first, second}
    assert buyer.orders_between(start, middle) == (first,)
    assert buyer.orders_between(middle, end) == (second,)
    assert buyer.orders_between(end + timedelta(hours=1), end + timedelta(hours=2)) == ()

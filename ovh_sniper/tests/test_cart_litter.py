"""No cart is left lying about at OVH, whoever dies or gives up, and whenever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sniper.gateways.errors import Kind, Refused
from ovh_sniper.models import WarmCart, Wish
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.services.carts import keeping, planning
from ovh_sniper.tests.faulty import Doomed, Killed
from ovh_sniper.tests.market import CHECKOUT, Market
from ovh_sniper.tests.stories import ready
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

State = WarmCart.State


def tend(market: Market, cart: WarmCart, ovh: Any) -> None:
    """Have one worker look after a cart, at OVH as he sees it."""
    with market.inside():
        keeping.tend(cart.pk, market.now, connect=lambda account: ovh(ovh_of(account)))


def planned(market: Market, **fields: Any) -> WarmCart:
    """Arm a wish and plan its cart, which nobody builds yet."""
    wish = market.wish(**fields)
    with scope(market.tenant):
        planning.plan(wish, market.now)
    return market.cart_rows[-1]


@pytest.mark.parametrize("act", ["pause", "clear", "expire", "suspend"])
def test_a_wish_that_stops_leaves_no_cart_at_ovh(market: Market, act: str) -> None:
    wish = market.wish(expires_at=market.now + timedelta(hours=1))
    market.warm()
    assert len(market.carts) == 1
    if act == "expire":
        market.later(hours=1)
    elif act == "suspend":
        Tenant.objects.update(state=Tenant.State.SUSPENDED)
        market.wait(minutes=10)
    else:
        getattr(market, act)(wish)
    market.warm()
    assert (market.carts, market.cart_rows) == ([], [])


def test_a_wish_that_is_done_leaves_no_cart_at_ovh(market: Market) -> None:
    market.wish(datacenters=["gra", "rbx"])
    market.warm()
    market.appear()
    market.run()
    market.warm()
    assert (market.carts, market.cart_rows) == ([], [])


@pytest.mark.parametrize(
    ("name", "n", "after"),
    [
        ("create_cart", 1, False),
        ("assign", 1, True),
        ("add_option", 1, True),
        ("configure", 2, False),
        ("item", 2, True),
        ("quote", 1, True),
    ],
)
def test_a_builder_that_died_leaves_no_cart_at_ovh(
    market: Market, name: str, n: int, *, after: bool
) -> None:
    cart = planned(market)
    with pytest.raises(Killed):
        tend(market, cart, lambda ovh: Doomed(ovh, name, n=n, after=after))
    market.warm()
    assert ready(market) == []
    market.wait(minutes=3)
    market.warm()
    (row,) = market.cart_rows
    assert (row.state, row.cart_id) == ("ready", market.carts[0]["cartId"])
    assert len(market.carts) == 1


@pytest.mark.parametrize("act", ["pause", "clear"])
def test_a_wish_that_stops_while_its_cart_is_built_leaves_none_at_ovh(
    market: Market, act: str
) -> None:
    cart = planned(market)
    wish = market.fresh(cart).wish_id

    class Slow:
        def __init__(self, ovh: Any) -> None:
            self._ovh = ovh

        def __getattr__(self, name: str) -> Any:
            return getattr(self._ovh, name)

        def create_cart(self, *args: Any) -> Any:
            made = self._ovh.create_cart(*args)
            with scope(market.tenant):
                getattr(market, act)(Wish.objects.get(pk=wish))
            # another worker sees to what was given up
            tend(market, cart, lambda ovh: ovh)
            return made

    tend(market, cart, Slow)
    market.warm()
    assert market.carts == []
    assert ready(market) == []


def test_a_cart_that_is_taken_is_not_thrown_away(market: Market) -> None:
    market.wish()
    market.warm()
    (cart,) = market.cart_rows
    market.wait(hours=43)
    market.appear()
    order = market.order

    class Taking:
        """While a worker looks after the cart, another one takes it for an order."""

        def __init__(self, _ovh: Any) -> None:
            with pytest.raises(Killed):
                market.carry_out(order, lambda ovh: Doomed(ovh, "checkout", after=False))

        def quote(self, cart_id: str) -> Any:
            raise Refused(404, "Cart not found", kind=Kind.CART_GONE)

        def item(self, cart_id: str, item_id: int) -> Any:
            return self.quote(cart_id)

    with market.inside():
        WarmCart.objects.filter(pk=cart.pk).update(
            expires_at=market.now + timedelta(hours=7), retry_at=market.now
        )
        keeping.tend(cart.pk, market.now, connect=Taking)  # type: ignore[arg-type]
    taken = market.fresh(cart)
    assert (taken.state, taken.order_id) == ("taken", order.pk)


def test_litter_that_ovh_does_not_take_back_now_is_tried_later_and_later(market: Market) -> None:
    wish = market.wish()
    market.warm()
    market.pause(wish)
    market.emulator.fault("html", host="eu", method="DELETE", times=3)
    waits = []
    for _time in range(3):
        market.warm()
        (cart,) = market.cart_rows
        waits.append((cart.retry_at or market.now) - market.now)
        market.wait(seconds=waits[-1].total_seconds())
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4)]
    market.warm()
    assert (market.carts, market.cart_rows) == ([], [])


def test_ovh_that_is_away_is_not_asked_at_every_tick(market: Market) -> None:
    market.wish()
    market.fault("html", "POST", "/order/cart", times=0)
    for _tick in range(60):
        market.warm()
        market.wait(seconds=10)
    assert len(market.calls("POST", "/order/cart")) == 4
    market.emulator.clear_faults()
    market.wait(minutes=10)
    market.warm()
    assert len(ready(market)) == 1


def test_a_refusal_while_it_is_built_is_noted_with_the_wish(market: Market) -> None:
    market.wish()
    market.fault("status", "POST", "/order/cart/*/eco", status=400, message="Plan code not found")
    market.warm()
    assert [(cart.state, cart.reason) for cart in market.cart_rows] == [("refused", "plan_unknown")]
    assert market.carts == []


def test_nobody_reads_a_carts_id_in_the_logs(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    market.wish()
    market.warm()
    market.fault("html", times=1)
    market.appear()
    market.run()
    ids = [cart["cartId"] for cart in market.emulator.carts("eu")]
    assert ids
    assert not any(number in caplog.text for number in ids)
    assert market.calls("POST", CHECKOUT)

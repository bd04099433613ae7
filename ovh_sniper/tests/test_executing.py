"""Stock appears, and exactly what was wished is ordered: once, or not at all, and why."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from ovh_sniper.models import Wish
from ovh_sniper.tests.faulty import Deaf
from ovh_sniper.tests.market import BIG, CHEAP, Market
from tenants.models import Tenant

pytestmark = pytest.mark.django_db

BIG_PARTS: dict[str, Any] = {"memory": "ram-128g-ecc-3200", "storage": "softraid-2x1920nvme"}
RISE = "27rise03.ram-128g-ecc-4800.softraid-2x6000sa.softraid-2x500nvme-system"
US_CHEAP = "27sk15-us.ram-64g-ecc-3200.softraid-2x500nvme"
# what a cart takes when none is ready
COLD = {
    "POST /order/cart": 1,
    "POST /order/cart/*/assign": 1,
    "POST /order/cart/*/eco": 1,
    "POST /order/cart/*/eco/options": 3,
    "POST /order/cart/*/item/*/configuration": 3,
    "GET /order/cart/*": 1,
    "GET /order/cart/*/item/*": 4,
    "GET /order/cart/*/item/*/configuration/*": 3,
    "GET /order/cart/*/checkout": 1,
    "POST /order/cart/*/checkout": 1,
}
# what is asked of one that was kept: its price, its server and three options
LOOKS = ["GET /order/cart/*/checkout", *["GET /order/cart/*/item/*"] * 4]


def server(market: Market, host: str = "eu") -> dict[str, Any]:
    """The only server in OVH's books."""
    (order,) = market.books(host)
    (found,) = order["servers"]
    return {**found["configuration"], "options": sorted(found["options"])}


# --- What is ordered


def test_what_appears_is_ordered_with_exactly_the_wished_parts(market: Market) -> None:
    wish = market.wish(**BIG_PARTS)
    market.appear(fqn=BIG)
    market.run()
    assert server(market) == {
        "dedicated_datacenter": "gra",
        "dedicated_os": "none_64.en",
        "region": "europe",
        "options": [
            "bandwidth-300-unguaranteed-27sk15",
            "ram-128g-ecc-3200-27sk15",
            "softraid-2x1920nvme-27sk15",
        ],
    }
    order, (booked,) = market.order, market.books()
    assert (order.state, order.place, order.ovh_order_id) == ("placed", 1, booked["orderId"])
    assert str(order.due_now) == booked["withTax"]
    assert market.fresh(wish).state == "done"


@pytest.mark.parametrize("extra", ["500", "1000"])
def test_bandwidth_and_vrack_are_the_wished_ones(market: Market, extra: str) -> None:
    code = f"bandwidth-{extra}-unguaranteed-27rise"
    market.wish(
        plan_code="27rise03",
        memory="ram-128g-ecc-4800",
        storage="softraid-2x6000sa",
        extras={"bandwidth": code, "vrack": "vrack-bandwidth-1000-27rise"},
    )
    market.appear(fqn=RISE)
    market.run()
    assert server(market)["options"] == [
        code,
        "ram-128g-ecc-4800-27rise",
        "softraid-2x512nvme-system-27rise",
        "softraid-2x6000sa-27rise",
        "vrack-bandwidth-1000-27rise",
    ]


@pytest.mark.parametrize(
    ("host", "fqn", "place", "region"),
    [
        ("eu", CHEAP, "rbx", "europe"),
        ("eu", CHEAP, "bhs", "canada"),
        ("ca", CHEAP, "bhs", "canada"),
        ("us", US_CHEAP, "vin", "united_states"),
    ],
)
def test_the_region_is_the_datacenters(
    market: Market, host: str, fqn: str, place: str, region: str
) -> None:
    account = market.account if host == "eu" else market.link(host)
    market.wish(account, datacenters=[place])
    market.appear(place, fqn=fqn, host=host)
    market.run()
    assert server(market, host)["region"] == region


@pytest.mark.parametrize("mode", ["alert", "ask"])
def test_a_wish_that_does_not_order_orders_nothing(market: Market, mode: str) -> None:
    market.wish(mode=mode)
    market.appear()
    market.later()
    assert (market.orders, market.books()) == ([], [])


# --- How little OVH is asked


@pytest.mark.parametrize("age", [0, 300])
def test_with_a_warm_cart_one_look_and_one_checkout_are_all(market: Market, age: int) -> None:
    market.wish()
    market.warm()
    market.wait(seconds=age)
    market.hush()
    market.appear()
    market.run()
    *looks, checkout = market.calls(path="/order*")
    # side by side
    assert sorted(looks) == LOOKS
    assert checkout == "POST /order/cart/*/checkout"
    assert market.states == ["placed"]


def test_without_one_a_cart_is_made_once_and_checked_out_once(market: Market) -> None:
    market.wish()
    market.appear()
    market.hush()
    market.run()
    assert Counter(market.calls(path="/order*")) == COLD
    assert market.calls(path="/order*")[-1] == "POST /order/cart/*/checkout"


# --- Not as wished


def test_an_option_that_ovh_dropped_is_not_ordered_as_its_default(market: Market) -> None:
    market.wish(**BIG_PARTS)
    market.appear(fqn=BIG)
    market.carry_out(market.order, lambda ovh: Deaf(ovh, "ram-128g-ecc-3200-27sk15"))
    assert market.books() == []
    assert market.states == ["refused not_as_wished"]
    assert market.order.detail == "-ram-128g-ecc-3200-27sk15"
    market.warm()
    # the cart that was not as wished is gone; the wish has a new one
    assert len(market.carts) == len(market.cart_rows) > 0


def test_an_option_that_went_from_a_warm_cart_is_noticed(market: Market) -> None:
    market.wish(**BIG_PARTS)
    market.warm()
    lose_option(market, "ram-128g")
    market.wait(minutes=5)
    market.appear(fqn=BIG)
    market.run()
    assert market.books() == []
    assert market.states == ["refused not_as_wished"]
    assert market.order.detail == "-ram-128g-ecc-3200-27sk15"


def lose_option(market: Market, start: str) -> None:
    """Have somebody who knows the carts' ids take an option out of each."""
    state = market.emulator.state
    for cart in list(state.carts.values()):
        for number, item in list(cart.items.items()):
            if item.plan_code.startswith(start):
                cart.items.pop(number)
                cart.items[item.parent or 0].options.remove(number)


# --- The wish has moved on since


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "paused"}, "wish"),
        ({"expires_in": 0}, "expired"),
        ({"schedule": {"days": []}}, ""),
        ({"schedule": "closed"}, "schedule"),
    ],
)
def test_an_intent_is_carried_out_only_while_its_wish_may_act(
    market: Market, changes: dict[str, Any], reason: str
) -> None:
    market.wish()
    market.appear()
    if "expires_in" in changes:
        changes = {"expires_at": market.now}
    if changes.get("schedule") == "closed":
        changes = {"schedule": {"days": [(market.now.weekday() + 3) % 7]}}
    with market.inside():
        Wish.objects.update(**changes)
    market.carry_out(market.order)
    assert market.states == [f"refused {reason}" if reason else "placed"]
    assert len(market.books()) == (not reason)


def test_a_suspended_tenant_orders_nothing(market: Market) -> None:
    market.wish()
    market.appear()
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    market.carry_out(market.order)
    assert market.states == ["refused suspended"]
    market.look()
    market.later()
    assert market.books() == []


def test_an_order_of_another_tenant_is_not_found(market: Market, stranger: Tenant) -> None:
    from ovh_sniper.models import Order
    from ovh_sniper.services.ordering import by_hand, executing, following, paying, reconciling
    from tenants.scoping import scope

    market.wish()
    market.appear()
    pk = market.order.pk
    for act in (
        partial(executing.execute, pk),
        partial(reconciling.reconcile, pk, now=market.now),
        partial(following.follow, pk, now=market.now),
        partial(paying.pay, pk),
        partial(paying.retract, pk, "other"),
        partial(by_hand.cancel, pk),
    ):
        with scope(stranger), pytest.raises(Order.DoesNotExist):
            act()
    assert market.states == ["intended"]
    assert market.books() == []

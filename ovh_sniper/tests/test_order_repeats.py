"""What counts as the same order by hand, pressed or sent twice."""

from __future__ import annotations

import pytest

from ovh_sniper.models import Order
from ovh_sniper.services.matching import intents
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.services.wording.objections import Repeated
from ovh_sniper.tests.market import PLAN, Market
from ovh_sniper.tests.ordered import order
from ovh_sniper.tests.races import in_a_race, in_threads
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def test_the_same_within_two_minutes_is_a_repeat(market: Market) -> None:
    market.appear()
    (first,) = order(market)
    with pytest.raises(Repeated) as caught:
        order(market)
    assert caught.value.order == first
    market.wait(minutes=2)
    order(market)
    assert len(market.orders) == 2


@pytest.mark.parametrize("way", ["place", "plan", "account"])
def test_another_place_plan_or_account_is_no_repeat(market: Market, way: str) -> None:
    market.put("rbx")
    market.appear("gra")
    market.appear("gra", fqn="24sk20.ram-32g-ecc-2133.softraid-2x480ssd")
    order(market, datacenters=["gra"])
    if way == "account":
        market.account = market.link(name="Another")
    order(
        market,
        plan="24sk20" if way == "plan" else PLAN,
        datacenters=["rbx"] if way == "place" else ["gra"],
    )
    assert len(market.orders) == 2


def test_what_bought_nothing_and_what_a_wish_ordered_are_no_repeats(market: Market) -> None:
    market.wish()
    market.appear()
    order(market)
    with market.inside():
        Order.objects.exclude(source="wish").update(state="refused")
    order(market)
    assert len(market.orders) == 3


@pytest.mark.parametrize("guards", [False, True])
def test_a_wish_may_do_without_the_guard(market: Market, *, guards: bool) -> None:
    wish = market.wish(mode="ask", quantity=2, guards_repeats=guards)
    (change,) = market.appear()

    def press(number: int) -> Order | None:
        with scope(market.tenant):
            return intents.intend(
                wish,
                change,
                "gra",
                source=Order.Source.BUTTON,
                request_key=f"press {number}",
                now=market.now,
            )

    press(1)
    if guards:
        with pytest.raises(Repeated):
            press(2)
    else:
        press(2)
    assert len(market.orders) == 2 - guards
    if not guards:
        # and still not more than the wish asks for
        assert press(3) is None


def test_a_key_names_one_request_however_long_it_is(market: Market) -> None:
    market.appear()
    long = "k" * 200
    first = order(market, request_key=f"{long}a", quantity=3)
    assert order(market, request_key=f"{long}a", quantity=3) == first
    market.wait(minutes=3)
    assert order(market, request_key=f"{long}b") != first[:1]
    assert len(market.orders) == 4


def test_a_key_is_the_tenants_own(market: Market, stranger: Tenant) -> None:
    theirs = market.link(tenant=stranger)
    market.appear()
    order(market, request_key="same")
    with scope(stranger):
        (their_order,) = by_hand.order_plan(
            theirs, PLAN, source=Order.Source.API, request_key="same", now=market.now
        )
    assert their_order not in market.orders


@in_a_race
@pytest.mark.django_db(transaction=True)
def test_four_presses_at_the_same_moment(market: Market) -> None:
    market.appear()

    def press(number: int) -> str:
        try:
            order(market, request_key="" if number % 2 else "press")
        except Repeated:
            return "repeated"
        return "ordered"

    in_threads(4, press)
    assert len(market.orders) == 1

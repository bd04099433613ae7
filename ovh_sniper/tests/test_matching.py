"""Which wish gets what: places in order, numbers, prices, times; and all tenants side by side."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ovh_sniper.models import Alert, Poller, StockInterval, Wish
from ovh_sniper.services.matching import fitting, reacting
from ovh_sniper.tests.market import CHEAP, PLAN, Market
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

MIDDLE = "27sk15.ram-64g-ecc-3200.softraid-2x960nvme"
ANYWHERE: dict[str, Any] = {"datacenters": []}


# --- Where


@pytest.mark.parametrize("wanted", [["rbx", "gra"], ["gra", "rbx"]])
def test_the_first_of_the_wished_places_is_ordered(market: Market, wanted: list[str]) -> None:
    market.wish(datacenters=wanted)
    market.put("gra")
    market.appear("rbx", "sbg")
    market.run()
    assert market.places == wanted[:1]


def test_a_place_that_is_not_wished_is_not_ordered(market: Market) -> None:
    market.wish(datacenters=["rbx"])
    market.appear("gra", "sbg")
    market.run()
    assert market.orders == []


def test_several_go_side_by_side_to_all_places_that_will_do(market: Market) -> None:
    market.wish(quantity=3, **ANYWHERE)
    market.appear("gra", "rbx", "sbg", count=1)
    market.run()
    assert sorted(market.places) == ["gra", "rbx", "sbg"]


def test_several_go_to_the_next_wished_place_where_the_first_has_too_few(market: Market) -> None:
    market.wish(quantity=3, datacenters=["rbx", "gra"])
    market.put("rbx", count=1)
    market.appear("gra", count=5)
    market.run()
    assert market.places == ["rbx", "gra", "gra"]


def test_what_is_left_is_ordered_when_more_comes(market: Market) -> None:
    wish = market.wish(quantity=3)
    market.appear("gra", count=2)
    market.run()
    market.look()
    assert len(market.books()) == 2
    market.wait(hours=1)
    market.appear("gra", count=9)
    market.later()
    assert len(market.books()) == 3
    assert market.fresh(wish).state == "done"
    market.wait(hours=1)
    market.emulator.set_stock("eu", CHEAP, "gra", "unavailable")
    market.look()
    market.appear()
    market.later()
    assert len(market.books()) == 3


# --- Which


def test_of_several_that_fit_the_cheapest_is_ordered(market: Market) -> None:
    market.wish(memory="", storage="")
    market.put(fqn=MIDDLE)
    market.put(fqn="27sk15.ram-128g-ecc-3200.softraid-2x500nvme")
    market.look()
    market.run()
    assert market.order.fqn == MIDDLE


def test_one_that_is_too_dear_gives_way_to_another(market: Market) -> None:
    market.wish(memory="", storage="", datacenters=["rbx", "gra"], cap_due_now=Decimal("31.18"))
    market.put("rbx", fqn=MIDDLE)
    market.appear("gra")
    market.run()
    assert market.states == ["refused price_over_cap", "placed"]
    assert market.places == ["gra"]


def test_what_was_too_dear_is_left_alone_until_its_price_falls(market: Market) -> None:
    market.wish(cap_due_now=Decimal("31.17"))
    market.warm()
    market.appear()
    market.run()
    assert market.states == ["refused price_over_cap"]
    market.emulator.set_stock("eu", CHEAP, "gra", "1H-high")
    market.look()
    market.run()
    assert market.states == ["refused price_over_cap"]
    market.emulator.set_price("eu", PLAN, setup="12.98")
    market.refresh_prices()
    market.wait(hours=1)
    market.warm()
    market.run()
    assert market.states == ["refused price_over_cap", "placed"]


def test_a_raised_cap_orders_what_is_there(market: Market) -> None:
    wish = market.wish(cap_due_now=Decimal("31.17"))
    market.appear()
    market.run()
    market.wait(minutes=1)
    market.change(wish, cap_due_now=Decimal("31.18"))
    market.run()
    assert market.states == ["refused price_over_cap", "placed"]


# --- How soon


@pytest.mark.parametrize(("longest", "count"), [(24, 0), (72, 1), (None, 1)])
def test_slow_delivery_is_ordered_only_within_the_limit(
    market: Market, longest: int | None, count: int
) -> None:
    market.wish(max_delivery_hours=longest)
    market.appear(word="72H")
    market.run()
    assert len(market.books()) == count


def test_delivery_that_becomes_quick_enough_is_ordered(market: Market) -> None:
    market.wish(max_delivery_hours=24)
    market.appear(word="240H")
    market.appear(word="24H")
    market.run()
    assert market.states == ["placed"]


@pytest.mark.parametrize("word", ["comingSoon", "unknown", "unavailable"])
def test_what_cannot_be_ordered_is_no_stock(market: Market, word: str) -> None:
    market.wish()
    assert market.appear(word=word) == []
    assert market.orders == []


# --- When


def test_a_schedule_that_is_closed_waits_until_it_opens(market: Market) -> None:
    opens, closes = market.local_time(hours=2), market.local_time(hours=3)
    wish = market.wish(schedule={"from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"})
    market.appear()
    market.run()
    assert market.orders == []
    with market.inside():
        assert not Alert.objects.exists()
    market.later(hours=1)
    assert market.orders == []
    market.later(hours=1, minutes=1)
    assert market.states == ["placed"]
    assert market.fresh(wish).state == "done"


def test_a_wish_whose_time_is_over_orders_nothing_and_says_so(market: Market) -> None:
    wish = market.wish(expires_at=market.now + timedelta(hours=1))
    market.wait(hours=1)
    market.appear()
    market.run()
    assert (market.orders, market.fresh(wish).state) == ([], "expired")


def test_stock_that_was_there_at_the_first_look_is_ordered_only_when_a_wish_is_armed(
    market: Market,
) -> None:
    market.put()
    Poller.objects.update(succeeded_at=None)
    with market.inside():
        Wish.objects.all().delete()
    early = market.wish()
    changes = market.look()
    assert [change.is_baseline for change in changes] == [True]
    assert market.orders == []
    # nobody had looked at the host yet: the wish is tried again soon
    Poller.objects.update(succeeded_at=market.now)
    market.later(seconds=16)
    assert market.states == ["placed"]
    assert market.order.wish == early


# --- All tenants


def test_one_look_serves_all_tenants(market: Market, stranger: Tenant) -> None:
    theirs = market.link(tenant=stranger)
    market.wish()
    market.wish(theirs)
    market.hush()
    market.appear(count=9)
    assert len(market.calls(path="/dedicated/*")) == 1
    market.run()
    assert len(market.books()) == 2
    with scope(stranger, transaction=False):
        assert [one.state for one in theirs.orders.all()] == ["placed"]


def test_a_host_is_not_another_host(market: Market) -> None:
    market.link("ca")
    market.wish()
    market.appear("bhs", host="ca")
    market.appear("bhs")
    market.run()
    assert market.orders == []


def test_one_wish_that_is_broken_stops_no_other(market: Market) -> None:
    broken, sound = market.wish(), market.wish()
    with market.inside():
        other = market.link(name="Another")
        Wish.objects.filter(pk=broken.pk).update(account=other)
    with scope(market.tenant), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ovh_sniper_wish SET schedule = %s WHERE id = %s",
            ['{"from": 9, "to": "x"}', broken.pk],
        )
    market.appear()
    market.run()
    assert [order.wish_id for order in market.orders] == [sound.pk]


def test_a_wish_that_cannot_be_looked_at_is_not_tried_at_every_tick(market: Market) -> None:
    market.appear()
    broken, sound = market.wish(quantity=2), market.wish()
    market.run()
    with market.inside():
        # nothing of ours writes this
        Wish.objects.filter(pk=broken.pk).update(
            extras=[1], quantity=3, state="armed", retry_at=market.now
        )
    market.run()
    assert market.fresh(broken).retry_at == market.now + reacting.AFTER_TROUBLE
    assert market.fresh(sound).state == "done"
    assert len(market.books()) == 3


def test_what_a_dead_process_left_undone_is_caught_up_with(market: Market) -> None:
    wish = market.wish()
    market.put()
    with market.inside():
        Wish.objects.update(state="paused")
    market.look()
    assert market.orders == []
    # as if the poller had died after it wrote the stock, and ahead of the wishes
    with market.inside():
        Wish.objects.update(state="armed")
    for _twice in range(2):
        reacting.catch_up("eu", market.now)
        market.run()
    assert market.states == ["placed"]
    market.wait(minutes=11)
    with market.inside():
        Wish.objects.update(state="armed", quantity=2)
    assert reacting.catch_up("eu", market.now) == 0
    assert market.fresh(wish).state == "armed"


def test_wishes_are_found_by_every_term(market: Market) -> None:
    expected = [
        market.wish(datacenters=[]),
        market.wish(datacenters=["rbx", "gra"], max_delivery_hours=1),
        market.wish(memory="", storage=""),
    ]
    market.wish(datacenters=["rbx"])
    market.wish(storage="softraid-2x960nvme")
    market.wish(plan_code="24sk20", memory="", storage="")
    market.wish(max_delivery_hours=0)
    changes = market.appear(count=0)
    assert StockInterval.objects.count() == len(changes) == 1
    found = reacting.find("eu", changes, market.now)
    assert found == {market.tenant.pk: [(wish.pk, changes[0]) for wish in expected]}
    with market.inside():
        every = list(Wish.objects.order_by("pk"))
    assert [one for one in every if fitting.waits_for(one, changes[0])] == expected
    assert reacting.find("ca", changes, market.now) == {}

"""Orders by hand: what is ordered, where it goes next, and taking one back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ovh_sniper.models import Order
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.services.wording.objections import CannotOrder, NotCancellable
from ovh_sniper.tests.market import BIG, CHEAP, CHECKOUT, PLAN, Market
from ovh_sniper.tests.ordered import order
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


# --- What


def test_the_cheapest_that_is_there_is_ordered_where_it_is_soonest(market: Market) -> None:
    market.put("gra", "72H")
    market.put("rbx", "1H-low")
    market.appear("sbg", fqn=BIG)
    (made,) = order(market)
    market.run()
    assert market.places == ["rbx"]
    assert (made.fqn, made.place, made.wish_id) == (CHEAP, None, None)
    assert market.books()[0]["withTax"] == "31.18"


@pytest.mark.parametrize(
    "options",
    [
        ["ram-128g-ecc-3200", "softraid-2x1920nvme"],
        ["softraid-2x1920nvme-27sk15", "ram-128g-ecc-3200-27sk15"],
    ],
)
def test_options_are_names_of_the_stock_list_or_codes(market: Market, options: list[str]) -> None:
    market.appear("gra")
    market.appear("gra", fqn=BIG)
    order(market, options=options)
    market.run()
    (server,) = market.books()[0]["servers"]
    assert {"ram-128g-ecc-3200-27sk15", "softraid-2x1920nvme-27sk15"} <= set(server["options"])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "stock"),
        ({"plan": "27sk99"}, "plan"),
        ({"options": ["ram-of-nobody"]}, "hardware"),
        ({"datacenters": ["vin"]}, "datacenter"),
        ({"datacenters": ["gra"]}, "stock"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 101}, "quantity"),
    ],
)
def test_what_cannot_be_ordered_says_why(
    market: Market, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CannotOrder) as caught:
        order(market, **fields)
    assert caught.value.reason == reason
    assert market.orders == []


def test_an_account_that_cannot_order_orders_nothing(market: Market) -> None:
    market.appear()
    market.account.findings = [{"code": "missing", "function": "order"}]
    with pytest.raises(CannotOrder) as caught:
        order(market)
    assert caught.value.reason == "account"


@pytest.mark.parametrize(("cap", "count"), [(None, 0), (Decimal(50), 1)])
def test_nobody_pays_more_than_was_shown(market: Market, cap: Decimal | None, count: int) -> None:
    market.appear()
    market.emulator.set_price("eu", PLAN, month="13")
    order(market, cap_due_now=cap, cap_renewal=cap)
    market.run()
    assert len(market.books()) == count
    assert market.states == (["placed"] if count else ["refused price_over_cap"])


# --- Where next


def test_a_refused_place_is_followed_by_the_next_one(market: Market) -> None:
    for place in ("gra", "rbx", "sbg"):
        market.put(place)
    market.look()
    order(market, datacenters=["gra", "rbx", "sbg"], request_key="press", quantity=2)
    market.fault("ghost", times=3)
    market.run()
    assert sorted(market.places) == ["rbx", "sbg"]
    assert market.states.count("placed") == 2
    assert market.states.count("refused out_of_stock") == 3
    keys = [one.request_key for one in market.orders]
    assert len(set(keys)) == len(keys)
    # the same press again is still the same orders
    assert [one.request_key for one in order(market, request_key="press", quantity=2)] == [
        "press#0",
        "press#1",
    ]


def test_other_refusals_are_followed_by_nothing(market: Market) -> None:
    market.put("gra")
    market.appear("rbx")
    order(market, datacenters=["gra", "rbx"])
    market.fault("status", status=400, message="No")
    market.run()
    assert market.states == ["refused other"]


def test_an_order_that_runs_out_of_places_ends(market: Market) -> None:
    market.put("gra")
    market.appear("rbx")
    order(market, datacenters=["gra", "rbx"])
    market.fault("ghost", times=0)
    market.later()
    assert market.states == ["refused out_of_stock"] * 2
    assert market.books() == []


# --- Taken back


def test_an_order_that_was_not_sent_is_taken_back(market: Market) -> None:
    market.appear()
    (made,) = order(market)
    with scope(market.tenant):
        by_hand.cancel(made.pk, requested_by="bob@example.org", now=market.now)
    market.later()
    assert market.states == ["cancelled staff"]
    assert market.books() == []
    (event,) = market.audited("ovh_order.cancelled")
    assert event.actor_name == "bob@example.org"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("ordering", "ordering"),
        ("unknown", "ordering"),
        ("placed", "unpaid"),
        ("checking", "paid"),
        ("documents", "paid"),
        ("delivering", "paid"),
        ("delivered", "paid"),
        ("refused", "ended"),
        ("cancelled", "ended"),
    ],
)
def test_too_late_is_told_honestly(market: Market, state: str, reason: str) -> None:
    market.appear()
    (made,) = order(market)
    with scope(market.tenant):
        Order.objects.update(state=state)
        with pytest.raises(NotCancellable) as caught:
            by_hand.cancel(made.pk, now=market.now)
    assert (caught.value.reason, market.order.state) == (reason, state)


def test_a_preview_is_what_is_ordered_and_writes_nothing(market: Market) -> None:
    market.put("rbx", "24H")
    market.appear("gra")
    with market.inside():
        shown = by_hand.preview(market.account, PLAN, now=market.now)
    assert (shown.datacenters, str(shown.due_now), str(shown.renewal), shown.currency) == (
        ("gra", "rbx"),
        "31.18",
        "15.59",
        "EUR",
    )
    assert market.orders == []
    order(market)
    market.run()
    assert market.places == ["gra"]
    assert market.order.placed_at == market.now
    assert market.order.created_at > market.now - timedelta(seconds=1)
    assert len(market.calls("POST", CHECKOUT)) == 1

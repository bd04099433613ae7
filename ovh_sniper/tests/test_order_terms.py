"""Caps, taxes, promotions, payment, dry runs: an order keeps the terms of its wish to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ovh_sniper.models import Wish
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.services.telling.alert_facts import Due
from ovh_sniper.testing import DATACENTER
from ovh_sniper.tests.market import CHEAP, CHECKOUT, Market
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

US_CHEAP = "27sk15-us.ram-64g-ecc-3200.softraid-2x500nvme"


# --- What it may cost: 12.99 to set up, 12.99 a month, 20 % tax


@pytest.mark.parametrize("is_warm", [False, True])
@pytest.mark.parametrize(
    ("cap", "state"),
    [("31.17", "refused price_over_cap"), ("31.18", "placed"), (None, "placed")],
)
def test_a_cent_over_the_cap_is_too_much(
    market: Market, cap: str | None, state: str, *, is_warm: bool
) -> None:
    market.wish(cap_due_now=cap and Decimal(cap))
    if is_warm:
        market.warm()
    market.appear()
    market.run()
    assert market.states == [state]
    assert len(market.books()) == (state == "placed")
    if state != "placed":
        assert market.order.detail == "31.18 > 31.17 EUR"


@pytest.mark.parametrize(
    ("cap", "state"), [("15.58", "refused renewal_over_cap"), ("15.59", "placed")]
)
def test_the_renewal_has_a_cap_of_its_own(market: Market, cap: str, state: str) -> None:
    market.wish(cap_renewal=Decimal(cap))
    market.appear()
    market.run()
    assert market.states == [state]
    assert len(market.books()) == (state == "placed")


def test_a_promotion_counts_for_what_is_due_now(market: Market) -> None:
    market.emulator.add_promotion("eu", "27sk15", 0)
    market.wish(cap_due_now=Decimal("15.59"))
    market.appear()
    market.run()
    assert market.states == ["placed"]
    assert market.books()[0]["withTax"] == "15.59"


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_price_that_rose_since_the_cart_was_made_is_seen(market: Market, seconds: int) -> None:
    market.wish(cap_due_now=Decimal("31.18"))
    market.warm()
    market.emulator.set_price("eu", "27sk15", month="13.00")
    market.wait(seconds=seconds)
    market.appear()
    market.run()
    assert market.states == ["refused price_over_cap"]
    assert market.books() == []


@pytest.mark.parametrize(
    ("host", "fqn", "due", "renewal"),
    [("us", US_CHEAP, "25.98", "12.99"), ("ca", CHEAP, "41.83", "20.92")],
)
def test_the_caps_are_with_the_accounts_own_tax(
    market: Market, host: str, fqn: str, due: str, renewal: str
) -> None:
    account = market.link(host)
    market.wish(account, cap_due_now=Decimal(due), cap_renewal=Decimal(renewal))
    market.appear(DATACENTER[host], fqn=fqn, host=host)
    market.run()
    assert market.states == ["placed"]
    assert market.books(host)[0]["withTax"] == due


@pytest.mark.parametrize("limits", [{"cap_due_now": 500}, {"budget_day": 500}, {}])
def test_limits_in_another_currency_are_not_compared(market: Market, limits: Any) -> None:
    with market.inside():
        type(market.account).objects.update(currency="USD")
    market.wish(**limits)
    market.appear()
    market.run()
    assert market.states == ["refused currency" if limits else "placed"]
    assert len(market.books()) == (not limits)


def test_what_a_press_found_too_dear_is_not_left_alone(market: Market) -> None:
    wish = market.wish(mode="ask")
    [change] = market.appear()
    market.wait(minutes=1)
    shown = Due(Decimal(31), Decimal(15), "EUR")
    with scope(market.tenant):
        by_hand.intend(wish, change, "gra", source="button", shown=shown, now=market.now)
    market.run()
    assert market.states == ["refused price_over_cap"]
    # its alert showed a lower price; the wish itself has no limit
    with market.inside():
        Wish.objects.update(mode="order", retry_at=market.now)
    market.run()
    assert market.states == ["refused price_over_cap", "placed"]


# --- Paying


@pytest.mark.parametrize("autopay", [False, True])
@pytest.mark.parametrize("waived", [False, True])
def test_how_it_is_paid_is_as_wished(market: Market, *, autopay: bool, waived: bool) -> None:
    market.wish(autopay=autopay, waive_retractation=waived)
    market.appear()
    market.run()
    (booked,) = market.books()
    assert booked["status"] == ("checking" if autopay else "notPaid")
    assert booked["waived"] is waived
    assert (market.order.pay_until is None) is autopay


@pytest.mark.parametrize("method", ["", "EXPIRED"])
def test_without_a_payment_method_the_same_cart_is_ordered_unpaid(
    market: Market, method: str
) -> None:
    market.emulator.set_account("eu", method_status=method)
    market.wish(autopay=True)
    market.appear()
    market.run()
    (booked,) = market.books()
    assert booked["status"] == "notPaid"
    assert market.states == ["placed no_payment_method"]
    assert market.order.pay_until is not None
    assert market.calls("POST", "/order/cart").count("POST /order/cart") == 1


# --- Dry run


def test_a_dry_run_takes_its_place_and_orders_nothing(market: Market) -> None:
    wish = market.wish(dry_run=True, quantity=2)
    market.appear()
    market.later()
    assert market.calls("POST", CHECKOUT) == []
    assert [(one.state, one.place, str(one.due_now)) for one in market.orders] == [
        ("dry", 1, "31.18"),
        ("dry", 2, "31.18"),
    ]
    assert market.fresh(wish).state == "done"
    market.warm()
    assert market.carts == []


def test_a_dry_run_keeps_the_limits_of_the_wish(market: Market) -> None:
    market.wish(dry_run=True, quantity=3, budget_day=Decimal("62.36"))
    market.appear()
    market.run()
    assert market.states == ["dry", "dry", "refused budget_day"]


def test_what_was_played_takes_no_place_of_what_is_meant(market: Market) -> None:
    wish = market.wish(dry_run=True, budget_day=Decimal("31.18"))
    market.appear()
    market.run()
    market.change(market.fresh(wish), dry_run=False)
    market.resume(wish)
    market.run()
    assert market.states == ["dry", "placed"]
    assert len(market.books()) == 1

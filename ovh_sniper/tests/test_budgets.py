"""What a wish may spend in a day and in a month, on the tenant's calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ovh_sniper.models import Order
from ovh_sniper.services.matching import budgets
from ovh_sniper.tests.market import DUE, Market
from tenants.models import Tenant

pytestmark = pytest.mark.django_db

ONE, TWO = Decimal(DUE), 2 * Decimal(DUE)
CENT = Decimal("0.01")


@pytest.mark.parametrize("name", ["budget_day", "budget_month"])
@pytest.mark.parametrize(("amount", "count"), [(TWO - CENT, 1), (TWO, 2), (ONE - CENT, 0)])
def test_a_budget_is_spent_to_the_cent_and_not_beyond(
    market: Market, name: str, amount: Decimal, count: int
) -> None:
    budget: dict[str, Any] = {name: amount}
    market.wish(quantity=3, **budget)
    market.appear()
    market.later()
    assert len(market.books()) == count
    assert market.states == ["placed"] * count + [f"refused {name}"] * (3 - count)
    spent = Decimal(DUE) * count if count else Decimal(0)
    assert market.orders[-1].detail == f"{spent} + {DUE} > {amount}"


def test_the_next_day_has_new_money_and_orders_what_is_still_there(market: Market) -> None:
    wish = market.wish(quantity=2, budget_day=ONE)
    market.appear()
    market.run()
    assert market.states == ["placed", "refused budget_day"]
    midnight = market.local_time(days=1).replace(hour=0, minute=0, second=0, microsecond=0)
    assert market.fresh(wish).retry_at == midnight
    left = midnight - market.now
    market.later(seconds=left.total_seconds() - 1)
    assert len(market.books()) == 1
    market.later(seconds=1)
    assert market.states == ["placed", "refused budget_day", "placed"]
    assert market.fresh(wish).state == "done"


def test_what_may_have_been_bought_counts(market: Market) -> None:
    market.wish(quantity=2, budget_day=ONE)
    market.appear()
    first, second = market.orders
    market.fault("drop")
    market.carry_out(first)
    market.carry_out(second)
    assert market.states == ["unknown", "refused budget_day"]


@pytest.mark.parametrize("state", ["refused", "cancelled"])
def test_what_was_not_bought_does_not_count(market: Market, state: str) -> None:
    wish = market.wish(quantity=2, budget_day=ONE)
    market.appear()
    market.carry_out(market.orders[0])
    with market.inside():
        Order.objects.filter(state="placed").update(state=state)
        assert budgets.spent_since(wish, market.now - timedelta(days=1)) == 0


def test_a_budget_is_its_wishs_own(market: Market) -> None:
    market.wish(budget_day=ONE)
    market.wish(budget_day=ONE)
    market.appear()
    market.run()
    assert len(market.books()) == 2


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Asia/Taipei", "2027-03-09T16:00"),
        ("UTC", "2027-03-10T00:00"),
        ("America/New_York", "2027-03-09T05:00"),
    ],
)
def test_a_day_begins_on_the_tenants_clocks(market: Market, zone: str, begins: str) -> None:
    Tenant.objects.update(time_zone=zone)
    wish: Any = market.fresh(market.wish(budget_day=ONE))
    now = datetime(2027, 3, 10, 3, 30, tzinfo=UTC)
    assert budgets.day_start(wish, now) == datetime.fromisoformat(f"{begins}+00:00")
    assert budgets.day_start(wish, now).tzinfo == ZoneInfo(zone)

"""What operators read: how fast it goes from stock to order, and how polling does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account, Alert, Order, Poller, Wish
from ovh_sniper.services.operators import lags
from ovh_sniper.testing import make_account, make_wish
from ovh_sniper.tests.shelves import SMALL, at
from tenants.models import Tenant
from tenants.percentiles import Lag, percentile
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def found() -> dict[str, Lag]:
    return {lag.key: lag for lag in lags.lags(at(0))}


@pytest.fixture
def wish(tenant: Tenant) -> Wish:
    """Armed two days before."""
    one = make_wish(make_account(tenant))
    with scope(tenant):
        Wish.objects.update(created_at=at(-2 * 86400))
        one.refresh_from_db()
    return one


def alert(wish: Wish, seen: float, took: float) -> None:
    """Write an alert of stock that was seen at `seen`, `took` seconds later."""
    with scope(wish.tenant):
        written = Alert.objects.create(
            tenant=wish.tenant,
            wish=wish,
            interval_id=int(seen * 1000),
            fqn=SMALL,
            plan_code="27sk15",
            datacenter="gra",
            availability="72H",
            stock_seen_at=at(seen),
        )
        Alert.objects.filter(pk=written.pk).update(created_at=at(seen + took))


def order(wish: Wish, seen: float, intent: float, sent: float, placed: float | None) -> None:
    """Write an order by the seconds after the stock was seen."""
    with scope(wish.tenant):
        Order.objects.create(
            tenant=wish.tenant,
            account=Account.objects.get(),
            wish=wish,
            source=Order.Source.WISH,
            plan_code="27sk15",
            fqn=SMALL,
            datacenter="gra",
            state=Order.State.REFUSED if placed is None else Order.State.PLACED,
            stock_seen_at=at(seen),
            created_at=at(seen + intent),
            checkout_at=at(seen + sent),
            placed_at=None if placed is None else at(seen + placed),
        )


@pytest.mark.parametrize(
    ("values", "percent", "value"),
    [
        ([1], 50, 1),
        ([1, 2], 50, 1),
        ([1, 2, 3], 50, 2),
        (range(1, 101), 90, 90),
        (range(1, 101), 99, 99),
        (range(1, 11), 99, 10),
    ],
)
def test_percentiles(values: Any, percent: float, value: float) -> None:
    assert percentile(list(values), percent) == value


def test_nothing_happened() -> None:
    assert list(found()) == ["alert", "intent", "sent", "placed", "whole"]
    for lag in found().values():
        assert (lag.count, lag.p50, lag.p99, lag.worst) == (0, None, None, None)


def test_each_step_is_measured(wish: Wish) -> None:
    for number in range(1, 11):
        alert(wish, -3600 + number, number / 10)
    order(wish, -3600, 0.2, 0.5, 1.5)
    order(wish, -3000, 0.4, 0.6, None)
    steps = found()
    told = steps["alert"]
    assert told.count == 10
    assert (told.p50, told.p90, told.p99, told.worst) == pytest.approx((0.5, 0.9, 1.0, 1.0))
    assert [steps[key].count for key in ("intent", "sent")] == [2, 2]
    assert [steps[key].worst for key in ("intent", "sent")] == pytest.approx([0.4, 0.3])
    # the other one was refused
    assert [steps[key].count for key in ("placed", "whole")] == [1, 1]
    assert [steps[key].p50 for key in ("placed", "whole")] == pytest.approx([1.0, 1.5])


def test_of_all_tenants_in_the_last_24_hours(wish: Wish, stranger: Tenant) -> None:
    other = make_wish(make_account(stranger))
    with scope(stranger):
        Wish.objects.update(created_at=at(-2 * 86400))
    alert(wish, -100, 1)
    alert(other, -100, 1)
    alert(wish, -86400 - 10, 1)
    assert found()["alert"].count == 2


def test_what_waited_for_its_wish_is_no_lag_of_ours(wish: Wish) -> None:
    # in stock before somebody wished for it, and outside its schedule
    alert(wish, -3 * 86400, 3 * 86400 - 60)
    alert(wish, -7200, 3600)
    assert found()["alert"].count == 0


# --- Pollers


def test_hosts_that_are_needed_or_were_polled_are_shown(tenant: Tenant) -> None:
    make_account(tenant, "ca")
    Poller.objects.create(
        host="eu",
        polled_at=at(-2),
        succeeded_at=at(-30),
        interval=5,
        cadence="armed",
        calls=1000,
        throttled=3,
        rows=8973,
    )
    europe, canada = lags.pollers(at(0))
    assert (europe.host, europe.is_needed, europe.age, europe.last_call) == ("eu", False, 30, 2)
    assert (europe.cadence, europe.interval, europe.calls) == ("armed", 5, 1000)
    assert (europe.throttled, europe.is_open, europe.rows) == (3, False, 8973)
    assert (canada.host, canada.is_needed, canada.age) == ("ca", True, None)


def test_an_open_breaker_is_shown(tenant: Tenant) -> None:
    Poller.objects.create(host="eu", failures=5, last_error="away", not_before=at(60))
    (europe,) = lags.pollers(at(0))
    assert (europe.is_open, europe.failures, europe.last_error) == (True, 5, "away")
    assert europe.not_before == at(60)


def test_prometheus_reads_them(tenant: Tenant) -> None:
    account: Account = make_account(tenant)
    now = timezone.now()
    Poller.objects.create(
        host="eu",
        succeeded_at=now - timedelta(seconds=90),
        calls=12_345_678,
        throttled=3,
        failures=5,
    )
    Poller.objects.create(host="us")
    with scope(tenant):
        Order.objects.create(
            tenant=tenant,
            account=account,
            source=Order.Source.API,
            plan_code="27sk15",
            fqn=SMALL,
            datacenter="gra",
            state=Order.State.UNKNOWN,
        )
    told = Client().get("/metrics").content.decode()
    lines = told.splitlines()
    assert 'botharbor_ovh_calls_total{host="eu"} 12345678' in lines
    assert 'botharbor_ovh_throttled_total{host="eu"} 3' in lines
    assert 'botharbor_ovh_failures{host="eu"} 5' in lines
    assert 'botharbor_ovh_breaker_open{host="eu"} 1' in lines
    assert 'botharbor_ovh_breaker_open{host="us"} 0' in lines
    assert "botharbor_ovh_orders_unclear 1" in lines
    (age,) = [line for line in lines if line.startswith("botharbor_ovh_stock_age_seconds{")]
    assert float(age.rpartition(" ")[2]) >= 90
    assert lines.count("# TYPE botharbor_ovh_calls_total counter") == 1

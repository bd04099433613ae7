"""Orders, alerts and spending listed over the REST API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ovh_sniper.models import Account, Alert
from ovh_sniper.testing import make_account, make_wish
from ovh_sniper.tests.ordered import make_order
from ovh_sniper.tests.programs import Program, fields
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tenant: Tenant) -> Account:
    """Alice's account where nothing is asked of OVH."""
    return make_account(tenant)


def test_orders_are_filtered(program: Program, account: Account) -> None:
    wish = make_wish(account, plan_code="27sk20", mode="alert")
    placed = make_order(account, state="placed", wish=wish, plan_code="27sk20").public_id
    refused = make_order(account, state="refused", reason="stock").public_id
    found = {
        query: [one["id"] for one in program.get(f"orders/?{query}").json()["results"]]
        for query in (
            "",
            "state=placed",
            "open=true",
            "open=false",
            "plan=27sk20",
            f"wish={wish.public_id}",
            f"account={account.public_id}",
        )
    }
    assert found == {
        "": [refused, placed],
        "state=placed": [placed],
        "open=true": [placed],
        "open=false": [refused],
        "plan=27sk20": [placed],
        f"wish={wish.public_id}": [placed],
        f"account={account.public_id}": [refused, placed],
    }
    assert program.get("orders/?state=lost").status_code == 400


def test_a_reason_is_told_in_the_callers_language(tenant: Tenant, account: Account) -> None:
    order = make_order(account, state="refused", reason="price_over_cap", detail="51 > 50")
    said = [
        Program(tenant, "ovh:read", language=language).get(f"orders/{order.public_id}/").json()
        for language in ("en", "zh-hant")
    ]
    assert said[0]["reason_text"] == "The price now is above the limit. (51 > 50)"
    assert said[0]["reason"] == said[1]["reason"] == "price_over_cap"


def test_lists_cost_the_same_however_long(program: Program, account: Account) -> None:
    wish = make_wish(account)
    paths = ("orders/", "alerts/", "queue/")

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert program.get(path).status_code == 200
        return len(queries)

    def fill(number: int) -> None:
        make_order(account, wish=wish, place=number)
        write_alert(account, wish=wish, interval_id=number)

    fill(1)
    program.get("orders/")
    before = [count(path) for path in paths]
    for number in range(2, 6):
        fill(number)
    assert [count(path) for path in paths] == before
    assert before[:2] == [2, 2]


def write_alert(account: Account, **fields: Any) -> Alert:
    values = {
        "fqn": "27sk15.ram",
        "plan_code": "27sk15",
        "datacenter": "gra",
        "availability": "1H-low",
        "stock_seen_at": timezone.now(),
        **fields,
    }
    with scope(account.tenant_id):
        alert: Alert = Alert.objects.create(**values)
    return alert


def test_alerts_are_listed_and_filtered(
    program: Program, account: Account, stranger: Tenant
) -> None:
    wish = make_wish(account, mode="alert")
    one = write_alert(account, wish=wish, interval_id=1, due_now="33.58", currency="EUR")
    write_alert(account, wish=wish, interval_id=2, state="ended")
    theirs = make_account(stranger)
    foreign = write_alert(theirs, wish=make_wish(theirs, mode="alert"), interval_id=1)
    [shown] = program.get("alerts/", state="open", wish=wish.public_id).json()["results"]
    assert shown == program.get(f"alerts/{one.public_id}/").json()
    assert (shown["wish"], shown["due_now"]) == (wish.public_id, "33.58")
    assert program.get(f"alerts/{foreign.public_id}/").status_code == 404
    assert len(program.get("alerts/").json()["results"]) == 2


def test_spending_is_added_up_by_month(
    program: Program, account: Account, stranger: Tenant
) -> None:
    at = timezone.now() - timedelta(seconds=5)
    cost = {"currency": "EUR", "checkout_at": at, "renewal": "12.00"}
    make_order(account, state="placed", due_now="30.00", **cost)
    make_order(account, state="delivered", due_now="12.50", **cost)
    make_order(account, state="refused", due_now="99.00", **cost)
    make_order(make_account(stranger), state="placed", due_now="77.00", **cost)
    [total] = program.get("orders/spend/").json()
    assert (total["count"], total["ordered"], total["paid"], total["monthly"]) == (
        2,
        "42.50",
        "12.50",
        "24.00",
    )
    later = (at + timedelta(days=1)).isoformat()
    assert program.get("orders/spend/", since=later).json() == []
    assert "since" in fields(program.get("orders/spend/", since="yesterday"))

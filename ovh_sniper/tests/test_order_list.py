"""The list of orders, what they cost by month and account, and the table to take away."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account, Order
from ovh_sniper.testing import make_account
from ovh_sniper.tests.ordered import make_order
from ovh_sniper.tests.pages import url
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
State = Order.State


def listed(client: Client, tenant: Tenant, query: str = "") -> str:
    response = client.get(url(tenant, f"orders/{query}"))
    assert response.status_code == 200
    return response.content.decode()


class TestList:
    @pytest.fixture
    def some(self, tenant: Tenant, linked: Account) -> list[Order]:
        other = make_account(tenant, "ca", name="Montreal")
        # in Taipei it is October already
        earlier = datetime(2026, 9, 30, 22, 30, tzinfo=UTC)
        return [
            make_order(linked, state=State.REFUSED, requested_by="bob"),
            make_order(
                linked,
                state=State.DELIVERED,
                plan_code="24sys012",
                source="portal",
                ovh_order_id=214_365_879,
            ),
            make_order(other, state=State.PLACED, service_name="ns9.example"),
            make_order(linked, state=State.DRY, created_at=earlier, datacenter="waw"),
        ]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", [2, 1, 0, 3]),
            ("?state=refused", [0]),
            ("?state=unpaid", [2]),
            ("?state=delivered", [1]),
            ("?source=portal", [1]),
            ("?q=24sys012", [1]),
            ("?q=214365879", [1]),
            ("?q=ns9", [2]),
            ("?q=waw", [3]),
            ("?q=bob+27sk15", [0]),
            ("?q=nothing", []),
            ("?month=2026-10", [3]),
        ],
    )
    def test_filters(
        self, tenant: Tenant, alice: Client, some: list[Order], query: str, expected: list[int]
    ) -> None:
        page = listed(alice, tenant, query)
        found = {page.find(one.public_id): number for number, one in enumerate(some)}
        assert [found[at] for at in sorted(found) if at >= 0] == expected

    def test_a_month_is_one_of_the_tenants_clocks(
        self, tenant: Tenant, alice: Client, some: list[Order]
    ) -> None:
        tenant.time_zone = "UTC"
        tenant.save(update_fields=["time_zone"])
        assert some[3].public_id in listed(alice, tenant, "?month=2026-09")
        assert some[3].public_id not in listed(alice, tenant, "?month=2026-10")

    def test_by_account(self, tenant: Tenant, alice: Client, some: list[Order]) -> None:
        page = listed(alice, tenant, f"?account={some[2].account.public_id}")
        assert some[2].public_id in page
        assert some[1].public_id not in page

    @pytest.mark.parametrize(
        "query",
        [
            "?page=x",
            "?page=999",
            "?state=%00",
            "?q=%00%27",
            "?month=2026-13",
            "?month=x&source=x&account=x",
            "?q=99999999999999999999999",
            "?q=%C2%B2",
        ],
    )
    def test_nonsense(self, tenant: Tenant, alice: Client, some: list[Order], query: str) -> None:
        listed(alice, tenant, query)
        assert alice.get(url(tenant, f"orders/export.csv{query}")).status_code == 200

    def test_empty(self, tenant: Tenant, alice: Client) -> None:
        assert "No orders yet" in listed(alice, tenant)
        assert "No order matches" in listed(alice, tenant, "?state=refused")

    def test_totals_by_month_and_account(
        self, tenant: Tenant, alice: Client, linked: Account
    ) -> None:
        at = datetime(2026, 10, 5, tzinfo=UTC)
        money = {"due_now": Decimal("31.18"), "renewal": Decimal("15.59"), "checkout_at": at}
        make_order(linked, state=State.DELIVERED, created_at=at, **money)
        make_order(linked, state=State.PLACED, created_at=at, **money)
        make_order(linked, state=State.CANCELLED, created_at=at, **money)
        totals = listed(alice, tenant).partition("Spending")[2]
        assert "October 2026" in totals
        for amount in ("62.36 EUR", "31.18 EUR", "31.18 EUR"):
            assert amount in totals

    def test_an_order_dearer_than_its_limit_is_warned_of(
        self, tenant: Tenant, alice: Client, linked: Account
    ) -> None:
        make_order(linked, state=State.DELIVERED, due_now=Decimal(50), cap_due_now=Decimal(40))
        assert "turned out dearer than its limit" in listed(alice, tenant)

    def test_ten_thousand_orders_cost_a_fixed_number_of_queries(
        self,
        tenant: Tenant,
        alice: Client,
        linked: Account,
        django_assert_max_num_queries: Any,
    ) -> None:
        now = timezone.now()
        with scope(tenant):
            Order.objects.bulk_create(
                [
                    Order(
                        tenant=tenant,
                        account=linked,
                        source="wish",
                        plan_code=f"27sk{number % 90}",
                        fqn="x",
                        datacenter="gra",
                        state=State.DELIVERED,
                        due_now=Decimal(10),
                        currency="EUR",
                        checkout_at=now - timedelta(hours=number),
                        created_at=now - timedelta(hours=number),
                    )
                    for number in range(10_000)
                ],
                batch_size=500,
            )
        with django_assert_max_num_queries(14):
            page = listed(alice, tenant, "?page=3&q=27sk")
        assert "51–75 of 10000" in page.replace(",", "")


class TestExport:
    def test_it_holds_what_the_list_shows(
        self, tenant: Tenant, alice: Client, linked: Account
    ) -> None:
        make_order(linked, state=State.REFUSED)
        kept = make_order(
            linked, state=State.DELIVERED, due_now=Decimal("31.18"), requested_by="bob"
        )
        response = alice.get(url(tenant, "orders/export.csv?state=delivered"))
        assert response.headers["Content-Disposition"].startswith("attachment; filename=")
        (row,) = csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig")))
        assert (row["id"], row["due_now"], row["requested_by"]) == (kept.public_id, "31.18", "bob")

    @pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
    def test_what_somebody_typed_never_becomes_a_formula(
        self, tenant: Tenant, alice: Client, linked: Account, typed: str
    ) -> None:
        make_order(linked, requested_by=typed)
        answer = alice.get(url(tenant, "orders/export.csv")).getvalue().decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(answer, newline=""))
        assert row["requested_by"] == f"'{typed}"

"""What the form of a wish says beforehand: the bill, and what speaks against it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ovh_sniper.models import (
    Account,
    Configuration,
)
from ovh_sniper.testing import poll
from ovh_sniper.tests.wishing import (
    MEMORY,
    NEW,
    PLAN,
    STORAGE,
    page_of,
    typed,
)
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


class TestWhatItSaysBeforehand:
    def look(self, tenant: Tenant, client: Client, data: dict[str, Any]) -> str:
        page = page_of(client, tenant, NEW, {**data, "look": "1"})
        return " ".join(page.partition('id="wish-preview"')[2].partition("</aside>")[0].split())

    def test_the_bill_of_exactly_this_hardware(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        poll("eu")
        data = typed(linked, memory=MEMORY, storage=STORAGE, quantity="2")
        said = self.look(tenant, alice, data)
        # (12.99 + 8 + 2) a month and 12.99 for the set-up, with 20 % tax
        assert "Today one server costs 43.18 EUR at once, then 27.59 EUR a month" in said
        assert "You would pay 86.36 EUR now and 55.18 EUR each month for 2 servers" in said
        assert "at most 2 orders" in said

    def test_a_range_where_hardware_is_left_open(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        said = self.look(tenant, alice, typed(linked))
        assert "31.18 to 51.58 EUR now" in said
        assert "15.59 to 35.99 EUR each month for 1 server" in said

    @pytest.mark.parametrize(
        ("changes", "warning"),
        [
            ({"cap_due_now": "31.17"}, "Your limit for the price now (31.17 EUR) is below today’s"),
            ({"cap_renewal": "15.58"}, "Your limit for a renewal (15.58 EUR) is below today’s"),
            ({"budget_day": "10"}, "Your budget for a day (10.00 EUR) is below today’s"),
            ({"budget_month": "10"}, "Your budget for a month (10.00 EUR) is below today’s"),
            ({"mode": "order"}, "There is no limit for the price now"),
        ],
    )
    def test_what_speaks_against_it(
        self,
        tenant: Tenant,
        linked: Account,
        alice: Client,
        changes: dict[str, str],
        warning: str,
    ) -> None:
        assert warning not in self.look(tenant, alice, typed(linked, cap_due_now="31.18"))
        assert warning in self.look(tenant, alice, typed(linked, **changes))

    def test_a_cap_bounds_what_would_be_paid(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        said = self.look(tenant, alice, typed(linked, cap_due_now="40", quantity="2"))
        assert "62.36 to 80.00 EUR now" in said

    def test_nothing_can_pay_itself_without_a_payment_method(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        with scope(tenant):
            Account.objects.update(payment_method="")
        said = self.look(tenant, alice, typed(linked, autopay="on"))
        assert "no default payment method at OVH" in said

    def test_an_account_that_cannot_order_is_named(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        with scope(tenant):
            Account.objects.update(state=Account.State.BROKEN)
        assert "cannot order at the moment" in self.look(tenant, alice, typed(unread))

    def test_parts_that_nobody_sells_together(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        poll("eu")
        Configuration.objects.filter(plan_code=PLAN, memory=MEMORY).delete()
        said = self.look(tenant, alice, typed(linked, memory=MEMORY))
        assert "no such configuration" in said

    def test_several_plans_at_once(self, tenant: Tenant, linked: Account, alice: Client) -> None:
        said = self.look(tenant, alice, typed(linked, plans=[PLAN, "24ska01"], quantity="2"))
        assert "2 wishes are made." in said
        # 2 x (25.98 + 9.98) with tax
        assert "86.32 EUR now and 43.16 EUR each month for 4 servers" in said

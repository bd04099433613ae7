"""Who may let a wish pay by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from ovh_sniper.models import (
    Account,
)
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import TESTER, make_wish
from ovh_sniper.tests.pages import member, url
from ovh_sniper.tests.wishing import (
    NEW,
    PLAN,
    all_of,
    page_of,
    typed,
)
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


class TestPaying:
    def test_an_operator_cannot_switch_it_on(self, tenant: Tenant, unread: Account) -> None:
        operator = member(tenant, "operator")
        page = operator.get(url(tenant, NEW)).content.decode()
        assert "Only an admin of this workspace can switch this on." in page
        assert "disabled" in page.partition('name="autopay"')[2][:40]
        page = page_of(operator, tenant, NEW, typed(unread, autopay="on"))
        assert "Only an admin may let a wish pay by itself." in page
        assert all_of(tenant) == []

    def test_an_operator_makes_wishes_that_order_and_stay_unpaid(
        self, tenant: Tenant, unread: Account
    ) -> None:
        operator = member(tenant, "operator")
        assert operator.post(url(tenant, NEW), typed(unread, mode="order")).status_code == 302
        assert not all_of(tenant)[0].autopay

    def test_an_admin_may(self, tenant: Tenant, unread: Account) -> None:
        member(tenant, "admin").post(url(tenant, NEW), typed(unread, mode="order", autopay="on"))
        assert all_of(tenant)[0].autopay

    def test_an_operator_cannot_make_more_of_what_pays_itself(
        self, tenant: Tenant, unread: Account
    ) -> None:
        wish = make_wish(unread, autopay=True)
        operator, path = member(tenant, "operator"), f"wishes/{wish.public_id}/edit/"
        changes = {"mode": "order", "quantity": "100"}
        page = page_of(operator, tenant, path, typed(unread, autopay="on", **changes))
        assert "Only an admin may let a wish pay by itself." in page
        assert all_of(tenant)[0].quantity == 1
        # but he may end it
        operator.post(url(tenant, path), typed(unread, **changes))
        [wish] = all_of(tenant)
        assert (wish.quantity, wish.autopay) == (100, False)

    def test_no_way_around_by_the_service(self, tenant: Tenant, unread: Account) -> None:
        terms: dict[str, Any] = {"account": unread, "plan_code": PLAN, "mode": "order"}
        with scope(tenant), pytest.raises(ValidationError, match="Only an admin"):
            lifecycle.create(actor=TESTER, now=timezone.now(), autopay=True, **terms)

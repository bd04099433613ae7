"""What was ordered and for how much, by month and account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ovh_sniper.models import Account, Order
from ovh_sniper.services.orders import spend
from ovh_sniper.testing import make_account
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

TAIPEI = ZoneInfo("Asia/Taipei")


def write(account: Account, at: str, **fields: Any) -> Order:
    given = {
        "state": "placed",
        "due_now": Decimal("0.10"),
        "renewal": Decimal("0.20"),
        "currency": "EUR",
        "checkout_at": datetime.fromisoformat(at).replace(tzinfo=UTC),
        **fields,
    }
    with scope(account.tenant_id):
        return Order.objects.create(account=account, source="portal", plan_code="27sk15", **given)


def by_month(tenant: Tenant, **more: Any) -> list[tuple[str, ...]]:
    with scope(tenant):
        return [
            (
                f"{one.month:%Y-%m}",
                one.account,
                one.currency,
                str(one.count),
                str(one.ordered),
                str(one.paid),
                str(one.monthly),
            )
            for one in spend.by_month(TAIPEI, **more)
        ]


def test_money_is_added_up_exactly_on_the_tenants_calendar(tenant: Tenant) -> None:
    account, other = make_account(tenant), make_account(tenant, "ca")
    for _time in range(3):
        write(account, "2027-03-31T15:59")
    write(account, "2027-03-31T16:00", state="delivered")
    write(account, "2027-04-20T12:00", state="checking")
    write(other, "2027-04-20T12:00", currency="CAD", due_now=Decimal("41.83"), renewal=None)
    assert by_month(tenant) == [
        ("2027-04", "OVH eu", "EUR", "2", "0.20", "0.20", "0.40"),
        ("2027-04", "OVH ca", "CAD", "1", "41.83", "0.00", "0.00"),
        ("2027-03", "OVH eu", "EUR", "3", "0.30", "0.00", "0.60"),
    ]
    assert len(by_month(tenant, since=datetime(2027, 3, 31, 16, tzinfo=UTC))) == 2


@pytest.mark.parametrize(
    "state", ["intended", "ordering", "unknown", "refused", "cancelled", "dry"]
)
def test_what_ovh_did_not_take_or_ended_is_no_spending(tenant: Tenant, state: str) -> None:
    write(make_account(tenant), "2027-03-01T12:00", state=state)
    assert by_month(tenant) == []


def test_a_time_has_its_totals(tenant: Tenant) -> None:
    account = make_account(tenant)
    write(account, "2027-03-01T12:00")
    write(account, "2027-03-02T12:00", state="delivering")
    with scope(tenant):
        (found,) = spend.total(
            since=datetime(2027, 3, 1, 12, tzinfo=UTC), until=datetime(2027, 3, 3, tzinfo=UTC)
        )
        assert (found.count, str(found.ordered), str(found.paid)) == (2, "0.20", "0.10")
        (found,) = spend.total(since=datetime(2027, 3, 1, 12, 1, tzinfo=UTC))
        assert found.count == 1
        assert spend.total(since=datetime(2027, 3, 3, tzinfo=UTC)) == []


def test_orders_that_came_dearer_than_their_limit_are_named(tenant: Tenant) -> None:
    account = make_account(tenant)
    write(account, "2027-03-01T12:00", cap_due_now=Decimal("0.10"), cap_renewal=Decimal("0.20"))
    now = write(account, "2027-03-02T12:00", cap_due_now=Decimal("0.09"))
    later = write(account, "2027-03-03T12:00", cap_renewal=Decimal("0.19"))
    write(account, "2027-03-04T12:00", cap_due_now=Decimal("0.09"), state="refused")
    with scope(tenant):
        assert list(spend.over_cap()) == [later, now]


def test_another_tenants_spending_is_not_shown(tenant: Tenant, stranger: Tenant) -> None:
    write(make_account(stranger), "2027-03-01T12:00")
    assert by_month(tenant) == []

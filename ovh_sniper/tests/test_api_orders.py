"""Orders made over the REST API, with orders in the emulator's books."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ovh_sniper.models import Account
from ovh_sniper.services.ordering import request_keys
from ovh_sniper.testing import make_account, orders_of, run_orders
from ovh_sniper.tests.programs import BASE, Program, code, fields, wanted
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tenant: Tenant) -> Account:
    """Alice's account where nothing is asked of OVH."""
    return make_account(tenant)


def test_an_order_is_sent_once_and_shown(
    program: Program, shop: Account, ovh_emulator: OvhEmulator, tenant: Tenant
) -> None:
    response = program.order(wanted(shop, quantity=2), "first")
    assert response.status_code == 201
    made = response.json()["orders"]
    assert [(one["state"], one["datacenter"], one["source"]) for one in made] == [
        ("intended", "gra", "api")
    ] * 2
    waiting = program.get("queue/").json()["under_way"]
    assert [one["order"]["id"] for one in waiting] == [one["id"] for one in made]
    run_orders()
    again = program.order(wanted(shop, quantity=2), "first")
    assert again.status_code == 200
    assert {one["id"] for one in again.json()["orders"]} == {one["id"] for one in made}
    assert {one["state"] for one in again.json()["orders"]} == {"placed"}
    run_orders()
    assert len(orders_of(tenant)) == 2
    assert len(ovh_emulator.orders("eu")) == 2
    left = program.get("queue/").json()
    assert (left["under_way_count"], left["unpaid_count"]) == (0, 2)


def test_a_key_is_for_one_order(program: Program, shop: Account, tenant: Tenant) -> None:
    assert program.order(wanted(shop, quantity=2), "first").status_code == 201
    others: list[dict[str, Any]] = [
        {"quantity": 1},
        {"quantity": 3},
        {"quantity": 2, "plan_code": "27sk20"},
        {"quantity": 2, "autopay": True},
        {"quantity": 2, "cap_due_now": "90.00"},
    ]
    for changes in others:
        response = program.order(wanted(shop, **changes), "first")
        assert code(response) == (409, "idempotency_key_reused"), changes
    assert len(orders_of(tenant)) == 2


def test_nothing_is_ordered_above_the_cap(
    program: Program, shop: Account, ovh_emulator: OvhEmulator
) -> None:
    price = Decimal(program.get("orders/preview/", **wanted(shop)).json()["due_now"])
    dear = wanted(shop, cap_due_now=str(price - Decimal("0.01")))
    [made] = program.order(dear, "first").json()["orders"]
    run_orders()
    shown = program.get(f"orders/{made['id']}/").json()
    assert (shown["state"], shown["reason"]) == ("refused", "price_over_cap")
    assert ovh_emulator.orders("eu") == []
    again = program.order(dear, "first")
    assert (again.status_code, again.json()["orders"]) == (200, [shown])


def test_without_a_limit_the_price_of_now_is_one(program: Program, shop: Account) -> None:
    shown = program.get("orders/preview/", **wanted(shop)).json()
    first = program.order(wanted(shop), "first")
    assert first.status_code == 201
    [made] = first.json()["orders"]
    assert (made["cap_due_now"], made["cap_renewal"]) == (shown["due_now"], shown["renewal"])
    again = program.order(wanted(shop), "first")
    assert (again.status_code, again.json()["orders"]) == (200, [made])


def test_a_refused_request_leaves_nothing_ordered(
    program: Program, shop: Account, tenant: Tenant
) -> None:
    program.order(wanted(shop), "first")
    refused = program.order(wanted(shop, quantity=5), "first")
    assert code(refused) == (409, "idempotency_key_reused")
    assert len(orders_of(tenant)) == 1


def test_an_order_needs_a_key(program: Program, account: Account, tenant: Tenant) -> None:
    assert "Idempotency-Key" in fields(program.post("orders/", wanted(account)))
    assert "Idempotency-Key" in fields(program.order(wanted(account), " "))
    assert "Idempotency-Key" in fields(program.order(wanted(account), "k" * 256))
    assert not orders_of(tenant)


def test_long_keys_that_begin_alike_are_two() -> None:
    one, two = request_keys.of_header("k" * 200 + "1"), request_keys.of_header("k" * 200 + "2")
    assert one != two
    assert max(len(one), len(two)) <= 74


def test_the_same_by_hand_within_two_minutes_is_refused(program: Program, shop: Account) -> None:
    made = program.order(wanted(shop), "first").json()["orders"][0]
    response = program.order(wanted(shop), "second")
    assert code(response) == (409, "repeated")
    assert response.json()["error"]["order"] == made["id"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"plan_code": "nothing"}, "plan"),
        ({"datacenters": ["rbx"]}, "stock"),
        ({"options": ["ram-9999g"]}, "hardware"),
    ],
)
def test_what_cannot_be_ordered_says_why(
    program: Program, shop: Account, tenant: Tenant, changes: dict[str, Any], reason: str
) -> None:
    response = program.order(wanted(shop, **changes), "first")
    assert code(response) == (422, "cannot_order")
    error = response.json()["error"]
    assert error["reason"] == reason
    assert error["message"]
    assert program.get("orders/preview/", **wanted(shop, **changes)).json()["error"] == error
    assert not orders_of(tenant)


def test_an_account_that_cannot_order_says_so(program: Program, account: Account) -> None:
    with scope(account.tenant_id):
        Account.objects.update(state="broken")
    response = program.order(wanted(account), "first")
    assert (response.status_code, response.json()["error"]["reason"]) == (422, "account")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "nobody"}, "account"),
        ({"account": None}, "account"),
        ({"plan_code": "a\x00"}, "plan_code"),
        ({"plan_code": ["27sk15"]}, "plan_code"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 101}, "quantity"),
        ({"quantity": 10**30}, "quantity"),
        ({"datacenters": {"gra": 1}}, "datacenters"),
        ({"datacenters": ["x" * 25]}, "datacenters"),
        ({"options": ["x"] * 21}, "options"),
        ({"datacenter": "gra"}, "datacenter"),
        ({"cap": 5}, "cap"),
        ({"cap_due_now": -1}, "cap_due_now"),
        ({"cap_renewal": "1e400"}, "cap_renewal"),
    ],
)
def test_bad_input_names_its_field(
    program: Program, account: Account, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    assert field in fields(program.order(wanted(account, **changes), "first"))
    assert not orders_of(tenant)


@pytest.mark.parametrize("body", ["[]", "null", "7", '"x"', "[{}]"])
def test_a_body_that_is_no_object_is_refused(
    program: Program, account: Account, tenant: Tenant, body: str
) -> None:
    response = program.client.post(
        f"{BASE}orders/", body, content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert response.status_code == 400
    assert not orders_of(tenant)


def test_a_preview_tells_the_price_and_writes_nothing(
    program: Program, shop: Account, tenant: Tenant
) -> None:
    shown = program.get("orders/preview/", **wanted(shop)).json()
    assert (shown["plan_code"], shown["datacenters"], shown["currency"]) == (
        "27sk15",
        ["gra"],
        "EUR",
    )
    assert float(shown["due_now"]) > 0
    assert not orders_of(tenant)

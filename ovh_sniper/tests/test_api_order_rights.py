"""Orders over the REST API: who may what, and what can be done with one afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ovh_sniper.models import Account
from ovh_sniper.testing import make_account, orders_of, run_orders
from ovh_sniper.tests.ordered import make_order
from ovh_sniper.tests.programs import ALL, Program, code, fields, wanted
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tenant: Tenant) -> Account:
    """Alice's account where nothing is asked of OVH."""
    return make_account(tenant)


# --- Who may what


def test_reading_is_not_ordering_and_ordering_is_not_paying(
    tenant: Tenant, account: Account
) -> None:
    order = make_order(account, state="placed", url="https://ovh.example/?orderPassword=hush")
    path = f"orders/{order.public_id}/"
    reader = Program(tenant, "ovh:read", "ovh:write")
    buyer = Program(tenant, "ovh:read", "ovh:order")
    refused = [
        reader.order(wanted(account), "first"),
        reader.post(f"{path}cancel/"),
        reader.post(f"{path}pay/"),
        reader.get(f"{path}payment/"),
        buyer.post(f"{path}pay/"),
        buyer.post(f"{path}retract/", {"reason": "unused"}),
        buyer.get(f"{path}payment/"),
        buyer.order(wanted(account, autopay=True), "second"),
        Program(tenant, "ovh:order", "ovh:pay").get("orders/"),
        Program(tenant, "lottery:write").get("queue/"),
        Program(tenant, "lottery:write").get("alerts/"),
    ]
    assert [code(answer) for answer in refused] == [(403, "scope_missing")] * len(refused)
    assert len(orders_of(tenant)) == 1
    assert Program(tenant, "full").get(f"{path}payment/").status_code == 200


def test_another_tenants_order_and_account_do_not_exist(
    program: Program, stranger: Tenant, account: Account
) -> None:
    theirs = make_account(stranger)
    order = make_order(theirs, state="placed", url="https://ovh.example/")
    path = f"orders/{order.public_id}/"
    answers = [
        program.get(path),
        program.get(f"{path}payment/"),
        program.post(f"{path}cancel/"),
        program.post(f"{path}pay/"),
        program.post(f"{path}retract/", {"reason": "unused"}),
    ]
    assert [code(answer) for answer in answers] == [(404, "not_found")] * 5
    assert "account" in fields(program.order(wanted(theirs), "first"))
    assert "account" in fields(program.get("orders/preview/", **wanted(theirs)))
    assert program.get("orders/").json()["results"] == []
    assert program.get("orders/", account=theirs.public_id).json()["results"] == []


def test_the_same_key_of_two_tenants_is_two_orders(
    program: Program, shop: Account, stranger: Tenant, tenant: Tenant
) -> None:
    theirs = make_account(stranger)
    assert program.order(wanted(shop), "same").status_code == 201
    assert Program(stranger, *ALL).order(wanted(theirs), "same").status_code == 201
    assert len(orders_of(tenant)) == len(orders_of(stranger)) == 1


def test_no_answer_holds_a_secret(program: Program, shop: Account, tenant: Tenant) -> None:
    program.order(wanted(shop), "first")
    run_orders()
    [order] = orders_of(tenant)
    assert order.cart_id
    assert order.url
    path = f"orders/{order.public_id}/"
    for shown in (program.get("orders/"), program.get(path), program.order(wanted(shop), "first")):
        text = shown.content.decode()
        for secret in (order.cart_id, order.url, shop.consumer_key, shop.application_secret):
            assert secret not in text
        assert "assword" not in text
    paid = program.get(f"{path}payment/")
    assert paid.json()["url"] == order.url
    assert paid["Cache-Control"] == "no-store"


# --- Afterwards


def test_an_order_that_was_not_sent_is_taken_back(
    program: Program, shop: Account, ovh_emulator: OvhEmulator
) -> None:
    made = program.order(wanted(shop), "first").json()["orders"][0]
    response = program.post(f"orders/{made['id']}/cancel/")
    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    run_orders()
    assert ovh_emulator.orders("eu") == []


@pytest.mark.parametrize(
    ("state", "act", "reason"),
    [
        ("ordering", "cancel", "ordering"),
        ("placed", "cancel", "unpaid"),
        ("delivered", "cancel", "paid"),
        ("cancelled", "cancel", "ended"),
        ("unknown", "pay", "ordering"),
        ("delivering", "pay", "paid"),
        ("refused", "pay", "ended"),
        ("placed", "retract", "unpaid"),
    ],
)
def test_too_late_says_why(
    program: Program, account: Account, state: str, act: str, reason: str
) -> None:
    order = make_order(account, state=state)
    response = program.post(f"orders/{order.public_id}/{act}/", {"reason": "unused"})
    assert code(response) == (409, "not_cancellable")
    assert response.json()["error"]["reason"] == reason
    assert response.json()["error"]["message"].endswith(".")


def test_an_unpaid_order_is_paid(program: Program, shop: Account, tenant: Tenant) -> None:
    made = program.order(wanted(shop), "first").json()["orders"][0]
    run_orders()
    assert program.post(f"orders/{made['id']}/pay/").status_code == 200
    run_orders()
    shown = program.get(f"orders/{made['id']}/").json()
    assert shown["state"] in ("checking", "delivering", "delivered")
    assert code(program.get(f"orders/{made['id']}/payment/")) == (409, "wrong_state")


def test_a_paid_order_is_withdrawn_from_for_a_reason(program: Program, account: Account) -> None:
    order = make_order(account, state="delivering", ovh_order_id=5)
    path = f"orders/{order.public_id}/retract/"
    assert "reason" in fields(program.post(path, {"reason": "boredom"}))
    assert program.post(path, {"reason": "unused"}).status_code == 200
    with scope(account.tenant_id):
        order.refresh_from_db()
    assert (order.wanted, order.wanted_detail) == ("retract", "unused")

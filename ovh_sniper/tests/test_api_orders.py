"""Orders, alerts and the queue over the REST API, with orders in the emulator's books."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ovh_sniper.models import Account, Alert, Order
from ovh_sniper.services import request_keys
from ovh_sniper.testing import make_account, make_wish, orders_of, poll, run_orders
from ovh_sniper.tests.programs import BASE, Program, code, fields
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
ALL = ("ovh:read", "ovh:write", "ovh:order", "ovh:pay")


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant, *ALL)


@pytest.fixture
def shop(linked: Account, ovh_emulator: OvhEmulator) -> Account:
    """Alice's account, with the demo's plan in stock in Gravelines."""
    ovh_emulator.set_stock("eu", "27sk15", "unavailable", "unavailable")
    ovh_emulator.set_stock("eu", "27sk15", "gra", "1H-high")
    poll(plan_code="27sk15")
    return linked


@pytest.fixture
def account(tenant: Tenant) -> Account:
    """Alice's account where nothing is asked of OVH."""
    return make_account(tenant)


def wanted(from_account: Account, **changes: Any) -> dict[str, Any]:
    values = {"account": from_account.public_id, "plan_code": "27sk15", "datacenters": ["gra"]}
    return values | changes


def write_order(account: Account, **fields: Any) -> Order:
    """Write an order in some state, as the services leave it."""
    values = {"source": "portal", "plan_code": "27sk15", "datacenter": "gra", **fields}
    with scope(account.tenant_id):
        order: Order = Order.objects.create(account=account, **values)
    return order


# --- Ordering


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


# --- Who may what


def test_reading_is_not_ordering_and_ordering_is_not_paying(
    tenant: Tenant, account: Account
) -> None:
    order = write_order(account, state="placed", url="https://ovh.example/?orderPassword=hush")
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
    order = write_order(theirs, state="placed", url="https://ovh.example/")
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
    order = write_order(account, state=state)
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
    order = write_order(account, state="delivering", ovh_order_id=5)
    path = f"orders/{order.public_id}/retract/"
    assert "reason" in fields(program.post(path, {"reason": "boredom"}))
    assert program.post(path, {"reason": "unused"}).status_code == 200
    with scope(account.tenant_id):
        order.refresh_from_db()
    assert (order.wanted, order.wanted_detail) == ("retract", "unused")


# --- Lists


def test_orders_are_filtered(program: Program, account: Account) -> None:
    wish = make_wish(account, plan_code="27sk20", mode="alert")
    placed = write_order(account, state="placed", wish=wish, plan_code="27sk20").public_id
    refused = write_order(account, state="refused", reason="stock").public_id
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
    order = write_order(account, state="refused", reason="price_over_cap", detail="51 > 50")
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
        write_order(account, wish=wish, place=number)
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
    write_order(account, state="placed", due_now="30.00", **cost)
    write_order(account, state="delivered", due_now="12.50", **cost)
    write_order(account, state="refused", due_now="99.00", **cost)
    write_order(make_account(stranger), state="placed", due_now="77.00", **cost)
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

"""Wishes listed and changed over the REST API."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.testing import make_account, make_wish, orders_of
from ovh_sniper.tests.programs import Program, code, fields
from ovh_sniper.tests.wishing import wishes_of
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant)


def test_a_wish_that_orders_is_changed_by_who_may_order(tenant: Tenant, account: Account) -> None:
    wish = make_wish(account, cap_due_now=Decimal("20.00"))
    writer, path = Program(tenant, "ovh:read", "ovh:write"), f"wishes/{wish.public_id}/"
    assert writer.patch(path, {"cap_due_now": "2000.00"}).status_code == 403
    # to stop it is always allowed, to start it again is not
    assert writer.post(f"{path}pause/").status_code == 200
    assert writer.post(f"{path}resume/").status_code == 403
    assert writer.post(f"{path}duplicate/").status_code == 403
    [left] = wishes_of(tenant)
    assert (str(left.cap_due_now), left.state) == ("20.00", "paused")
    assert writer.delete(path).status_code == 204


def test_some_terms_are_changed_and_the_others_stay(program: Program, account: Account) -> None:
    wish = make_wish(account, quantity=2, cap_due_now=Decimal("30.00"), datacenters=["gra"])
    response = program.patch(f"wishes/{wish.public_id}/", {"quantity": 5, "cap_due_now": None})
    assert response.status_code == 200
    changed = response.json()
    assert (changed["quantity"], changed["cap_due_now"], changed["datacenters"]) == (
        5,
        None,
        ["gra"],
    )
    refused = program.patch(f"wishes/{wish.public_id}/", {"account": None})
    assert "account" in fields(refused)


def test_paused_and_resumed_once(program: Program, account: Account) -> None:
    path = f"wishes/{make_wish(account).public_id}/"
    assert program.post(f"{path}pause/").json()["state"] == "paused"
    refused = program.post(f"{path}pause/")
    assert code(refused) == (409, "wrong_state")
    assert refused.json()["error"]["state"] == "paused"
    assert program.post(f"{path}resume/").json()["state"] == "armed"
    assert code(program.post(f"{path}resume/")) == (409, "wrong_state")


def test_a_wish_whose_time_is_over_is_not_resumed(program: Program, account: Account) -> None:
    wish = make_wish(account, expires_at=timezone.now() + timedelta(hours=1))
    with scope(account.tenant_id):
        Wish.objects.filter(pk=wish.pk).update(
            state="expired", expires_at=timezone.now() - timedelta(hours=1)
        )
    assert code(program.post(f"wishes/{wish.public_id}/resume/")) == (409, "wrong_state")


def test_a_copy_is_paused_and_has_no_orders(program: Program, account: Account) -> None:
    wish = make_wish(account, quantity=2, name="first")
    response = program.post(f"wishes/{wish.public_id}/duplicate/", {"name": "second"})
    assert response.status_code == 201
    copy = response.json()
    assert (copy["name"], copy["state"], copy["quantity"]) == ("second", "paused", 2)
    assert copy["id"] != wish.public_id


def test_a_removed_wish_takes_back_what_was_not_sent(program: Program, linked: Account) -> None:
    wish = make_wish(linked)
    with scope(linked.tenant_id):
        Order.objects.create(
            account=linked, wish=wish, place=1, source="wish", plan_code="27sk15", datacenter="gra"
        )
    assert program.delete(f"wishes/{wish.public_id}/").status_code == 204
    assert program.get(f"wishes/{wish.public_id}/").status_code == 404
    assert [order.state for order in orders_of(linked.tenant)] == ["cancelled"]


def test_orders_that_hold_a_place_are_counted(program: Program, account: Account) -> None:
    wish = make_wish(account, quantity=3)
    with scope(account.tenant_id):
        for place, state in enumerate(("placed", "unknown", "refused"), 1):
            Order.objects.create(
                account=account, wish=wish, place=place, source="wish", state=state
            )
    assert program.get(f"wishes/{wish.public_id}/").json()["pieces_left"] == 1


def test_wishes_are_filtered(program: Program, account: Account) -> None:
    armed, paused = make_wish(account), make_wish(account, plan_code="27sk20", mode="alert")
    program.post(f"wishes/{paused.public_id}/pause/")
    found = {
        query: [one["id"] for one in program.get(f"wishes/?{query}").json()["results"]]
        for query in ("state=paused", "plan=27sk15", "mode=order", "account=nobody", "host=ca")
    }
    assert found == {
        "state=paused": [paused.public_id],
        "plan=27sk15": [armed.public_id],
        "mode=order": [armed.public_id],
        "account=nobody": [],
        "host=ca": [],
    }


@pytest.mark.parametrize(
    "query",
    ["state=nonsense", "plan=%00", "colour=red", "page_size=0", "page_size=9999999999", "host="],
)
def test_a_bad_query_is_refused(program: Program, query: str) -> None:
    assert program.get(f"wishes/?{query}").status_code == 400


@pytest.mark.parametrize("cursor", ["x", "cD1hYmM%3D", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk%3D", "%00"])
def test_a_bad_cursor_is_no_error_of_ours(program: Program, account: Account, cursor: str) -> None:
    make_wish(account)
    assert program.get(f"wishes/?cursor={cursor}").status_code in (200, 400, 404)


def test_pages_follow_each_other(program: Program, account: Account) -> None:
    made = [make_wish(account).public_id for _number in range(3)]
    first = program.get("wishes/?page_size=2").json()
    second = program.client.get(first["next"]).json()
    shown = [one["id"] for one in first["results"] + second["results"]]
    assert shown == made[::-1]
    assert second["next"] is None


def test_a_list_costs_the_same_however_long(program: Program, account: Account) -> None:
    make_wish(account)
    program.get("wishes/")  # the key's last use is written once a minute
    with CaptureQueriesContext(connection) as few:
        program.get("wishes/")
    for _number in range(5):
        make_wish(account)
    with CaptureQueriesContext(connection) as many:
        assert len(program.get("wishes/").json()["results"]) == 6
    assert len(many) == len(few) == 2

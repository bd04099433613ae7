"""Wishes over the REST API."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.testing import make_bot
from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.testing import make_account, make_wish, orders_of, poll
from ovh_sniper.tests.programs import BASE, Program, code, fields
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
ALERT = {"host": "eu", "subsidiary": "FR", "plan_code": "27sk15"}
SUPERSCOPES = ("ovh:read", "ovh:write", "ovh:order", "ovh:pay")


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant, *SUPERSCOPES)


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant)


def wishes_of(tenant: Tenant) -> list[Wish]:
    with scope(tenant, transaction=False):
        return list(Wish.objects.order_by("pk"))


def test_a_wish_is_made_and_shown(program: Program, account: Account) -> None:
    terms = {
        "account": account.public_id,
        "plan_code": "27sk15",
        "mode": "order",
        "datacenters": ["GRA", "rbx"],
        "memory": "ram-64g-ecc-3200",
        "extras": {"bandwidth": "bandwidth-500-27sk"},
        "quantity": 3,
        "max_delivery_hours": 72,
        "cap_due_now": "50.00",
        "schedule": {"days": [0, 1], "from": "09:00", "to": "18:00"},
    }
    response = program.post("wishes/", terms)
    assert response.status_code == 201
    made = response.json()
    assert (made["state"], made["host"], made["subsidiary"]) == ("armed", "eu", "FR")
    assert made["datacenters"] == ["gra", "rbx"]
    assert {name: made[name] for name in terms if name != "datacenters"} == {
        name: value for name, value in terms.items() if name != "datacenters"
    }
    assert made["pieces_left"] == 3
    assert program.get(f"wishes/{made['id']}/").json() == made
    assert program.get("wishes/").json()["results"] == [made]


def test_what_is_in_stock_already_counts_for_a_new_wish(
    linked: Account, ovh_emulator: Any, tenant: Tenant
) -> None:
    ovh_emulator.set_stock("eu", "27sk15", "gra", "1H-low")
    poll()
    made = Program(tenant, *SUPERSCOPES).post(
        "wishes/", {"account": linked.public_id, "plan_code": "27sk15", "mode": "order"}
    )
    with scope(tenant):
        # due at once: the clock's next tick looks at the stock for it
        assert Wish.objects.get(public_id=made.json()["id"]).retry_at is not None


@pytest.mark.parametrize(
    ("terms", "needed"),
    [
        ({"mode": "order"}, "ovh:order"),
        ({"mode": "order", "autopay": True}, "ovh:pay"),
        ({"mode": "ask", "autopay": True}, "ovh:pay"),
        ({"mode": "order", "autopay": True, "dry_run": True}, "ovh:pay"),
    ],
)
def test_a_wish_that_spends_needs_the_scope_to_spend(
    tenant: Tenant, account: Account, terms: dict[str, Any], needed: str
) -> None:
    writer = Program(tenant, "ovh:read", "ovh:write")
    wanted = {"account": account.public_id, **terms}
    one = writer.post("wishes/", {**wanted, "plan_code": "27sk15"})
    many = writer.post("wishes/batch/", {**wanted, "plan_codes": ["27sk15"]})
    for response in (one, many):
        assert code(response) == (403, "scope_missing")
        assert needed in response.json()["error"]["message"]
    assert not wishes_of(tenant)


def test_a_dry_run_needs_no_scope_to_spend(tenant: Tenant, account: Account) -> None:
    writer = Program(tenant, "ovh:read", "ovh:write")
    wanted = {"account": account.public_id, "plan_code": "27sk15", "mode": "order"}
    made = writer.post("wishes/", wanted | {"dry_run": True})
    assert made.status_code == 201
    path = f"wishes/{made.json()['id']}/"
    assert writer.patch(path, {"dry_run": False}).status_code == 403
    assert [wish.dry_run for wish in wishes_of(tenant)] == [True]


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


def test_an_import_that_spends_needs_the_scope_too(tenant: Tenant, account: Account) -> None:
    writer = Program(tenant, "ovh:write")
    ordering = send_csv(writer, "plan_code,mode\n27sk15,order\n", account=account.public_id)
    assert code(ordering) == (403, "scope_missing")
    paying = "plan_code,mode,autopay\n27sk15,ask,yes\n"
    assert send_csv(writer, paying, account=account.public_id).status_code == 400
    assert not wishes_of(tenant)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plan_code": ""}, "plan_code"),
        ({"plan_code": "a\x00b"}, "plan_code"),
        ({"plan_code": "x" * 81}, "plan_code"),
        ({"name": "\ud800"}, "name"),
        ({"host": "mars"}, "host"),
        ({"subsidiary": "US"}, "subsidiary"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10**40}, "quantity"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"max_delivery_hours": 32_768}, "max_delivery_hours"),
        ({"cap_due_now": -1}, "cap_due_now"),
        ({"cap_due_now": 1e300}, "cap_due_now"),
        ({"cap_due_now": "NaN"}, "cap_due_now"),
        ({"datacenters": ["gra!"]}, "datacenters"),
        ({"datacenters": "gra"}, "datacenters"),
        ({"datacenters": ["gra"] * 51}, "datacenters"),
        ({"extras": {"bandwidth": "a\x00b"}}, "extras"),
        ({"extras": {"band\x00width": "a"}}, "extras"),
        ({"extras": ["bandwidth"]}, "extras"),
        ({"schedule": {"days": [7]}}, "schedule"),
        ({"schedule": {"from": "noon"}}, "schedule"),
        ({"schedule": []}, "schedule"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, "expires_at"),
        ({"mode": "order"}, "account"),
        ({"mode": "steal"}, "mode"),
        ({"track": "vps", "mode": "ask"}, "mode"),
        ({"account": "nobody"}, "account"),
        ({"bot": "nobody"}, "bot"),
        ({"cap_duenow": "1.00"}, "cap_duenow"),
        ({"state": "done"}, "state"),
    ],
)
def test_bad_input_names_its_field(
    program: Program, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    assert field in fields(program.post("wishes/", ALERT | changes))
    assert not wishes_of(tenant)


DEEP = ["[" * 100_000, '{"plan_code":' * 100_000, '{"quantity":' + "9" * 5_000 + "}"]


@pytest.mark.parametrize("body", DEEP, ids=["lists", "objects", "digits"])
def test_a_body_that_cannot_be_read_is_refused(program: Program, body: str) -> None:
    response = program.client.post(f"{BASE}wishes/", body, content_type="application/json")
    assert code(response) == (400, "parse_error")


@pytest.mark.parametrize("body", ["[]", '"x"', "5", "null", "[[]]", '{"a":', "{" * 50, "\x00"])
def test_a_body_that_is_no_object_is_refused(program: Program, body: str) -> None:
    for path in ("wishes/", "wishes/batch/"):
        response = program.client.post(BASE + path, body, content_type="application/json")
        assert response.status_code == 400


def test_errors_speak_the_callers_language(tenant: Tenant) -> None:
    response = Program(tenant, *SUPERSCOPES, language="zh-hant").post("wishes/", {})
    assert fields(response)["plan_code"] != ["This field is required."]


def test_another_tenants_account_and_bot_do_not_exist(
    program: Program, stranger: Tenant, tenant: Tenant
) -> None:
    theirs, bot = make_account(stranger), make_bot(stranger)
    wanted = {"plan_code": "27sk15", "account": theirs.public_id}
    assert "account" in fields(program.post("wishes/", wanted))
    assert "bot" in fields(program.post("wishes/", ALERT | {"bot": bot.public_id}))
    wish = make_wish(make_account(tenant))
    assert "account" in fields(
        program.patch(f"wishes/{wish.public_id}/", {"account": theirs.public_id})
    )


def test_another_tenants_wish_does_not_exist(program: Program, stranger: Tenant) -> None:
    theirs = make_wish(make_account(stranger), mode="alert")
    path = f"wishes/{theirs.public_id}/"
    assert program.get("wishes/").json()["results"] == []
    answers = [
        program.get(path),
        program.patch(path, {"name": "mine"}),
        program.delete(path),
        program.post(f"{path}pause/"),
        program.post(f"{path}resume/"),
        program.post(f"{path}duplicate/"),
    ]
    assert [code(answer) for answer in answers] == [(404, "not_found")] * 6
    assert [(wish.name, wish.state) for wish in wishes_of(stranger)] == [("", "armed")]


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


def test_a_batch_makes_all_or_none(program: Program, tenant: Tenant) -> None:
    terms: dict[str, Any] = {"host": "eu", "subsidiary": "FR", "datacenters": ["gra"]}
    response = program.post("wishes/batch/", terms | {"plan_codes": ["27sk15", "27sk20"]})
    assert response.status_code == 201
    made = response.json()["wishes"]
    assert [(one["plan_code"], one["datacenters"]) for one in made] == [
        ("27sk15", ["gra"]),
        ("27sk20", ["gra"]),
    ]
    bad: list[dict[str, Any]] = [
        {"plan_codes": []},
        {"plan_codes": ["x"] * 201},
        {"plan_codes": ["27sk15"], "plan_code": "27sk20"},
        {"plan_codes": ["27sk15", "a\x00"]},
    ]
    for changes in bad:
        assert program.post("wishes/batch/", terms | changes).status_code == 400
    assert len(wishes_of(tenant)) == 2


def send_csv(program: Program, text: str | bytes, **query: str) -> Any:
    path = f"{BASE}wishes/import/?" + "&".join(f"{name}={value}" for name, value in query.items())
    return program.client.post(path, text, content_type="text/csv")


def test_a_file_makes_a_wish_a_line(program: Program, account: Account) -> None:
    text = (
        "plan_code,mode,datacenters,quantity,cap_due_now\n"
        "27sk15,order,gra rbx,2,49.90\n"
        "27sk20,alert,,,\n"
    )
    response = send_csv(program, text, account=account.public_id)
    assert response.status_code == 201
    made = response.json()["wishes"]
    assert [(one["plan_code"], one["mode"], one["quantity"]) for one in made] == [
        ("27sk15", "order", 2),
        ("27sk20", "alert", 1),
    ]
    assert made[0]["datacenters"] == ["gra", "rbx"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mode\nalert\n",
        "plan_code,colour\n27sk15,red\n",
        "plan_code,quantity\n27sk15,1\n27sk20,many\n",
        "plan_code\n27sk15\na\x00b\n",
        'plan_code\n"' + "x" * 140_000 + '"\n',
    ],
)
def test_a_file_with_one_bad_line_makes_nothing(
    program: Program, tenant: Tenant, text: str
) -> None:
    response = send_csv(program, text, host="eu", subsidiary="FR")
    assert fields(response)["non_field_errors"]
    assert not wishes_of(tenant)


def test_a_file_that_is_no_text_or_too_large_is_refused(program: Program, tenant: Tenant) -> None:
    where = {"host": "eu", "subsidiary": "FR"}
    assert code(send_csv(program, b"plan_code\n\xff\xfe\n", **where)) == (400, "parse_error")
    large = b"plan_code\n" + b"27sk15\n" * 160_000
    assert code(send_csv(program, large, **where)) == (400, "parse_error")
    assert code(program.post("wishes/import/", {})) == (415, "unsupported_media_type")
    assert not wishes_of(tenant)


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


def test_scopes(tenant: Tenant, account: Account) -> None:
    path = f"wishes/{make_wish(account, mode='alert').public_id}/"
    reader, other = Program(tenant, "ovh:read"), Program(tenant, "lottery:write", "bots:read")
    assert reader.get("wishes/").status_code == 200
    writes = [
        reader.post("wishes/", ALERT),
        reader.patch(path, {"name": "x"}),
        reader.delete(path),
        reader.post(f"{path}pause/"),
        reader.post(f"{path}duplicate/"),
        reader.post("wishes/batch/", {}),
        send_csv(reader, "plan_code\n27sk15\n"),
        other.get("wishes/"),
    ]
    assert [code(answer) for answer in writes] == [(403, "scope_missing")] * len(writes)
    full = Program(tenant, "full").post(
        "wishes/", {"account": account.public_id, "plan_code": "27sk15", "mode": "order"}
    )
    assert full.status_code == 201

"""Wishes made over the REST API, and who may."""

from __future__ import annotations

from typing import Any

import pytest

from bots.testing import make_bot
from ovh_sniper.models import Account, Wish
from ovh_sniper.testing import make_account, make_wish, poll
from ovh_sniper.tests.programs import ALL, BASE, Program, code, fields
from ovh_sniper.tests.wishing import wishes_of
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
ALERT = {"host": "eu", "subsidiary": "FR", "plan_code": "27sk15"}


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant)


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
    made = Program(tenant, *ALL).post(
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
    response = Program(tenant, *ALL, language="zh-hant").post("wishes/", {})
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


def send_csv(program: Program, text: str | bytes, **query: str) -> Any:
    path = f"{BASE}wishes/import/?" + "&".join(f"{name}={value}" for name, value in query.items())
    return program.client.post(path, text, content_type="text/csv")


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

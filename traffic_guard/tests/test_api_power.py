"""Planned stops, stops and starts by hand, and decisions over the REST API."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Decision, PlannedStop, PowerAction, Server
from traffic_guard.testing import make_account, make_server
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.programs import Program, code, fields, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant)


def stop_of(program: Program) -> str:
    """Return the address of the newest planned stop."""
    return f"stops/{program.names('stops/', 'id')[0]}/"


def write_stop(server: Server) -> None:
    """Write a settled plan of a server, an action and a decision."""
    with scope(server.tenant_id):
        action = PowerAction.objects.create(
            server=server,
            kind="stop",
            origin="guard",
            request_key=f"{server.pk}",
            batch="batch1",
            state="done",
        )
        moment = timezone.now()
        plan = PlannedStop.objects.create(
            server=server, cycle_end=moment, execute_at=moment, state="executed", action=action
        )
        Decision.objects.create(
            server=server, code="done", at=moment, last_at=moment, planned_stop=plan, action=action
        )


# --- Planned stops


def test_a_planned_stop_is_shown_postponed_and_brought_forward(
    guarded: Guarded, program: Program
) -> None:
    guarded.add_server()
    guarded.runs_low()
    path = stop_of(program)
    shown = found(program.get(path))
    assert (shown["state"], shown["server_name"], shown["reason"]) == ("waiting", "web", "")
    assert shown["facts"]["policy"]["threshold_percent"] == [5.0, "tenant"]
    [server] = found(program.get("servers/"))["results"]
    assert server["planned_stop"]["id"] == shown["id"]
    postponed = found(program.post(f"{path}postpone/", {"hours": 2}))
    assert (postponed["postponed"], postponed["state"]) == (1, "waiting")
    assert postponed["execute_at"] > shown["execute_at"]
    # a repeat whose answer was lost does not put it off twice
    assert found(program.post(f"{path}postpone/", {"hours": 2})) == postponed
    assert found(program.post(f"{path}stop-now/"))["is_hastened"]
    guarded.ticks(minutes=5)
    done = found(program.get(path))
    assert done["state"] == "executed"
    assert found(program.get(f"actions/{done['action']}/"))["state"] == "done"
    assert guarded.power() == "SHUTOFF"
    late = program.post(f"{path}postpone/")
    assert code(late) == (409, "too_late")
    assert late.json()["error"]["state"] == "executed"
    assert "carried out" in late.json()["error"]["message"]
    assert program.names("stops/?open=true") == []


@pytest.mark.parametrize(("act", "reason"), [("skip", "skipped"), ("cancel", "cancelled")])
def test_a_planned_stop_is_called_off(
    guarded: Guarded, program: Program, act: str, reason: str
) -> None:
    guarded.add_server()
    guarded.runs_low()
    path = stop_of(program)
    off = found(program.post(f"{path}{act}/"))
    assert (off["state"], off["reason"]) == ("cancelled", reason)
    assert off["reason_text"] or reason == "skipped"
    assert found(program.post(f"{path}{act}/")) == off
    guarded.ticks(300, minutes=40)
    assert guarded.calls() == []


def test_a_held_stop_waits_for_a_word(guarded: Guarded, program: Program) -> None:
    for number in range(4):
        guarded.add_server(f"web-{number}", left_gb=20)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    [held] = found(program.get("stops/", state="held"))["results"]
    assert "hours" in fields(program.post(f"stops/{held['id']}/postpone/", {"hours": 0}))
    approved = found(program.post(f"stops/{held['id']}/approve/"))
    assert approved["state"] == "waiting"
    assert "bh_live_" in approved["approved_by"]


# --- By hand


def test_many_servers_are_stopped_by_one_request_that_may_be_repeated(
    guarded: Guarded, program: Program, tenant: Tenant
) -> None:
    servers = [guarded.add_server(name) for name in ("web", "db")]
    guarded.look()
    ids = [one.public_id for one in servers]
    made = program.act("night", kind="stop", servers=ids)
    assert made.status_code == 201
    asked = made.json()
    assert [(one["server_name"], one["state"]) for one in asked["actions"]] == [
        ("web", "intended"),
        ("db", "intended"),
    ]
    assert (asked["refused"], asked["actions"][0]["origin"]) == ([], "api")
    guarded.ticks(minutes=3)
    again = program.act("night", kind="stop", servers=ids)
    assert (again.status_code, again.json()["batch"]) == (200, asked["batch"])
    assert len(guarded.calls()) == 1  # both in one call, and no second one
    progress = found(program.get(f"batches/{asked['batch']}/"))
    assert (progress["count"], progress["settled"], progress["is_over"]) == (2, 2, True)
    assert {one["state"] for one in progress["actions"]} == {"done"}
    assert "confirmed" in progress["actions"][0]["state_text"]
    # the same key for something else is none
    others: list[dict[str, Any]] = [
        {"kind": "start", "servers": ids},
        {"kind": "stop", "servers": ids[:1]},
        {"kind": "stop", "servers": ids, "is_hard": True},
    ]
    for other in others:
        refused = program.act("night", **other)
        assert code(refused) == (409, "idempotency_key_reused"), other
    assert program.act("morning", kind="start", servers=ids[:1]).status_code == 201
    guarded.ticks(minutes=3)
    assert (guarded.power("web"), guarded.power("db")) == ("ACTIVE", "SHUTOFF")
    assert program.names("actions/?kind=start", "state") == ["done"]


def test_what_cannot_be_done_says_why_server_by_server(program: Program, tenant: Tenant) -> None:
    watched = make_account(tenant, name="W", rights="monitor", access_key="W" * 20)
    one = make_server(make_account(tenant), "web-1")
    other = make_server(watched, "web-2")
    only = program.act("a", kind="stop", servers=[other.public_id])
    assert code(only) == (422, "nothing_done")
    [refused] = only.json()["error"]["refused"]
    assert (refused["server"], refused["reason"]) == (other.public_id, "watch_only")
    assert refused["reason_text"] == "the keys of its account may only watch"
    both = program.act("b", kind="reboot", servers=[one.public_id, other.public_id])
    assert both.status_code == 201
    assert [entry["reason"] for entry in both.json()["refused"]] == ["watch_only"]
    busy = program.act("c", kind="stop", servers=[one.public_id])
    assert busy.json()["error"]["refused"][0]["reason"] == "busy"
    assert program.names("actions/?open=true", "kind") == ["reboot"]


def test_a_request_names_itself_and_servers_that_exist(
    program: Program, tenant: Tenant, stranger: Tenant
) -> None:
    mine = make_server(make_account(tenant)).public_id
    theirs = make_server(make_account(stranger)).public_id
    assert "Idempotency-Key" in fields(
        program.post("actions/", {"kind": "stop", "servers": [mine]})
    )
    assert "Idempotency-Key" in fields(program.act("k" * 256, kind="stop", servers=[mine]))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kind": "stop", "servers": [mine, theirs]}, "servers"),
        ({"kind": "stop", "servers": []}, "servers"),
        ({"kind": "explode", "servers": [mine]}, "kind"),
        ({"kind": "stop", "servers": [mine], "force": True}, "force"),
        ({"servers": [mine]}, "kind"),
    ]
    for body, field in wrong:
        assert field in fields(program.act("k", **body)), body
    assert program.names("actions/") == []
    assert code(program.get("batches/nobody/")) == (404, "not_found")


def test_another_tenants_stops_actions_and_decisions_do_not_exist(
    program: Program, tenant: Tenant, stranger: Tenant
) -> None:
    write_stop(make_server(make_account(tenant)))
    other = Program(stranger)
    lists = ("stops/", "actions/", "decisions/")
    assert [other.names(path, "id") for path in lists] == [[], [], []]
    paths = [f"{path}{program.names(path, 'id')[0]}/" for path in lists]
    answers = [other.get(path) for path in (*paths, "batches/batch1/")]
    answers += [other.post(f"{paths[0]}{act}/") for act in ("postpone", "cancel", "stop-now")]
    assert {code(answer) for answer in answers} == {(404, "not_found")}
    assert found(program.get("batches/batch1/"))["is_over"]


# --- Why


def test_decisions_say_why_in_a_sentence_and_hold_what_they_rest_on(
    guarded: Guarded, program: Program, tenant: Tenant
) -> None:
    server = guarded.add_server()
    guarded.runs_low()
    program.post(f"{stop_of(program)}stop-now/")
    guarded.ticks(30, minutes=3)
    log = found(program.get("decisions/"))["results"]
    assert [one["code"] for one in log][::-1] == guarded.log()
    assert all(one["sentence"] and one["server"] == server.public_id for one in log)
    planned = next(one for one in log if one["code"] == "planned")
    whole = found(program.get(f"decisions/{planned['id']}/"))
    assert whole["facts"]["policy"]["auto_stop"] == [True, "tenant"]
    assert whole["planned_stop"] == program.names("stops/", "id")[0]
    assert whole["sentence"] == planned["sentence"]
    queries = {
        "code=planned": ["planned"],
        f"code=done&server={server.public_id}": ["done"],
        "server=nobody": [],
        f"until={guarded.now.year - 1}-01-01T00:00Z": [],
    }
    shown = {query: program.names(f"decisions/?{query}", "code") for query in queries}
    assert shown == queries
    assert "code" in fields(program.get("decisions/", code="whim"))


def test_lists_cost_the_same_however_long(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant)
    paths = ("stops/", "actions/", "decisions/")

    def count() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert program.get(path).json()["results"]
            counts.append(len(queries))
        return counts

    write_stop(make_server(account))
    program.get("stops/")
    few = count()
    for number in range(1, 5):
        write_stop(make_server(account, f"db-{number}"))
    assert count() == few == [2, 2, 2]

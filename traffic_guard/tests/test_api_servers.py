"""Servers, their past, policies and the log of decisions over the REST API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import OutboundHour, Policy
from traffic_guard.testing import GB, make_account, make_package, make_reading, make_server
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.planned import low_server
from traffic_guard.tests.programs import Program, code, fields, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant)


# --- What is left


def test_a_server_is_shown_as_billed_and_live_with_what_is_to_come(
    guarded: Guarded, program: Program
) -> None:
    guarded.add_server(left_gb=400)
    guarded.look()
    [listed] = found(program.get("servers/"))["results"]
    shown = found(program.get(f"servers/{listed['id']}/"))
    assert {name: shown[name] for name in listed} == listed
    assert (shown["remaining_bytes"], shown["total_bytes"]) == (400 * GB, 1000 * GB)
    assert (shown["power"], shown["unknown_because"], shown["unknown_text"]) == ("running", "", "")
    assert (shown["threshold_bytes"], shown["auto_stop"]) == (50 * GB, True)
    assert (shown["verdict"], shown["planned_stop"]) == ("above", None)
    assert shown["policy"]["grace_minutes"] == {"value": 30, "source": "tenant"}
    assert shown["policy"]["margin_percent"]["source"] == "default"
    assert [one["remaining_bytes"] for one in shown["packages"]] == [400 * GB]
    assert shown["forecast"]["safe_daily_bytes"] > 0
    assert any("a stop refunds nothing" in one for one in shown["costs_while_off"])
    readings = program.get(f"servers/{listed['id']}/readings/").json()
    assert [one["remaining_bytes"] for one in readings] == [400 * GB]


def test_what_is_not_known_is_null_and_says_why(
    guarded: Guarded, program: Program, tenant: Tenant
) -> None:
    guarded.add_server()
    guarded.look()
    guarded.passes(hours=4)
    [shown] = found(program.get("servers/"))["results"]
    assert (shown["remaining_bytes"], shown["percent_left"], shown["runs_out_at"]) == (None,) * 3
    assert (shown["unknown_because"], shown["bytes_an_hour"]) == ("stale", None)
    assert shown["unknown_text"] == "the newest reading is too old"
    chinese = Program(tenant, language="zh-hant").get("servers/").json()["results"][0]
    assert chinese["unknown_because"] == "stale"


def test_servers_are_filtered_and_paged(program: Program, tenant: Tenant) -> None:
    account, other = make_account(tenant), make_account(tenant, name="B", access_key="B" * 20)
    low = low_server(account, "web-low")
    off = make_server(account, "web-off", power="stopped", region="cn-north-4")
    fine = make_server(other, "db", is_protected=True, addresses=["198.51.100.7"])
    hidden = make_server(other, "gone", hidden_at=timezone.now())
    queries = {
        "": [low, off, fine],
        "state=low": [low],
        "state=unknown": [off, fine],
        "state=stopped": [off],
        "state=protected": [fine],
        "region=cn-north-4": [off],
        "q=198.51.100.7": [fine],
        f"account={other.public_id}": [fine],
        "q=web&state=running": [low],
    }
    shown = {query: program.names(f"servers/?{query}", "id") for query in queries}
    assert shown == {query: [one.public_id for one in rows] for query, rows in queries.items()}
    first = found(program.get("servers/", page_size=2))
    second = program.client.get(first["next"]).json()
    names = [one["name"] for one in first["results"] + second["results"]]
    assert (names, second["next"]) == (["web-low", "web-off", "db"], None)
    # one that is hidden is found by who knows its id
    assert found(program.get(f"servers/{hidden.public_id}/"))["hidden_at"]
    for wrong in ("state=melted", "sort=name", "page_size=0"):
        assert program.get(f"servers/?{wrong}").status_code == 400


def test_a_list_costs_the_same_however_long(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant)
    paths = ("servers/", "packages/")

    def count() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert program.get(path).json()["results"]
            counts.append(len(queries))
        return counts

    low_server(account, "web-0")
    program.get("servers/")
    few = count()
    for number in range(1, 5):
        low_server(account, f"web-{number}")
    assert count() == few
    assert few[0] <= 10


# --- What people decide


def test_a_server_is_protected_paused_and_hidden(program: Program, tenant: Tenant) -> None:
    server = make_server(make_account(tenant))
    path = f"servers/{server.public_id}/"
    protected = found(program.post(f"{path}protect/"))
    assert protected["is_protected"]
    assert "bh_live_" in protected["protected_by"]
    assert found(program.post(f"{path}unprotect/"))["is_protected"] is False
    until = "2099-01-01T00:00:00Z"
    assert found(program.post(f"{path}pause/", {"until": until}))["paused_until"] == until
    assert found(program.post(f"{path}resume/"))["paused_until"] is None
    assert "until" in fields(program.post(f"{path}pause/"))
    assert found(program.post(f"{path}hide/"))["hidden_at"]
    assert program.names("servers/") == []
    assert found(program.post(f"{path}show/"))["hidden_at"] is None
    with scope(tenant):
        acts = set(AuditEvent.objects.filter(actor_kind="api_key").values_list("action", flat=True))
    assert {
        "traffic_server.protected",
        "traffic_server.unprotected",
        "traffic_server.paused",
    } <= acts


# --- The past


def test_the_past_is_read_and_replayed(program: Program, tenant: Tenant) -> None:
    server = make_server(make_account(tenant))
    now = timezone.now()
    package = make_package(server, left=40)
    for hours, left in ((6, 300), (5, 120), (4, 90), (3, 80), (2, 60), (1, 50)):
        make_reading(package, now - timedelta(hours=hours), left)
    with scope(tenant):
        hour = (now - timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
        OutboundHour.objects.create(server=server, hour=hour, sent_bytes=20 * GB)
    path = f"servers/{server.public_id}/"
    since = (now - timedelta(hours=3, minutes=5)).isoformat()
    readings = program.get(f"{path}readings/", since=since).json()
    assert [one["remaining_bytes"] // GB for one in readings] == [80, 60, 50, 40]
    assert [one["sent_bytes"] for one in program.get(f"{path}outbound/").json()] == [20 * GB]
    replayed = found(program.get(f"{path}what-if/", threshold_bytes=100 * GB, grace_minutes=0))
    [stop] = replayed["stops"]
    assert (stop["threshold_bytes"], stop["remaining_bytes"]) == (100 * GB, 80 * GB)
    assert stop["basis"] == "two_readings"
    assert replayed["least_remaining_bytes"] == 40 * GB
    assert found(program.get(f"{path}what-if/", threshold_bytes=0))["stops"] == []
    assert found(program.get(f"{path}backtest/")) == {"cycles": 0, "scores": []}
    with scope(tenant):
        assert not Policy.objects.exists()
    for wrong in ({"since": now.isoformat(), "until": since}, {"since": "2020-01-01T00:00Z"}):
        assert "since" in fields(program.get(f"{path}readings/", **wrong))
    assert "threshold_percent" in fields(program.get(f"{path}what-if/", threshold_percent=101))


# --- Policies


def test_policies_are_inherited_from_level_to_level(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant)
    server = make_server(account)
    levels = ("policy/", f"accounts/{account.public_id}/policy/")
    one = f"servers/{server.public_id}/policy/"
    fresh = found(program.get("policy/"))
    assert set(fresh["own"].values()) == {None}
    assert fresh["effective"]["auto_stop"] == {"value": False, "source": "default"}
    program.put(levels[0], {"auto_stop": True, "grace_minutes": 60, "alert_levels": [50, 90]})
    program.put(levels[1], {"threshold_bytes": 20 * GB, "schedule": {"days": [0, 1]}})
    saved = found(program.put(one, {"grace_minutes": 5, "dry_run": "always"}))
    held = saved["effective"]
    assert held["grace_minutes"] == {"value": 5, "source": "server"}
    assert held["threshold_bytes"] == {"value": 20 * GB, "source": "account"}
    assert held["threshold_percent"] == {"value": None, "source": "account"}
    assert held["alert_levels"] == {"value": [50, 90], "source": "tenant"}
    assert held["schedule"] == {"value": {"days": [0, 1]}, "source": "account"}
    # some of it changes, and the rest stays; null gives it back to the level above
    changed = found(program.patch(one, {"grace_minutes": None}))
    assert (changed["own"]["grace_minutes"], changed["own"]["dry_run"]) == (None, "always")
    assert changed["effective"]["grace_minutes"] == {"value": 60, "source": "tenant"}
    # a whole policy replaces what was there
    assert found(program.put(one, {}))["own"]["dry_run"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"threshold_percent": 101}, "threshold_percent"),
        ({"threshold_bytes": -1}, "threshold_bytes"),
        ({"threshold_bytes": 10**30}, "threshold_bytes"),
        ({"interval_minutes": 1}, "interval_minutes"),
        ({"alert_levels": [90, 50]}, "alert_levels"),
        ({"schedule": {"days": [9]}}, "schedule"),
        ({"skip_dates": ["tomorrow"]}, "skip_dates"),
        ({"stop_mode": "explode"}, "stop_mode"),
        ({"treshold_bytes": 5}, "treshold_bytes"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_in_words(
    program: Program, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    assert all(fields(program.put("policy/", changes))[field])
    with scope(tenant):
        assert not Policy.objects.exists()


def test_what_lets_the_guard_stop_servers_needs_the_scope_for_it(tenant: Tenant) -> None:
    account = make_account(tenant)
    server = make_server(account)
    writer, both = Program(tenant, "traffic:read", "traffic:write"), Program(tenant)
    path = f"servers/{server.public_id}/policy/"
    assert writer.put("policy/", {"threshold_percent": 10}).status_code == 200
    assert code(writer.put("policy/", {"auto_stop": True})) == (403, "scope_missing")
    assert found(writer.get("policy/"))["own"]["threshold_percent"] == 10
    assert both.put(path, {"auto_stop": True}).status_code == 200
    # with automatic stops on somewhere below, another threshold is a stop, too
    for level in ("policy/", f"accounts/{account.public_id}/policy/", path):
        refused = writer.patch(level, {"threshold_percent": 99})
        assert code(refused) == (403, "scope_missing"), level
    assert found(writer.get("policy/"))["own"]["threshold_percent"] == 10

"""From a rest below the threshold to a server that is off, proved; and what keeps one running."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, Preferences, Server
from traffic_guard.services.guarding import own, planning
from traffic_guard.testing import TESTER
from traffic_guard.tests.guarded import DETAIL, Guarded

pytestmark = pytest.mark.django_db


def test_two_readings_below_a_grace_period_one_call_and_a_proof(guarded: Guarded) -> None:
    guarded.add_server(gb_per_hour=1)
    guarded.emulator.set_remaining("web", 20)
    assert guarded.look() == []
    assert guarded.server().verdict == "unconfirmed"
    guarded.passes(minutes=15)
    (plan,) = guarded.look()
    assert plan.execute_at - guarded.now == timedelta(minutes=30)
    # a look more, and a tick a moment too early, change nothing
    guarded.passes(minutes=29)
    assert guarded.look() == []
    guarded.tick()
    assert guarded.calls() == []
    guarded.passes(minutes=1)
    guarded.tick()
    assert (guarded.plans(), guarded.states()) == (["executed"], ["stop sent"])
    assert guarded.power() == "ACTIVE powering-off"
    guarded.ticks(minutes=1)
    assert (guarded.power(), guarded.states()) == ("SHUTOFF", ["stop done"])
    assert len(guarded.calls("stop")) == 1
    server = guarded.server()
    assert (server.power, server.kept_off_by_id) == ("stopped", guarded.action().pk)
    guarded.look()
    assert guarded.server().verdict == "kept_off"
    events = ["unconfirmed", "planned", "stop", "ordered", "sent", "done", "kept_off"]
    assert guarded.log() == events


# --- People and settings say no


def protect(guarded: Guarded) -> None:
    set_server(guarded, is_protected=True)


def set_server(guarded: Guarded, **values: Any) -> None:
    with scope(guarded.tenant):
        Server.objects.filter(name="web").update(**values)


def set_account(guarded: Guarded, **values: Any) -> None:
    with scope(guarded.tenant):
        Account.objects.filter(pk=guarded.account.pk).update(**values)


def set_limits(guarded: Guarded, **values: Any) -> None:
    with scope(guarded.tenant):
        Preferences.objects.update_or_create(tenant=guarded.tenant, defaults=values)


def suspend(guarded: Guarded) -> None:
    Tenant.objects.filter(pk=guarded.tenant.pk).update(state="suspended")


def skip(guarded: Guarded) -> None:
    set_server(guarded, skipped_cycle_end=guarded.server().cycle_end)


def in_an_hour(guarded: Guarded) -> datetime:
    return guarded.now + timedelta(hours=1)


AGAINST: list[tuple[str, Callable[[Guarded], Any]]] = [
    ("protected", protect),
    ("tagged_off", lambda g: g.emulator.set_server("web", tags=["traffic_guard=off"])),
    ("auto_off", lambda g: g.policy(g.server(), auto_stop=False)),
    ("watch_only", lambda g: set_account(g, rights="monitor")),
    ("halted", lambda g: set_account(g, halted_for="frozen")),
    ("locked", lambda g: g.emulator.set_server("web", is_locked=True)),
    ("frozen", lambda g: g.emulator.set_server("web", is_frozen=True)),
    ("paused_all", lambda g: set_limits(g, paused_until=in_an_hour(g))),
    ("paused", lambda g: set_server(g, paused_until=in_an_hour(g))),
    ("skipped", skip),
    ("suspended", suspend),
    ("already_off", lambda g: g.emulator.switch("web", is_on=False)),
    ("already_off", lambda g: g.emulator.begin_task("web", "powering-off", 1e6)),
    ("gone", lambda g: g.emulator.remove("web")),
    ("above", lambda g: g.emulator.set_remaining("web", 900)),
]


@pytest.mark.parametrize(("verdict", "happens"), AGAINST)
def test_whoever_objects_before_a_stop_is_planned_is_heard(
    guarded: Guarded, verdict: str, happens: Callable[[Guarded], Any]
) -> None:
    guarded.add_server()
    guarded.emulator.set_remaining("web", 20)
    guarded.look()
    happens(guarded)
    guarded.passes(minutes=15)
    assert guarded.look() == []
    assert guarded.server().verdict == verdict
    guarded.grace_passes()
    assert (guarded.plans(), guarded.calls()) == ([], [])


@pytest.mark.parametrize(("verdict", "happens"), AGAINST)
def test_whoever_objects_at_the_last_moment_of_the_grace_period_is_heard(
    guarded: Guarded, verdict: str, happens: Callable[[Guarded], Any]
) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.passes(minutes=29, seconds=59)
    happens(guarded)
    guarded.passes(seconds=1)
    guarded.tick()
    assert guarded.plans() == [f"dropped {verdict}"]
    guarded.ticks(minutes=2)
    assert (guarded.states(), guarded.calls()) == ([], [])


def test_the_machine_that_this_runs_on_is_never_stopped_by_anybody(
    guarded: Guarded, settings: Any
) -> None:
    server = guarded.add_server()
    settings.OWN_ADDRESSES = [server.addresses[0]]
    assert guarded.runs_low() == []
    assert guarded.server().verdict == "own_machine"
    asked = guarded.ask(guarded.server())
    assert [one.why for one in asked.refused] == ["own_machine"]
    # a start does no harm
    assert guarded.ask(guarded.server(), kind="start", key="on").refused == []
    assert own.own_addresses() >= {server.addresses[0]}


def test_an_address_that_only_the_cloud_knows_of_is_recognised_before_the_call(
    guarded: Guarded, settings: Any
) -> None:
    server = guarded.add_server()
    settings.OWN_ADDRESSES = [server.addresses[0]]
    set_server(guarded, addresses=[])
    guarded.ask(guarded.server())
    guarded.tick()
    assert guarded.states() == ["stop refused own_machine"]
    assert guarded.calls() == []


# --- Unknown


UNKNOWN: list[Callable[[Guarded], Any]] = [
    lambda g: g.emulator.lose("web", 1000),
    lambda g: g.emulator.set_unit("web", 99),
    lambda g: g.emulator.fault("html", service="bss", times=0),
    lambda g: g.emulator.fault("empty", service="bss", times=0),
    lambda g: g.emulator.fault("throttled", service="bss", times=0),
    lambda g: g.emulator.fault("html", service="ecs", path=DETAIL, times=0),
    lambda g: g.emulator.begin_task("web", "rebuilding", 1e6),
]


@pytest.mark.parametrize("happens", UNKNOWN)
def test_what_becomes_unknown_in_the_middle_of_the_grace_period_stops_nothing(
    guarded: Guarded, happens: Callable[[Guarded], Any]
) -> None:
    guarded.add_server()
    guarded.runs_low()
    happens(guarded)
    guarded.passes(minutes=15)
    guarded.look()
    # one lost poll is no reason to begin anew
    assert guarded.plans() == ["waiting"]
    guarded.passes(minutes=15)
    guarded.tick()
    assert (guarded.plans(), guarded.states()) == (["waiting"], [])
    guarded.passes(minutes=31)
    guarded.tick()
    assert guarded.plans()[0].startswith("dropped ")
    assert guarded.calls() == []


def test_a_poll_that_is_lost_once_delays_a_stop_and_no_more(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.passes(minutes=30)
    guarded.emulator.lose("web", 1)
    guarded.tick()
    assert guarded.calls() == []
    guarded.passes(minutes=5)
    guarded.ticks(minutes=1)
    assert guarded.plans() == ["executed"]


def test_what_was_never_read_or_long_ago_is_not_stopped(guarded: Guarded) -> None:
    guarded.add_server()
    assert guarded.evaluate() == []
    assert guarded.server().verdict == "unknown"
    guarded.runs_low()
    guarded.passes(hours=4)
    guarded.evaluate()
    assert guarded.server().verdict == "unknown"
    # the plan's own look asks for a fresh reading; that alone is too little, hours after its time
    guarded.tick()
    assert (guarded.plans(), guarded.calls()) == (["dropped unconfirmed"], [])


def test_no_stop_on_a_reading_whose_cycle_has_ended(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.end_cycle("web", 3600)
    guarded.runs_low()
    assert guarded.plans() == ["waiting"]
    guarded.passes(minutes=46)
    guarded.evaluate()
    assert guarded.plans() == ["dropped cycle_over"]
    assert guarded.server().verdict == "cycle_over"
    guarded.grace_passes()
    guarded.look()
    assert (guarded.server().verdict, guarded.calls()) == ("above", [])


def test_a_stop_that_the_reset_would_overtake_is_not_planned(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.end_cycle("web", 2400)
    assert guarded.runs_low() == []
    assert guarded.server().verdict == "no_opening"


def test_only_servers_of_the_breached_package_are_stopped(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.add_server("innocent")
    bought = guarded.emulator.add_server(guarded.domain_id, name="stranger")
    with scope(guarded.tenant):
        guarded._server(bought)
    guarded.runs_low()
    guarded.grace_passes()
    assert [guarded.power(name) for name in ("web", "innocent", "stranger")] == [
        "SHUTOFF",
        "ACTIVE",
        "ACTIVE",
    ]
    assert guarded.server("stranger").verdict == "no_package"


# --- When


def test_a_stop_outside_the_hours_waits_for_the_next_opening(guarded: Guarded) -> None:
    guarded.add_server()
    zone = guarded.tenant.time_zone
    local = guarded.now.astimezone(__import__("zoneinfo").ZoneInfo(zone))
    opens = (local + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    guarded.policy(
        schedule={
            "from": opens.strftime("%H:%M"),
            "to": (opens + timedelta(hours=2)).strftime("%H:%M"),
        }
    )
    (plan,) = guarded.runs_low()
    assert plan.execute_at == opens
    with scope(guarded.tenant):
        assert plan.decisions.get().facts["is_outside"] is True
    # the hours are changed while it waits: it waits on, and says so
    later = opens + timedelta(hours=1)
    guarded.policy(schedule={"from": f"{later:%H:%M}", "to": ""})
    guarded.passes(seconds=(opens - guarded.now).total_seconds())
    guarded.tick()
    assert (guarded.plan().execute_at, guarded.calls()) == (later, [])
    assert "waits_for_opening" in guarded.log()
    guarded.policy(skip_dates=[later.date().isoformat()], schedule={})
    guarded.passes(seconds=3600)
    guarded.tick()
    assert guarded.plan().execute_at.astimezone(local.tzinfo).hour == 0
    assert guarded.calls() == []
    # unless somebody says "now"
    with scope(guarded.tenant):
        planning.stop_now(guarded.plan(), by=TESTER, now=guarded.now)
    guarded.tick()
    assert guarded.plans() == ["executed"]


def test_the_first_cycle_is_a_dry_run_with_everything_but_the_call(guarded: Guarded) -> None:
    guarded.policy(dry_run="first")
    guarded.add_server()
    guarded.emulator.end_cycle("web", 2 * 3600)
    (plan,) = guarded.runs_low()
    assert plan.is_dry_run
    guarded.grace_passes()
    assert (guarded.plans(), guarded.calls()) == (["dry"], [])
    assert guarded.log()[-3:] == ["planned_dry", "stop", "dry_run"]
    # said once in a cycle
    guarded.look()
    assert (guarded.server().verdict, guarded.plans()) == ("dry_done", ["dry"])
    # the cycle after it is none
    guarded.passes(minutes=90)
    guarded.runs_low()
    guarded.grace_passes()
    assert guarded.plans() == ["dry", "executed"]
    assert guarded.power() == "SHUTOFF"


@pytest.mark.parametrize(("before", "after"), [("always", "never"), ("never", "always")])
def test_a_dry_run_that_ends_or_begins_meanwhile_is_planned_anew(
    guarded: Guarded, before: str, after: str
) -> None:
    guarded.policy(dry_run=before)
    guarded.add_server()
    guarded.runs_low()
    guarded.policy(dry_run=after)
    guarded.passes(minutes=30)
    guarded.tick()
    assert (guarded.plans(), guarded.calls()) == (["dropped dry_changed"], [])
    guarded.look()
    assert guarded.plan().is_dry_run is (after == "always")


# --- How many


def test_forty_servers_at_once_are_not_all_stopped(guarded: Guarded) -> None:
    names = [f"web-{number}" for number in range(40)]
    for number, name in enumerate(names):
        guarded.add_server(name, left_gb=10 + number / 10)
    guarded.look()
    guarded.passes(minutes=15)
    plans = guarded.look()
    assert len(plans) == 40
    held = [plan for plan in plans if plan.state == "held"]
    assert len(held) == 37
    # those with the least left go first
    assert {guarded.plans(name)[0] for name in names[:3]} == {"waiting"}
    guarded.grace_passes()
    assert len(guarded.calls("stop")) == 1
    assert sum(guarded.power(name) == "SHUTOFF" for name in names) == 3
    # nobody says a word: they wait
    assert [guarded.plans(name)[0] for name in names[3:]] == ["held"] * 37


def test_the_hours_cap_holds_back_what_a_slow_drip_would_stop(guarded: Guarded) -> None:
    set_limits(guarded, stops_per_run=1, stops_per_hour=2)
    for name in ("a", "b", "c"):
        guarded.add_server(name)
        guarded.runs_low(name=name)
        guarded.passes(minutes=6)
        guarded.tick()
    assert [guarded.plans(name)[0] for name in "abc"] == ["executed", "waiting", "held"]
    guarded.passes(minutes=9)
    guarded.tick()
    guarded.ticks(minutes=1)
    assert [guarded.power(name) for name in "abc"] == ["SHUTOFF", "SHUTOFF", "ACTIVE"]


def test_a_cap_that_was_lowered_meanwhile_holds_at_the_execution_too(guarded: Guarded) -> None:
    for name in ("a", "b"):
        guarded.add_server(name, left_gb=20)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    assert guarded.plans() == ["waiting", "waiting"]
    set_limits(guarded, stops_per_run=1)
    guarded.grace_passes()
    assert sorted(guarded.plans()) == ["executed", "held"]
    assert len(guarded.states()) == 1


# --- Only once a cycle


def test_one_that_was_started_by_hand_is_not_stopped_again_unless_that_is_wished(
    guarded: Guarded,
) -> None:
    server = guarded.stopped_by_guard()
    guarded.emulator.switch("web", is_on=True)
    guarded.passes(minutes=15)
    guarded.look()
    server = guarded.server()
    assert (server.verdict, server.kept_off_by_id) == ("restarted", None)
    assert "started_by_hand" in guarded.log()
    guarded.passes(hours=1)
    guarded.look()
    assert guarded.plans() == ["executed"]
    guarded.policy(guarded.server(), restop=True)
    guarded.passes(minutes=15)
    (plan,) = guarded.look()
    assert plan.execute_at - guarded.now == timedelta(minutes=30)
    guarded.grace_passes()
    assert (guarded.power(), len(guarded.calls("stop"))) == ("SHUTOFF", 2)


def test_one_that_was_off_when_the_guard_came_is_not_ours(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.passes(minutes=30)
    guarded.execute()
    guarded.emulator.switch("web", is_on=False)
    guarded.tick()
    assert guarded.states() == ["stop done already"]
    assert (guarded.server().kept_off_by_id, guarded.calls()) == (None, [])
    # nor is it one that was stopped in this cycle
    guarded.emulator.switch("web", is_on=True)
    guarded.passes(minutes=15)
    assert len(guarded.look()) == 1


def test_another_end_of_the_same_cycle_is_no_second_chance(guarded: Guarded) -> None:
    guarded.stopped_by_guard()
    guarded.emulator.switch("web", is_on=True)
    guarded.emulator.end_cycle("web", 5 * 86400)
    guarded.passes(minutes=15)
    guarded.look()
    assert guarded.server().verdict == "restarted"
    end = guarded.server().cycle_end
    assert end is not None
    assert end < guarded.now + timedelta(days=6)

"""From a rest below the threshold to a server that is off, proved; and what keeps one running."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, Server
from traffic_guard.services.guarding import own
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
    ("paused_all", lambda g: g.limits(paused_until=in_an_hour(g))),
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

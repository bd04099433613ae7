"""When a server is stopped, how many at once, and only once a cycle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenants.scoping import scope
from traffic_guard.services.guarding import planning
from traffic_guard.testing import TESTER
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


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
    guarded.limits(stops_per_run=1, stops_per_hour=2)
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
    guarded.limits(stops_per_run=1)
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

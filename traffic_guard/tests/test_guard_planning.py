"""What people do about a planned stop, from wherever: each once, and never too late unsaid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tenants.models import AuditEvent
from tenants.scoping import scope
from tenants.services.audit import Actor
from traffic_guard.models import Preferences
from traffic_guard.services.guarding import pausing, planning, protecting
from traffic_guard.services.guarding.planning import TooLate
from traffic_guard.testing import TESTER
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db

OSCAR = Actor(kind="person", name="Oscar")


@pytest.fixture
def waiting(guarded: Guarded) -> Guarded:
    """A stop of `web` that happens in half an hour."""
    guarded.add_server()
    guarded.runs_low()
    return guarded


def do(guarded: Guarded, act: str, by: Actor = OSCAR, **more: Any) -> Any:
    with scope(guarded.tenant):
        return getattr(planning, act)(guarded.plan(), by=by, now=guarded.now, **more)


def test_postponed_by_an_hour_it_happens_an_hour_later(waiting: Guarded) -> None:
    before = waiting.plan().execute_at
    plan = do(waiting, "postpone")
    assert plan.execute_at - before == timedelta(hours=1)
    # the same press again is the same press; another one is another hour
    do(waiting, "postpone")
    assert waiting.plan().execute_at - before == timedelta(hours=1)
    waiting.passes(minutes=1)
    do(waiting, "postpone", hours=2)
    assert waiting.plan().execute_at - before == timedelta(hours=3)
    assert waiting.plan().postponed == 2
    waiting.passes(minutes=29)
    waiting.tick()
    assert waiting.states() == []
    waiting.passes(hours=2, minutes=50)
    waiting.look()
    waiting.passes(minutes=10)
    waiting.tick()
    assert waiting.plans() == ["executed"]


def test_skipped_for_this_cycle_it_is_left_alone_until_the_reset(waiting: Guarded) -> None:
    do(waiting, "skip_cycle")
    do(waiting, "skip_cycle")
    assert waiting.plans() == ["cancelled skipped"]
    assert waiting.plan().settled_by == "Oscar"
    waiting.grace_passes()
    waiting.look()
    assert (waiting.server().verdict, waiting.calls()) == ("skipped", [])
    assert waiting.log().count("skipped_by") == 1
    waiting.emulator.end_cycle("web")
    waiting.passes(minutes=15)
    assert len(waiting.runs_low()) == 0
    # the cloud named another end of the cycle: until the one that was meant it stays alone
    assert waiting.server().verdict == "skipped"


def test_called_off_it_is_not_planned_again_for_a_day(waiting: Guarded) -> None:
    do(waiting, "cancel")
    waiting.passes(hours=23)
    waiting.look()
    assert (waiting.plans(), waiting.server().verdict) == (["cancelled cancelled"], "paused")
    waiting.passes(hours=2)
    assert len(waiting.look()) == 1


def test_brought_forward_it_is_looked_at_again_all_the_same(waiting: Guarded) -> None:
    do(waiting, "stop_now")
    do(waiting, "stop_now")
    assert waiting.log().count("brought_forward") == 1
    waiting.emulator.set_remaining("web", 900)
    waiting.passes(minutes=6)
    waiting.tick()
    assert (waiting.plans(), waiting.calls()) == (["dropped above"], [])


def test_brought_forward_it_happens_now_and_is_ours(waiting: Guarded) -> None:
    do(waiting, "stop_now")
    waiting.tick()
    waiting.ticks(minutes=1)
    assert waiting.power() == "SHUTOFF"
    action = waiting.action()
    assert (action.origin, action.requested_by) == ("guard", "Oscar")
    assert waiting.server().kept_off_by_id == action.pk


def test_protected_from_a_button_its_plan_is_called_off(waiting: Guarded) -> None:
    with scope(waiting.tenant):
        server = waiting.plan().server
        assert protecting.protect(server, on=True, by=OSCAR, now=waiting.now)
        assert not protecting.protect(server, on=True, by=OSCAR, now=waiting.now)
    assert waiting.plans() == ["cancelled protected"]
    waiting.grace_passes()
    waiting.look()
    assert (waiting.server().verdict, waiting.calls()) == ("protected", [])
    with scope(waiting.tenant):
        assert protecting.protect(waiting.server(), on=False, by=TESTER, now=waiting.now)
        names = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert names[-2:] == ["traffic_server.protected", "traffic_server.unprotected"]


@pytest.mark.parametrize("act", ["postpone", "skip_cycle", "cancel", "stop_now", "approve"])
def test_after_the_call_it_is_too_late_and_nothing_changes(waiting: Guarded, act: str) -> None:
    waiting.grace_passes()
    with pytest.raises(TooLate) as late:
        do(waiting, act)
    assert late.value.state == "executed"
    assert (waiting.plans(), waiting.power()) == (["executed"], "SHUTOFF")


@pytest.mark.parametrize("act", ["skip_cycle", "cancel"])
def test_before_the_call_even_what_is_written_is_taken_back(waiting: Guarded, act: str) -> None:
    waiting.passes(minutes=30)
    waiting.execute()
    assert waiting.states() == ["stop intended"]
    do(waiting, act)
    assert waiting.states()[0].startswith("stop withdrawn")
    waiting.tick()
    assert (waiting.plans()[0].split()[0], waiting.calls()) == ("cancelled", [])


def test_held_stops_wait_for_a_word_and_one_is_enough(guarded: Guarded) -> None:
    with scope(guarded.tenant):
        Preferences.objects.create(tenant=guarded.tenant, stops_per_run=1, stops_per_hour=1)
    for name, left in (("web", 10), ("next", 20)):
        guarded.add_server(name, left_gb=left)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    assert (guarded.plans("web"), guarded.plans("next")) == (["waiting"], ["held"])
    with scope(guarded.tenant):
        plan = type(guarded.plan()).objects.select_related("server").get(state="held")
        planning.approve(plan, by=OSCAR, now=guarded.now)
        planning.approve(plan, by=OSCAR, now=guarded.now)
    assert guarded.log("next").count("approved") == 1
    guarded.grace_passes()
    assert (guarded.power("web"), guarded.power("next")) == ("SHUTOFF", "SHUTOFF")


def test_a_dry_run_cannot_be_brought_forward(guarded: Guarded) -> None:
    guarded.policy(dry_run="always")
    guarded.add_server()
    guarded.runs_low()
    with pytest.raises(TooLate):
        do(guarded, "stop_now")


def test_a_rest_of_one_or_of_all_calls_plans_off_until_it_ends(waiting: Guarded) -> None:
    until = waiting.now + timedelta(hours=2)
    with scope(waiting.tenant):
        pausing.pause_all(until, by=OSCAR, now=waiting.now)
    assert waiting.plans() == ["cancelled paused"]
    waiting.look()
    assert waiting.server().verdict == "paused_all"
    with scope(waiting.tenant):
        pausing.resume_all(by=OSCAR, now=waiting.now)
    waiting.passes(minutes=15)
    assert len(waiting.look()) == 1
    with scope(waiting.tenant):
        pausing.pause_server(waiting.server(), until, by=OSCAR, now=waiting.now)
    assert waiting.plans() == ["cancelled paused"] * 2
    waiting.look()
    assert waiting.server().verdict == "paused"
    with scope(waiting.tenant):
        pausing.pause_server(waiting.server(), None, by=OSCAR, now=waiting.now)
    waiting.passes(minutes=15)
    assert len(waiting.look()) == 1

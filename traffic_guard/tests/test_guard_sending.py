"""A stop on its way to the cloud: lost answers, odd ones, and jobs that lie."""

from __future__ import annotations

import pytest

from tenants.scoping import scope
from traffic_guard.models import Server
from traffic_guard.tests.guarded import DETAIL, ECS, Guarded

pytestmark = pytest.mark.django_db


# --- The answer is lost


@pytest.mark.parametrize("kind", ["lost_answer", "late_html"])
def test_a_stop_that_arrived_without_an_answer_is_found_and_not_sent_again(
    guarded: Guarded, kind: str
) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.emulator.fault(kind, **ECS)
    guarded.passes(minutes=30)
    guarded.tick()
    assert guarded.states() == ["stop unclear"]
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop done"]
    assert len(guarded.calls("stop")) == 1
    # it is ours: the reset will start it
    assert guarded.server().kept_off_by_id is not None


@pytest.mark.parametrize("kind", ["drop", "html", "empty", "list", "redirect"])
def test_a_stop_that_never_arrived_is_sent_once_more_after_minutes_of_nothing(
    guarded: Guarded, kind: str
) -> None:
    guarded.add_server()
    guarded.asked()
    guarded.emulator.fault(kind, **ECS)
    guarded.tick()
    assert guarded.states() == ["stop unclear"]
    guarded.ticks(seconds=30, minutes=2)
    assert guarded.states() == ["stop unclear"]
    assert len(guarded.calls("stop")) == 1
    guarded.ticks(seconds=30, minutes=3)
    assert guarded.states() == ["stop done"]
    assert len(guarded.calls("stop")) == 2
    assert [one for one in guarded.log() if one in {"unclear", "sent_again"}] == [
        "unclear",
        "sent_again",
    ]


def test_answers_lost_again_and_again_end_loudly_after_three_tries(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.emulator.fault("drop", **ECS, times=0)
    guarded.passes(minutes=30)
    guarded.tick()
    guarded.ticks(seconds=30, minutes=15)
    assert guarded.states() == ["stop unverified lost"]
    assert len(guarded.calls("stop")) == 3
    # no second stop in this cycle by itself
    guarded.look()
    assert guarded.server().verdict == "unverified_before"
    assert guarded.power() == "ACTIVE"


def test_a_stop_that_took_and_was_undone_by_hand_is_not_sent_again(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.emulator.fault("lost_answer", **ECS)
    guarded.passes(minutes=30)
    guarded.tick()
    # nobody looks for a while: it goes off, and somebody starts it
    guarded.passes(minutes=9)
    guarded.emulator.switch("web", is_on=True)
    guarded.ticks(seconds=30, minutes=3)
    assert guarded.states() == ["stop unverified lost"]
    assert len(guarded.calls("stop")) == 1
    assert guarded.power() == "ACTIVE"


def test_somebody_starts_it_while_it_goes_off(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.passes(minutes=30)
    guarded.tick()
    guarded.passes(seconds=30)
    assert guarded.power() == "SHUTOFF"
    guarded.emulator.begin_task("web", "powering-on", 60)
    guarded.tick()
    assert guarded.states() == ["stop unverified started"]
    guarded.emulator.switch("web", is_on=True)
    guarded.passes(minutes=5)
    guarded.look()
    assert guarded.server().verdict == "restarted"


@pytest.mark.parametrize("objection", ["protected", "paused"])
def test_a_repeat_that_nobody_wants_any_more_is_not_sent(guarded: Guarded, objection: str) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.emulator.fault("drop", **ECS)
    guarded.passes(minutes=30)
    guarded.tick()
    with scope(guarded.tenant):
        changes = (
            {"is_protected": True}
            if objection == "protected"
            else {"paused_until": guarded.now.replace(year=guarded.now.year + 1)}
        )
        Server.objects.update(**changes)
    guarded.ticks(seconds=30, minutes=5)
    assert guarded.states() == ["stop unverified lost"]
    assert len(guarded.calls("stop")) == 1


# --- The proof


def test_a_job_that_lies_ends_loudly(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.emulator.fault("lie")
    guarded.passes(minutes=30)
    guarded.tick()
    guarded.ticks(seconds=30, minutes=9)
    assert (guarded.states(), guarded.action().job_state) == (["stop sent"], "done")
    guarded.ticks(seconds=30, minutes=2)
    assert guarded.states() == ["stop unverified no_effect"]
    assert guarded.power() == "ACTIVE"
    assert guarded.server().kept_off_by_id is None
    assert len(guarded.calls("stop")) == 1


def test_a_job_that_fails_is_refused_with_its_reason(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.fault("job_fail")
    guarded.asked()
    guarded.tick()
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop refused job_failed"]
    assert "Ecs.0225" in guarded.action().error


def test_jobs_that_cannot_be_read_prove_nothing_and_are_not_missed(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.fault("html", service="ecs", path="/v1/*/jobs/*", times=0)
    guarded.asked()
    guarded.tick()
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop done"]


def test_a_state_that_cannot_be_read_is_no_success(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.asked()
    guarded.tick()
    guarded.emulator.fault("html", service="ecs", path=DETAIL, times=0)
    guarded.ticks(seconds=60, minutes=12)
    assert guarded.states() == ["stop unverified unreadable"]


def test_a_system_that_does_not_listen_has_its_power_cut_only_where_that_is_wished(
    guarded: Guarded,
) -> None:
    guarded.policy(stop_mode="escalate", hard_after_minutes=2)
    for name in ("web", "deaf"):
        guarded.add_server(name, left_gb=20)
    guarded.emulator.set_server("web", ignores_soft=True)
    guarded.emulator.set_server("deaf", ignores_soft=True)
    guarded.policy(guarded.server("deaf"), stop_mode="soft")
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    guarded.passes(minutes=30)
    # and an answer that is lost changes nothing in that
    guarded.emulator.fault("lost_answer", **ECS)
    guarded.tick()
    guarded.ticks(seconds=30, minutes=1)
    assert guarded.states("web") == ["stop sent"]
    guarded.ticks(seconds=30, minutes=11)
    assert guarded.states("web") == ["stop done"]
    assert (guarded.power("web"), guarded.power("deaf")) == ("SHUTOFF", "ACTIVE")
    assert "cut_power" in guarded.log()
    assert guarded.states("deaf") == ["stop unverified timeout"]
    hard = [one for one in guarded.calls("stop") if "HARD" in str(one["body"])]
    assert len(hard) == 1
    # people may cut it all the same
    guarded.ask(guarded.server("deaf"), is_hard=True, key="hard")
    guarded.ticks(minutes=1)
    assert guarded.power("deaf") == "SHUTOFF"


def test_a_stop_that_takes_longer_than_anybody_waits_is_ours_when_it_takes_effect(
    guarded: Guarded,
) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.emulator.state.stop_seconds = 900.0
    guarded.passes(minutes=30)
    guarded.tick()
    guarded.ticks(seconds=60, minutes=11)
    guarded.emulator.state.stop_seconds = 20.0
    assert guarded.states() == ["stop unverified on_the_way"]
    guarded.passes(minutes=5)
    guarded.look()
    assert guarded.states() == ["stop done late"]
    assert guarded.server().kept_off_by_id == guarded.action().pk

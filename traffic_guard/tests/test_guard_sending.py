"""A stop on its way to the cloud: lost answers, odd ones, refusals, and jobs that lie."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.scoping import scope
from traffic_guard.models import Account, Server
from traffic_guard.tests.guarded import ACTION, DETAIL, Guarded

pytestmark = pytest.mark.django_db

ECS: dict[str, Any] = {"service": "ecs", "path": ACTION}


def asked(guarded: Guarded, *names: str) -> None:
    """Have people ask for a stop of these servers."""
    servers = [guarded.server(name) for name in names or ("web",)]
    guarded.ask(*servers)


def refuse(guarded: Guarded, code: str, status: int = 400, times: int = 1) -> None:
    guarded.emulator.fault("status", **ECS, status=status, code=code, times=times)


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
    asked(guarded)
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
    asked(guarded)
    guarded.tick()
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop refused job_failed"]
    assert "Ecs.0225" in guarded.action().error


def test_jobs_that_cannot_be_read_prove_nothing_and_are_not_missed(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.fault("html", service="ecs", path="/v1/*/jobs/*", times=0)
    asked(guarded)
    guarded.tick()
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop done"]


def test_a_state_that_cannot_be_read_is_no_success(guarded: Guarded) -> None:
    guarded.add_server()
    asked(guarded)
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


# --- Refusals


def test_one_bad_server_in_a_call_for_many_spoils_nothing(guarded: Guarded) -> None:
    for name in ("a", "b", "c"):
        guarded.add_server(name)
    refuse(guarded, "Ecs.0611")
    asked(guarded, "a", "b", "c")
    guarded.tick()
    assert len(guarded.calls("stop")) == 4
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop done"] * 3


@pytest.mark.parametrize(
    ("code", "status", "left"),
    [
        ("Ecs.0605", 400, "stop refused locked"),
        ("Ecs.0614", 404, "stop refused not_found"),
        ("Ecs.0005", 400, "stop refused other"),
        ("Ecs.0003", 403, "stop refused denied"),
        ("Ecs.0110", 403, "stop refused frozen"),
        ("Ecs.0603", 501, "stop intended"),
        ("Ecs.0100", 400, "stop intended"),
        ("APIGW.0301", 401, "stop intended"),
    ],
)
def test_each_refusal_has_its_answer(guarded: Guarded, code: str, status: int, left: str) -> None:
    guarded.add_server()
    asked(guarded)
    refuse(guarded, code, status)
    guarded.tick()
    assert guarded.states() == [left]
    account = guarded.fetch()
    assert account.halted_for == {"Ecs.0003": "denied", "Ecs.0110": "frozen"}.get(code, "")
    guarded.passes(seconds=70)
    guarded.tick()
    guarded.ticks(minutes=1)
    # what may pass is tried again in a minute; what will not is not
    assert guarded.states() == (["stop done"] if left == "stop intended" else [left])


def test_a_right_that_only_a_start_or_a_reboot_lacks_halts_no_stops(guarded: Guarded) -> None:
    guarded.add_server()
    refuse(guarded, "Ecs.0003", 403)
    guarded.ask(guarded.server(), kind="reboot")
    guarded.tick()
    assert guarded.states() == ["reboot refused denied"]
    assert guarded.fetch().halted_for == ""


def test_a_command_that_runs_on_and_on_is_given_up(guarded: Guarded) -> None:
    guarded.add_server()
    refuse(guarded, "Ecs.0603", 501, times=0)
    asked(guarded)
    guarded.tick()
    guarded.ticks(seconds=60, minutes=13)
    assert guarded.states() == ["stop refused running_command"]


def test_after_a_refusal_the_guard_tries_again_in_an_hour_and_three_times_in_all(
    guarded: Guarded,
) -> None:
    guarded.add_server()
    guarded.runs_low()
    refuse(guarded, "Ecs.0005", times=0)
    guarded.passes(minutes=30)
    guarded.tick()
    guarded.look()
    assert guarded.server().verdict == "refused_before"
    for _hour in range(6):
        guarded.passes(minutes=61)
        guarded.look()
        guarded.passes(minutes=5)
        guarded.look()
        guarded.passes(minutes=30)
        guarded.tick()
    assert guarded.states() == ["stop refused other"] * 3


@pytest.mark.parametrize("kind", ["throttled", "html", "drop"])
def test_while_the_live_state_cannot_be_had_nothing_is_sent(guarded: Guarded, kind: str) -> None:
    guarded.add_server()
    guarded.emulator.fault(kind, service="ecs", path=DETAIL, times=0)
    asked(guarded)
    guarded.tick()
    guarded.ticks(seconds=60, minutes=5)
    assert (guarded.states(), guarded.calls()) == (["stop intended"], [])
    guarded.emulator.clear_faults()
    guarded.ticks(seconds=60, minutes=2)
    assert guarded.states() == ["stop done"]


def test_workers_that_were_away_for_hours_do_not_send_what_was_wished_then(
    guarded: Guarded,
) -> None:
    guarded.add_server()
    asked(guarded)
    guarded.passes(hours=3)
    guarded.tick()
    assert (guarded.states(), guarded.calls()) == (["stop withdrawn too_late"], [])


def test_keys_that_are_gone_refuse_at_once(guarded: Guarded) -> None:
    guarded.add_server()
    asked(guarded)
    with scope(guarded.tenant):
        account = Account.objects.get()
        account.access_key = " "
        account.save(update_fields=["access_key"])
    guarded.tick()
    assert guarded.states() == ["stop refused blank_keys"]


def test_a_throttled_call_is_sent_when_the_cloud_says(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.fault("throttled", **ECS, retry_after=7)
    asked(guarded)
    guarded.tick()
    assert (guarded.states(), guarded.action().attempts) == (["stop intended"], 0)
    guarded.passes(seconds=8)
    guarded.tick()
    assert guarded.states() == ["stop sent"]


# --- What people ask for


def test_many_servers_are_one_call_a_place_with_progress_by_batch(guarded: Guarded) -> None:
    names = ("a", "b", "c")
    for name in names:
        guarded.add_server(name)
    batch = guarded.ask(*[guarded.server(name) for name in names])
    again = guarded.ask(*[guarded.server(name) for name in names])
    assert again.batch == batch.batch
    assert [one.pk for one in again.actions] == [one.pk for one in batch.actions]
    guarded.tick()
    assert len(guarded.calls("stop")) == 1
    busy = guarded.ask(guarded.server("a"), kind="start", key="other")
    assert ([one.why for one in busy.refused], busy.actions) == (["busy"], [])
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop done"] * 3
    started = guarded.ask(*[guarded.server(name) for name in names], kind="start", key="on")
    guarded.ticks(minutes=1)
    assert {guarded.power(name) for name in names} == {"ACTIVE"}
    assert len(started.actions) == 3
    assert len(guarded.calls("start")) == 1


def test_a_reboot_is_proved_by_its_job_and_never_repeated(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.ask(guarded.server(), kind="reboot", key="one")
    guarded.ticks(minutes=1)
    assert guarded.states() == ["reboot done"]
    guarded.emulator.fault("drop", **ECS)
    guarded.ask(guarded.server(), kind="reboot", key="two")
    guarded.ticks(seconds=60, minutes=12)
    assert guarded.states()[-1] == "reboot unverified lost"
    assert len(guarded.calls("reboot")) == 2
    guarded.emulator.switch("web", is_on=False)
    guarded.ask(guarded.server(), kind="reboot", key="three")
    guarded.tick()
    assert guarded.states()[-1] == "reboot refused off"


def test_what_is_so_already_is_done_without_a_call(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.ask(guarded.server(), kind="start")
    guarded.tick()
    assert (guarded.states(), guarded.calls()) == (["start done already"], [])
    guarded.emulator.begin_task("web", "powering-off", 30)
    guarded.ask(guarded.server(), key="off")
    guarded.tick()
    assert (guarded.states()[-1], guarded.calls()) == ("stop sent already", [])
    guarded.ticks(minutes=1)
    assert guarded.states()[-1] == "stop done already"


def test_a_protected_server_can_be_stopped_by_a_person(guarded: Guarded) -> None:
    guarded.add_server()
    with scope(guarded.tenant):
        Server.objects.update(is_protected=True)
    asked(guarded)
    guarded.ticks(minutes=1)
    assert guarded.states() == ["stop done"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rights": "monitor"}, "watch_only"),
        ({"state": "broken"}, "account_unusable"),
        ({"left_at": "2026-01-01T00:00:00Z"}, "left"),
    ],
)
def test_an_account_that_cannot_act_is_not_asked(
    guarded: Guarded, changes: dict[str, str], why: str
) -> None:
    guarded.add_server()
    with scope(guarded.tenant):
        Account.objects.update(**changes)
    assert [one.why for one in guarded.ask(guarded.server()).refused] == [why]
    assert guarded.states() == []

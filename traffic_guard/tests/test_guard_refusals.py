"""What the cloud refuses: each refusal has its answer, and none is repeated blindly."""

from __future__ import annotations

import pytest

from tenants.scoping import scope
from traffic_guard.models import Account
from traffic_guard.tests.guarded import DETAIL, ECS, Guarded

pytestmark = pytest.mark.django_db


def refuse(guarded: Guarded, code: str, status: int = 400, times: int = 1) -> None:
    guarded.emulator.fault("status", **ECS, status=status, code=code, times=times)


def test_one_bad_server_in_a_call_for_many_spoils_nothing(guarded: Guarded) -> None:
    for name in ("a", "b", "c"):
        guarded.add_server(name)
    refuse(guarded, "Ecs.0611")
    guarded.asked("a", "b", "c")
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
    guarded.asked()
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
    guarded.asked()
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
    guarded.asked()
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
    guarded.asked()
    guarded.passes(hours=3)
    guarded.tick()
    assert (guarded.states(), guarded.calls()) == (["stop withdrawn too_late"], [])


def test_keys_that_are_gone_refuse_at_once(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.asked()
    with scope(guarded.tenant):
        account = Account.objects.get()
        account.access_key = " "
        account.save(update_fields=["access_key"])
    guarded.tick()
    assert guarded.states() == ["stop refused blank_keys"]


def test_a_throttled_call_is_sent_when_the_cloud_says(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.fault("throttled", **ECS, retry_after=7)
    guarded.asked()
    guarded.tick()
    assert (guarded.states(), guarded.action().attempts) == (["stop intended"], 0)
    guarded.passes(seconds=8)
    guarded.tick()
    assert guarded.states() == ["stop sent"]

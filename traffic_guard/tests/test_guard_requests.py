"""Stops, starts and reboots that people ask for."""

from __future__ import annotations

import pytest

from tenants.scoping import scope
from traffic_guard.models import Account, Server
from traffic_guard.tests.guarded import ECS, Guarded

pytestmark = pytest.mark.django_db


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
    guarded.asked()
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

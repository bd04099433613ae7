"""`kill -9` at any line: never a second stop, never a lost one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import connection

from traffic_guard.services.guarding import (
    evaluating,
)
from traffic_guard.services.telling import actions, stops
from traffic_guard.tests.guarded import Guarded, Killed, dying

pytestmark = pytest.mark.django_db


def recovers(guarded: Guarded) -> None:
    """Let a dead worker's hold end, and others go on."""
    guarded.passes(minutes=3, seconds=1)
    guarded.tick()
    guarded.ticks(minutes=1)


# --- A worker dies


def test_dead_while_it_judged_nothing_is_half_said(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.add_server()
    guarded.emulator.set_remaining("web", 20)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.poll()

    def die(*_args: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        # the last statement of the transaction
        patch.setattr(stops, "planned", die)
        with pytest.raises(Killed):
            guarded.evaluate()
    assert guarded.plans() == []
    assert [key[1] for key in evaluating.due(guarded.now, 10)] == [guarded.account.pk]
    assert len(guarded.evaluate()) == 1
    assert evaluating.due(guarded.now, 10) == []


@pytest.mark.parametrize("name", ["usages", "states"])
@pytest.mark.parametrize("after", [False, True])
def test_dead_during_the_last_look_the_plan_is_looked_at_again(
    guarded: Guarded, name: str, *, after: bool
) -> None:
    guarded.comes_due()
    with pytest.raises(Killed):
        guarded.execute(dying(name, after=after))
    assert (guarded.plans(), guarded.states()) == (["waiting"], [])
    # held: nobody else begins before it is certain that he is dead
    guarded.tick()
    assert guarded.states() == []
    # his poll is held, too, and longer
    guarded.passes(minutes=4, seconds=1)
    guarded.tick()
    guarded.ticks(minutes=1)
    assert (guarded.plans(), guarded.states()) == (["executed"], ["stop done"])
    assert len(guarded.calls("stop")) == 1


def test_dead_while_it_wrote_the_intent_plan_and_action_are_both_or_neither(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.comes_due()

    def die(*_args: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stops, "all_changed", die)
        with pytest.raises(Killed):
            guarded.execute()
    assert (guarded.plans(), guarded.states()) == (["waiting"], [])
    recovers(guarded)
    assert (guarded.plans(), guarded.states()) == (["executed"], ["stop done"])


@pytest.mark.parametrize("after", [False, True])
def test_dead_ahead_of_the_call_the_intent_is_sent_once(guarded: Guarded, *, after: bool) -> None:
    guarded.comes_due()
    guarded.execute()
    with pytest.raises(Killed):
        guarded.send(dying("states", after=after))
    assert guarded.states() == ["stop intended"]
    guarded.tick()
    assert guarded.calls() == []
    recovers(guarded)
    assert guarded.states() == ["stop done"]
    assert len(guarded.calls("stop")) == 1


def test_dead_between_the_commit_and_the_call_it_is_asked_for_after_a_look(
    guarded: Guarded,
) -> None:
    guarded.comes_due()
    guarded.execute()
    with pytest.raises(Killed):
        guarded.send(dying("stop", after=False))
    assert guarded.states() == ["stop sending"]
    guarded.passes(minutes=3, seconds=1)
    guarded.tick()
    assert (guarded.states(), guarded.calls()) == (["stop unclear"], [])
    guarded.ticks(seconds=20, minutes=2)
    assert guarded.states() == ["stop done"]
    assert len(guarded.calls("stop")) == 1
    assert guarded.action().attempts == 2


def test_dead_after_the_call_the_stop_is_found_and_not_repeated(guarded: Guarded) -> None:
    guarded.comes_due()
    guarded.execute()
    with pytest.raises(Killed):
        guarded.send(dying("stop", after=True))
    assert guarded.states() == ["stop sending"]
    recovers(guarded)
    assert guarded.states() == ["stop done"]
    assert len(guarded.calls("stop")) == 1
    assert guarded.server().kept_off_by_id == guarded.action().pk


@pytest.mark.parametrize("name", ["job", "states"])
def test_dead_while_it_proved_a_stop_another_one_proves_it(guarded: Guarded, name: str) -> None:
    guarded.comes_due()
    guarded.tick()
    guarded.passes(seconds=30)
    with pytest.raises(Killed):
        guarded.verify(dying(name, after=True))
    recovers(guarded)
    assert guarded.states() == ["stop done"]


def test_dead_while_it_told_the_end_the_end_is_written_and_told_by_the_next(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.comes_due()
    guarded.tick()
    guarded.passes(seconds=30)

    def die(*_args: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(actions, "settled", die)
        with pytest.raises(Killed):
            guarded.verify()
    assert (guarded.states(), guarded.server().kept_off_by_id) == (["stop sent"], None)
    recovers(guarded)
    assert guarded.states() == ["stop done"]
    assert guarded.log().count("done") == 1


def test_dead_in_a_call_for_three_each_is_found_by_its_own_state(guarded: Guarded) -> None:
    for name in ("a", "b", "c"):
        guarded.add_server(name)
    guarded.ask(*[guarded.server(name) for name in "abc"])
    with pytest.raises(Killed):
        guarded.send(dying("stop", after=True))
    recovers(guarded)
    assert guarded.states() == ["stop done"] * 3
    assert len(guarded.calls("stop")) == 1


class Countdown:
    """Kills the worker at his n-th statement to the database."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    def __call__(self, execute: Any, *given: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise Killed
        return execute(*given)


# spread over the last look, the intent, the call and its proof; all were tried once
STATEMENTS = range(3, 240, 17)


@pytest.mark.parametrize("statements", STATEMENTS)
def test_dead_at_any_statement_there_is_one_stop_and_one_end(
    guarded: Guarded, statements: int
) -> None:
    guarded.comes_due()
    with suppress(Killed), connection.execute_wrapper(Countdown(statements)):
        guarded.execute()
        guarded.send()
        for _look in range(3):
            guarded.passes(seconds=15)
            guarded.verify()
    # his holds end, that of a poll last
    guarded.passes(minutes=4, seconds=1)
    guarded.tick()
    guarded.ticks(seconds=20, minutes=2)
    assert (guarded.plans(), guarded.states()) == (["executed"], ["stop done"])
    assert len(guarded.calls("stop")) == 1
    assert guarded.server().kept_off_by_id == guarded.action().pk
    assert guarded.log().count("ordered") == guarded.log().count("done") == 1

"""`kill -9` at any line, two workers, double presses: never a second stop, never a lost one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import connection

from tenants.scoping import scope
from traffic_guard.models import Decision, PlannedStop, PowerAction
from traffic_guard.services.accounts.access import provider_of
from traffic_guard.services.guarding import (
    evaluating,
    executing,
    sending,
    verifying,
)
from traffic_guard.services.telling import actions, stops
from traffic_guard.tests.guarded import Guarded, Killed, dying

pytestmark = pytest.mark.django_db


def due_now(guarded: Guarded) -> None:
    """Have a planned stop whose time has come."""
    guarded.add_server()
    guarded.runs_low()
    guarded.passes(minutes=30)


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
    due_now(guarded)
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
    due_now(guarded)

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
    due_now(guarded)
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
    due_now(guarded)
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
    due_now(guarded)
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
    due_now(guarded)
    guarded.tick()
    guarded.passes(seconds=30)
    with pytest.raises(Killed):
        guarded.verify(dying(name, after=True))
    recovers(guarded)
    assert guarded.states() == ["stop done"]


def test_dead_while_it_told_the_end_the_end_is_written_and_told_by_the_next(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_now(guarded)
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
    due_now(guarded)
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


# --- Two workers


class Meanwhile:
    """The cloud of a worker during one of whose calls something else happens."""

    def __init__(self, account: Any, name: str, happens: Any) -> None:
        self._cloud, self._name, self._happens = provider_of(account), name, happens

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._cloud, name)
        if name != self._name:
            return call

        def slow(*args: Any, **more: Any) -> Any:
            answer = call(*args, **more)
            self._happens()
            return answer

        return slow


def test_two_workers_with_the_same_plan_make_one_stop(guarded: Guarded) -> None:
    due_now(guarded)

    def happens() -> None:
        guarded.work()

    guarded.execute(lambda account: Meanwhile(account, "states", happens))
    guarded.tick()
    assert (guarded.plans(), len(guarded.states())) == (["executed"], 1)
    assert len(guarded.calls("stop")) == 1


def test_a_worker_that_was_away_too_long_sends_nothing_and_says_nothing(guarded: Guarded) -> None:
    due_now(guarded)
    guarded.execute()

    def happens() -> None:
        guarded.passes(minutes=4)
        for _look in range(9):
            guarded.work()
            guarded.passes(seconds=30)

    guarded.send(lambda account: Meanwhile(account, "states", happens))
    assert guarded.states() == ["stop done"]
    assert len(guarded.calls("stop")) == 1


def test_a_late_answer_of_a_worker_that_was_taken_for_dead_changes_nothing(
    guarded: Guarded,
) -> None:
    due_now(guarded)
    guarded.execute()

    def happens() -> None:
        guarded.passes(minutes=4)
        for _look in range(9):
            guarded.work()
            guarded.passes(seconds=30)
        assert guarded.states() == ["stop done"]

    guarded.send(lambda account: Meanwhile(account, "stop", happens))
    assert guarded.states() == ["stop done"]
    assert len(guarded.calls("stop")) == 1


def test_somebody_protects_it_while_the_last_look_is_taken(guarded: Guarded) -> None:
    due_now(guarded)

    def happens() -> None:
        with scope(guarded.tenant):
            type(guarded.server()).objects.update(is_protected=True)

    guarded.execute(lambda account: Meanwhile(account, "states", happens))
    assert (guarded.plans(), guarded.states()) == (["dropped protected"], [])


def test_somebody_protects_it_between_the_intent_and_the_call(guarded: Guarded) -> None:
    due_now(guarded)
    guarded.execute()

    def happens() -> None:
        with scope(guarded.tenant):
            type(guarded.server()).objects.update(is_protected=True)

    # as the worker has looked already: the words at the last moment count all the same
    happens()
    guarded.tick()
    assert (guarded.states(), guarded.calls()) == (["stop withdrawn protected"], [])


def test_the_same_look_twice_says_and_plans_nothing_twice(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    assert guarded.evaluate() == []
    assert guarded.plans() == ["waiting"]
    with scope(guarded.tenant):
        codes = list(Decision.objects.values_list("code", "times"))
    assert [code for code, _times in codes].count("planned") == 1


def test_the_database_itself_refuses_a_second_open_plan_or_action(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.ask(guarded.server())
    twice = guarded.ask(guarded.server(), key="another press")
    assert [one.why for one in twice.refused] == ["busy"]
    with scope(guarded.tenant):
        assert PlannedStop.objects.count() == PowerAction.objects.count() == 1


def test_nothing_is_due_that_is_settled(guarded: Guarded) -> None:
    due_now(guarded)
    guarded.grace_passes()
    guarded.passes(days=1)
    assert executing.due(guarded.now, 10) == []
    assert sending.due(guarded.now, 10) == []
    assert verifying.due(guarded.now, 10) == []

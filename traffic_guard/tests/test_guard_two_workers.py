"""Two workers, or a worker and a person, at the same stop: one stop, one end."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.scoping import scope
from traffic_guard.models import Decision, PlannedStop, PowerAction
from traffic_guard.services.accounts.access import provider_of
from traffic_guard.services.guarding import executing, sending, verifying
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


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
    guarded.comes_due()

    def happens() -> None:
        guarded.work()

    guarded.execute(lambda account: Meanwhile(account, "states", happens))
    guarded.tick()
    assert (guarded.plans(), len(guarded.states())) == (["executed"], 1)
    assert len(guarded.calls("stop")) == 1


def test_a_worker_that_was_away_too_long_sends_nothing_and_says_nothing(guarded: Guarded) -> None:
    guarded.comes_due()
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
    guarded.comes_due()
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
    guarded.comes_due()

    def happens() -> None:
        with scope(guarded.tenant):
            type(guarded.server()).objects.update(is_protected=True)

    guarded.execute(lambda account: Meanwhile(account, "states", happens))
    assert (guarded.plans(), guarded.states()) == (["dropped protected"], [])


def test_somebody_protects_it_between_the_intent_and_the_call(guarded: Guarded) -> None:
    guarded.comes_due()
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
    guarded.comes_due()
    guarded.grace_passes()
    guarded.passes(days=1)
    assert executing.due(guarded.now, 10) == []
    assert sending.due(guarded.now, 10) == []
    assert verifying.due(guarded.now, 10) == []

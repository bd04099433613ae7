"""Real races on PostgreSQL: of many workers and many presses one stop comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tenants.scoping import scope
from traffic_guard.models import PlannedStop, Server
from traffic_guard.services.guarding import actions, evaluating, executing, planning, sending
from traffic_guard.testing import TESTER
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.races import in_a_race, in_threads


@in_a_race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_four_workers_judge_execute_and_send_the_same(self, guarded: Guarded) -> None:
        for name in ("a", "b"):
            guarded.add_server(name, left_gb=20)
        guarded.look()
        guarded.passes(minutes=15)
        guarded.poll()
        account, now = guarded.account.pk, guarded.now

        def judge(_number: int) -> int:
            with scope(guarded.tenant):
                return len(evaluating.evaluate_account(account, now))

        assert sorted(in_threads(4, judge)) == [0, 0, 0, 2]
        guarded.passes(minutes=30)

        def execute(_number: int) -> None:
            with scope(guarded.tenant, transaction=False):
                executing.execute(account)
                sending.send(account)

        in_threads(4, execute)
        guarded.tick()
        guarded.ticks(minutes=1)
        assert guarded.states() == ["stop done"] * 2
        stopped = [server for call in guarded.calls("stop") for server in _servers(call)]
        assert len(stopped) == len(set(stopped)) == 2

    def test_four_presses_at_once_are_one_action(self, guarded: Guarded) -> None:
        guarded.add_server()
        now = guarded.now

        def press(_number: int) -> tuple[str, int]:
            with scope(guarded.tenant):
                [server] = Server.objects.select_related("account__tenant")
                batch = actions.request(
                    [server],
                    "stop",
                    origin="portal",
                    requested_by="alice",
                    request_key="one form",
                    now=now,
                )
                return batch.batch, len(batch.actions)

        found = in_threads(4, press)
        assert len(set(found)) == 1
        assert len(guarded.states()) == 1

    def test_people_and_the_worker_at_the_same_moment(self, guarded: Guarded) -> None:
        guarded.add_server()
        guarded.runs_low()
        guarded.passes(minutes=30)
        plan, now = guarded.plan(), guarded.now

        def act(number: int) -> str:
            try:
                if number:
                    with scope(guarded.tenant):
                        return planning.skip_cycle(plan, by=TESTER, now=now).state
                with scope(guarded.tenant, transaction=False):
                    executing.execute(guarded.account.pk)
            except planning.TooLate as late:
                return late.state
            return ""

        in_threads(2, act)
        guarded.tick()
        guarded.ticks(minutes=1)
        with scope(guarded.tenant):
            state = PlannedStop.objects.get().state
        # whoever was first: the plan, the action and the server tell the same story
        if state == "cancelled":
            assert (guarded.power(), guarded.calls("stop")) == ("ACTIVE", [])
        else:
            assert (state, guarded.power()) == ("executed", "SHUTOFF")


def _servers(call: dict[str, Any]) -> list[str]:
    return [one["id"] for one in json.loads(call["body"])["os-stop"]["servers"]]

"""Real races on PostgreSQL: of many workers and many presses one stop comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bots.models import Channel
from tenants.scoping import scope
from traffic_guard.models import Account, BulletinLine, Decision, PlannedStop, Server
from traffic_guard.services.guarding import actions, evaluating, executing, planning, sending
from traffic_guard.services.readings import polling
from traffic_guard.services.telling import accounts as telling
from traffic_guard.testing import TESTER
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.pages import browser, url
from traffic_guard.tests.races import in_a_race, in_threads, queued_up


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

    def test_a_look_gives_a_plan_up_while_somebody_presses(self, guarded: Guarded) -> None:
        """The look has changed the plan and is about to change its server."""
        guarded.add_server("calm", left_gb=900)
        guarded.add_server("web", left_gb=20)
        guarded.look()
        guarded.passes(minutes=15)
        [plan] = guarded.look()
        guarded.passes(minutes=5)
        guarded.emulator.set_remaining("web", 900)
        guarded.poll()
        now = guarded.now

        def hold(wait: Callable[[], None]) -> None:
            with scope(guarded.tenant):
                rows = Decision.objects.filter(server__name="calm")
                rows.select_for_update(of=("self",)).latest("pk")
                wait()

        def look() -> None:
            with scope(guarded.tenant):
                evaluating.evaluate_account(guarded.account.pk, now)

        def press() -> str:
            with scope(guarded.tenant):
                try:
                    return planning.skip_cycle(plan, by=TESTER, now=now).state
                except planning.TooLate as late:
                    return late.state

        assert queued_up(hold, look, press) == [None, "dropped"]
        assert guarded.plans() == ["dropped above"]

    def test_two_accounts_that_tell_chats_and_channels_at_once(self, guarded: Guarded) -> None:
        """One speaks of a stop that is dropped, then raises an alert; the other raises one."""
        with scope(guarded.tenant):
            Channel.objects.create(
                tenant=guarded.tenant, kind="webhook", name="Ours", target="https://x.test"
            )
        other = guarded.another("Other")
        guarded.add_server("low", left_gb=20)
        guarded.add_server("full", left_gb=900)
        other.add_server("third", left_gb=900)
        other.look()
        guarded.look()
        guarded.passes(minutes=15)
        assert len(guarded.look()) == 1
        guarded.passes(minutes=5)
        for name, left in (("low", 900), ("full", 150), ("third", 150)):
            guarded.emulator.set_remaining(name, left)
        for one in (guarded, other):
            one.poll()
        now = guarded.now

        def hold(wait: Callable[[], None]) -> None:
            with scope(guarded.tenant):
                list(Channel.objects.select_for_update(of=("self",)))
                wait()

        def look(one: Guarded) -> None:
            with scope(guarded.tenant):
                evaluating.evaluate_account(one.account.pk, now)

        queued_up(hold, partial(look, guarded), partial(look, other))
        assert guarded.plans() == ["dropped above"]
        with scope(guarded.tenant):
            told = set(BulletinLine.objects.values_list("server__name", "topic"))
        assert told >= {("low", "stop"), ("full", "level"), ("third", "level")}

    def test_a_press_on_servers_of_two_accounts_and_a_poll_of_one(self, guarded: Guarded) -> None:
        """The press has told channels of the first server while the poll holds the second one."""
        with scope(guarded.tenant):
            Channel.objects.create(
                tenant=guarded.tenant, kind="webhook", name="Ours", target="https://x.test"
            )
        other = guarded.another("Other")
        guarded.add_server("low", left_gb=20)
        other.add_server("third", left_gb=900)
        for one in (other, guarded):
            one.look()
        guarded.passes(minutes=15)
        assert len(guarded.look()) == 1
        with scope(guarded.tenant):
            # its keys work again: the poll has something to tell
            Account.objects.filter(pk=other.account.pk).update(
                broken_told=True, poll_at=guarded.now
            )
        client, now = browser("alice@example.org"), guarded.now
        chosen = [guarded.server(name).public_id for name in ("low", "third")]
        form = {"action": "protect", "confirmed": "1", "server": chosen}

        def hold(wait: Callable[[], None]) -> None:
            with scope(guarded.tenant):
                list(Channel.objects.select_for_update(of=("self",)))
                wait()

        def press() -> int:
            return client.post(url(guarded.tenant, "servers/act/"), form).status_code

        def poll() -> bool:
            with scope(guarded.tenant, transaction=False):
                return polling.poll(other.account.pk, now, tell=telling.news) is not None

        assert queued_up(hold, press, poll) == [302, True]
        assert guarded.plans() == ["cancelled protected"]
        assert guarded.server("third").is_protected


def _servers(call: dict[str, Any]) -> list[str]:
    return [one["id"] for one in json.loads(call["body"])["os-stop"]["servers"]]

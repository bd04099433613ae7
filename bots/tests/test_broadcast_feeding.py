"""How a broadcast gets into the outbox: bit by bit, to each person once, whatever fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.messages import text_params
from bots.models import Bot, Broadcast, OutboxMessage
from bots.services import broadcasts
from bots.testing import make_bot, outgoing
from bots.tests.broadcasting import by_state, deliver, feed, fresh, people, run_through, start
from tenants.models import Tenant
from tenants.scoping import scope

DUE, SENT, DONE = OutboxMessage.State.DUE, OutboxMessage.State.SENT, Broadcast.State.DONE


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant)


def test_the_outbox_holds_at_most_200_of_it(bot: Bot) -> None:
    people(bot, 450)
    broadcast = start(bot)
    feed()
    feed()
    assert by_state(bot) == {DUE: 200}
    deliver(bot, count=50)
    feed()
    assert by_state(bot) == {DUE: 200, SENT: 50}
    assert fresh(broadcast).sent == 50
    run_through(bot)
    assert by_state(bot) == {SENT: 450}
    assert fresh(broadcast).state == DONE


def test_two_broadcasts_of_one_bot_both_arrive(bot: Bot) -> None:
    people(bot, 3)
    start(bot, "One")
    start(bot, "Two")
    run_through(bot)
    assert sorted(row.params["text"] for row in outgoing(bot)) == ["One"] * 3 + ["Two"] * 3


def test_two_feeders_write_to_nobody_twice(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    people(bot, 300)
    broadcast = start(bot)
    audience = broadcasts.audience

    def interrupted(which: Bot) -> Any:
        # a second feeder is through before the first has moved the cursor
        monkeypatch.setattr(broadcasts, "audience", audience)
        broadcasts._feed_one(broadcast.pk, timezone.now())
        return audience(which)

    monkeypatch.setattr(broadcasts, "audience", interrupted)
    feed()
    assert by_state(bot) == {DUE: 200}
    run_through(bot)
    assert len({row.chat_id for row in outgoing(bot)}) == len(outgoing(bot)) == 300


class Killed(BaseException):
    """Stands for kill -9."""


def test_a_feeder_killed_between_cursor_and_messages_has_done_nothing(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(bot, 5)
    broadcast = start(bot)

    def die(*args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("bots.services.outbox.write", die)
        with pytest.raises(Killed):
            feed()
    assert fresh(broadcast).cursor == 0
    run_through(bot)
    assert by_state(bot) == {SENT: 5}


def test_one_damaged_broadcast_does_not_stop_the_others(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(bot, 2)
    bad = start(bot, "Bad")
    start(bot, "Good")

    def fail(text: str, limit: int) -> dict[str, Any]:
        if text == "Bad":
            raise LookupError
        return text_params(text, limit)

    monkeypatch.setattr(broadcasts, "text_params", fail)
    feed()
    assert [row.params["text"] for row in outgoing(bot)] == ["Good"] * 2
    assert fresh(bad).cursor == 0


def test_it_waits_while_the_bot_is_off_or_the_tenant_suspended(bot: Bot) -> None:
    people(bot, 1)
    start(bot)
    with scope(bot.tenant):
        Bot.objects.update(state=Bot.State.BROKEN)
    feed()
    with scope(bot.tenant):
        Bot.objects.update(state=Bot.State.ENABLED)
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    assert feed() == 0
    assert outgoing(bot) == []


def test_two_tenants_broadcast_to_their_own_people(bot: Bot) -> None:
    other = make_bot(Tenant.objects.create(slug="other", name="Other"))
    mine, theirs = people(bot, 2), people(other, 2)
    start(bot)
    start(other)
    feed()
    assert {row.chat_id for row in outgoing(bot)} == {person.telegram_id for person in mine}
    assert {row.chat_id for row in outgoing(other)} == {person.telegram_id for person in theirs}


def test_nothing_under_way_costs_one_query(tenant: Tenant) -> None:
    with CaptureQueriesContext(connection) as queries:
        feed()
    assert len(queries) <= 1

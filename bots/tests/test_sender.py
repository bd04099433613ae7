"""What the sender survives: edits before posts, bad calls, a store that says no, pauses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models.functions import Now
from django.utils import timezone

from bots.gateways.errors import Busy, Migrated, Refused
from bots.messages import Call, send
from bots.models import Bot, OutboxMessage
from bots.services import chats, limits, notices, outbox, sending, slots
from bots.testing import make_bot, outgoing
from bots.tests.senders import Fake, change, change_bot, drain, states, write
from tenants.models import Tenant
from tenants.scoping import scope

State = OutboxMessage.State
NOTICE = OutboxMessage.Priority.NOTICE


@pytest.fixture
def bot(db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"))


@pytest.fixture
def fake() -> Fake:
    return Fake()


# --- An edit and its post


def test_an_edit_does_not_overtake_its_own_post(bot: Bot, fake: Fake) -> None:
    with scope(bot.tenant):
        outbox.say(bot, 55, "post", slot="card:1")
        outbox.edit_posted(bot, "card:1", 55, "result")
    drain(bot, fake)
    assert fake.texts == ["post", "result"]
    assert states(bot) == [State.SENT, State.SENT]


def test_an_edit_that_is_more_urgent_than_its_post_waits_for_it(bot: Bot, fake: Fake) -> None:
    write(bot, send(55, "post", slot="card:1", priority=NOTICE))
    write(bot, Call("editMessageText", 55, {"text": "result"}, slot="card:1"))
    drain(bot, fake)
    assert fake.texts == ["post"]
    assert states(bot) == [State.SENT, State.DUE]
    change(bot, due_at=timezone.now())
    drain(bot, fake)
    assert fake.texts == ["post", "result"]


def test_an_edit_that_was_put_off_before_does_not_hold_its_post_back(bot: Bot, fake: Fake) -> None:
    write(bot, send(55, "post", slot="card:1", priority=NOTICE))
    write(bot, Call("editMessageText", 55, {"text": "result"}, slot="card:1"))
    with scope(bot.tenant):
        OutboxMessage.objects.filter(method="editMessageText").update(is_put_off=True)
    drain(bot, fake)
    assert fake.texts == ["post"]


def test_an_edit_waits_until_its_post_is_to_be_sent(bot: Bot, fake: Fake) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    post = send(55, "post", slot="card:1")
    post.due_at = tomorrow
    write(bot, post, Call("editMessageText", 55, {"text": "result"}, slot="card:1"))
    drain(bot, fake)
    assert fake.texts == []
    assert [row.due_at for row in outgoing(bot)] == [tomorrow, tomorrow]


# --- Messages for later, and messages put off


def test_a_message_for_tomorrow_silences_nobody_today(bot: Bot, fake: Fake) -> None:
    later = send(7, "reminder")
    later.due_at = timezone.now() + timedelta(days=1)
    write(bot, later, send(7, "reply"))
    drain(bot, fake)
    assert fake.texts == ["reply"]


def test_what_the_limits_put_off_is_not_overtaken(bot: Bot, fake: Fake) -> None:
    write(bot, *(send(7, f"no {number}") for number in range(4)))
    drain(bot, fake)
    limits.client().flushdb()
    write(bot, send(7, "no 4"))
    drain(bot, fake)
    assert fake.texts == ["no 0", "no 1", "no 2"]
    change(bot, due_at=timezone.now())
    drain(bot, fake)
    assert fake.texts == [f"no {number}" for number in range(5)]


# --- One bad call


def test_a_call_that_cannot_be_made_fails_alone(bot: Bot) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if params["chat_id"] == 3:
            raise ValueError("embedded null byte")
        return {"message_id": 5}

    fake = Fake(answer)
    write(bot, *(send(chat_id, "x") for chat_id in range(1, 6)))
    assert not drain(bot, fake)
    assert sorted(fake.chats) == [1, 2, 3, 4, 5]
    rows = {row.chat_id: row for row in outgoing(bot)}
    assert [rows[n].state for n in range(1, 6)] == [
        State.SENT,
        State.SENT,
        State.FAILED,
        State.SENT,
        State.SENT,
    ]
    assert "ValueError" in rows[3].error


def test_an_outcome_that_cannot_be_written_leaves_the_others(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if params["chat_id"] == -3:
            raise Migrated(400, "upgraded", -1003)
        return {"message_id": 5}

    def refuse(*args: Any) -> None:
        with connection.cursor() as cursor:  # a real error of the store, inside the savepoint
            cursor.execute("INSERT INTO bots_chat (id) VALUES (1)")

    monkeypatch.setattr(chats, "migrate", refuse)
    fake = Fake(answer)
    write(bot, send(1, "x"), send(-3, "y"), send(2, "z"))
    drain(bot, fake)
    first, migrated, last = outgoing(bot)
    assert (first.state, last.state) == (State.SENT, State.SENT)
    assert (migrated.state, migrated.attempts) == (State.DUE, 1)
    assert migrated.due_at > timezone.now()


def test_a_message_that_arrived_is_not_sent_again_where_its_slot_cannot_be_kept(
    bot: Bot, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise IntegrityError("slot_once_per_bot")

    monkeypatch.setattr(slots, "remember", refuse)
    write(bot, send(7, "post", slot="card:1"))
    drain(bot, fake)
    assert states(bot) == [State.SENT]


def test_an_alarm_that_cannot_be_given_undoes_nothing(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> int:
        raise IntegrityError("notices")

    def answer(method: str, params: dict[str, Any]) -> Any:
        raise Refused(400, "can't parse entities")

    monkeypatch.setattr(notices, "notify", refuse)
    write(bot, send(7, "x"))
    drain(bot, Fake(answer))
    assert states(bot) == [State.FAILED]


def test_a_pause_holds_though_redis_is_away(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any) -> None:
        raise limits.Away("refused")

    def answer(method: str, params: dict[str, Any]) -> Any:
        raise Busy(30)

    monkeypatch.setattr(limits, "pause", away)
    fake = Fake(answer)
    write(bot, send(7, "x"))
    drain(bot, fake)
    change(bot, due_at=timezone.now())
    assert sending.due_bots(timezone.now()) == []
    drain(bot, fake)
    assert len(fake.calls) == 1
    change_bot(bot, send_after=Now() - timedelta(seconds=1))
    fake.answer = lambda method, params: {"message_id": 5}
    drain(bot, fake)
    assert states(bot) == [State.SENT]


def test_limits_that_cannot_be_asked_lose_nothing(
    bot: Bot, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> None:
        raise limits.Away("refused")

    write(bot, send(7, "x"))
    with monkeypatch.context() as patch:
        patch.setattr(limits, "book", away)
        assert not drain(bot, fake)
    assert (fake.calls, states(bot)) == ([], [State.DUE])
    drain(bot, fake)
    assert states(bot) == [State.SENT]

"""A call that hangs holds up its own chat and no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from bots.gateways.errors import Busy, Unreachable
from bots.messages import send
from bots.models import Bot, OutboxMessage
from bots.services import calls, limits, sending, waves
from bots.testing import make_bot, outgoing
from bots.tests.senders import Fake, bot_now, change_bot, drain, states, write
from tenants.models import Tenant
from tenants.scoping import scope

State = OutboxMessage.State
BULK = OutboxMessage.Priority.BULK
HANGS = 1
AT_MOST = 30  # seconds; a test that needs them has failed


@pytest.fixture
def bot(db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"))


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 0.05)
    monkeypatch.setattr(sending, "LOOK_EVERY", 0.01)


class Hanging(Fake):
    """A Telegram that answers the first call to one chat only after another text has come."""

    def __init__(self, until: str, late_answer: Any = None) -> None:
        super().__init__(self._answered)
        self.until = until
        self.late_answer = late_answer or {"message_id": 1}
        self.let_go = threading.Event()
        self.was_in_time = True

    def _answered(self, method: str, params: dict[str, Any]) -> Any:
        if params["text"] == self.until:
            self.let_go.set()
        if params["chat_id"] != HANGS or self.let_go.is_set():
            return {"message_id": 5}
        self.was_in_time = self.let_go.wait(AT_MOST)
        if isinstance(self.late_answer, Exception):
            raise self.late_answer
        return self.late_answer


def at_each_look(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something whenever the sender looks for messages while the call hangs."""
    heads = waves.heads

    def looked(bot_id: int, now: datetime, *, busy: Collection[int] = ()) -> list[waves.Head]:
        if HANGS in busy:
            act()
        return heads(bot_id, now, busy=busy)

    monkeypatch.setattr(waves, "heads", looked)


def row_of(bot: Bot, text: str) -> OutboxMessage:
    (row,) = [row for row in outgoing(bot) if row.params["text"] == text]
    return row


def test_the_next_wave_goes_to_the_other_chats(bot: Bot) -> None:
    # a wave has room for eight
    write(bot, *(send(chat_id, f"to {chat_id}") for chat_id in range(1, 10)))
    fake = Hanging(until="to 9")
    drain(bot, fake)
    assert fake.was_in_time
    assert states(bot) == [State.SENT] * 9
    assert sorted(fake.chats) == list(range(1, 10))


def test_answers_of_the_wave_are_written_while_one_call_hangs(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bot, send(HANGS, "late"), send(2, "quick"))
    fake = Hanging(until="never")
    seen: list[str] = []

    def look() -> None:
        seen.extend(states(bot))
        fake.let_go.set()

    at_each_look(monkeypatch, look)
    drain(bot, fake)
    assert seen[:2] == [State.SENDING, State.SENT]
    assert states(bot) == [State.SENT] * 2


def test_the_hanging_chats_own_next_message_waits(bot: Bot) -> None:
    write(bot, send(HANGS, "one"), send(HANGS, "two"), send(2, "a"), send(2, "b"))
    fake = Hanging(until="b")
    drain(bot, fake)
    assert fake.was_in_time
    assert fake.texts.index("two") > fake.texts.index("b")
    assert [fake.texts.count(text) for text in ("one", "two", "a", "b")] == [1] * 4
    assert states(bot) == [State.SENT] * 4


def test_a_message_that_comes_while_only_the_late_call_is_left_is_sent(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bot, send(HANGS, "late"))
    written: list[str] = []

    def look() -> None:
        if not written:
            written.append("came later")
            write(bot, send(2, written[0]))

    at_each_look(monkeypatch, look)
    fake = Hanging(until="came later")
    drain(bot, fake)
    assert fake.was_in_time
    assert states(bot) == [State.SENT] * 2


def test_a_late_call_that_fails_is_tried_again_and_stops_nobody(bot: Bot) -> None:
    write(bot, send(HANGS, "late"), *(send(2, f"no {number}") for number in range(3)))
    fake = Hanging(until="no 1", late_answer=Unreachable("no answer", unclear=True))
    drain(bot, fake)
    late = row_of(bot, "late")
    assert (late.state, late.attempts, late.is_put_off) == (State.DUE, 1, True)
    assert states(bot)[1:] == [State.SENT] * 3


def test_a_late_broadcast_of_unclear_fate_is_not_repeated(bot: Bot) -> None:
    write(bot, send(HANGS, "late", priority=BULK), send(2, "reply"), send(2, "again"))
    fake = Hanging(until="again", late_answer=Unreachable("no answer", unclear=True))
    drain(bot, fake)
    assert row_of(bot, "late").state == State.FAILED
    assert fake.texts.count("late") == 1


def test_a_late_429_still_pauses_the_bot(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    write(bot, send(HANGS, "late"), send(2, "quick"), send(2, "next"))
    fake = Hanging(until="next", late_answer=Busy(30))
    assert not drain(bot, fake)
    assert bot_now(bot).send_after is not None
    assert limits.book(bot.pk, 3).is_bots
    assert (row_of(bot, "late").state, row_of(bot, "late").attempts) == (State.DUE, 0)


def test_a_sender_that_lost_the_bot_takes_nothing_more_and_changes_nothing(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bot, send(HANGS, "late"))
    fake = Hanging(until="never")

    def look() -> None:
        # what another sender does that finds the lease ended
        change_bot(bot, sender_lease="other", sender_lease_until=Now() + timedelta(seconds=20))
        with scope(bot.tenant):
            OutboxMessage.objects.filter(chat_id=HANGS).update(lease="other")
        write(bot, send(2, "came later"))
        fake.let_go.set()

    at_each_look(monkeypatch, look)
    drain(bot, fake)
    assert fake.texts == ["late"]
    assert (row_of(bot, "late").state, row_of(bot, "late").lease) == (State.SENDING, "other")
    assert row_of(bot, "came later").state == State.DUE
    assert bot_now(bot).sender_lease == "other"


def test_eight_calls_that_hang_are_the_most_there_are(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bot, *(send(chat_id, "x") for chat_id in range(1, 12)))
    let_go = threading.Event()
    at_once: list[int] = []

    def answer(method: str, params: dict[str, Any]) -> Any:
        assert let_go.wait(AT_MOST)
        return {"message_id": 5}

    ended = calls.Calls.ended

    def counted(of_sender: calls.Calls) -> Any:
        at_once.append(len(of_sender.under_way))
        if len(at_once) == 3:
            let_go.set()
        return ended(of_sender)

    monkeypatch.setattr(calls.Calls, "ended", counted)
    fake = Fake(answer)
    drain(bot, fake)
    if State.DUE in states(bot):
        # a turn ends by the clock: on a busy machine the rest is the next one's
        drain(bot, fake)
    assert at_once[:3] == [8, 8, 8]
    assert max(at_once) == 8
    assert states(bot) == [State.SENT] * 11

"""What a sender takes next: who may send, what has become too late, many messages and chats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.messages import Call, send
from bots.models import Bot, OutboxMessage
from bots.services import limits, sending
from bots.testing import make_bot
from bots.tests.senders import Fake, change, change_bot, drain, states, write
from tenants.models import Tenant
from tenants.scoping import scope

State = OutboxMessage.State
NOTICE, BULK = OutboxMessage.Priority.NOTICE, OutboxMessage.Priority.BULK


@pytest.fixture
def bot(db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"))


@pytest.fixture
def fake() -> Fake:
    return Fake()


# --- Tenants and bots that are off


def test_a_suspended_tenants_bots_send_nothing(bot: Bot, fake: Fake) -> None:
    write(bot, send(7, "x"))
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    assert sending.due_bots(timezone.now()) == []
    drain(bot, fake)
    assert (fake.calls, states(bot)) == ([], [State.DUE])


def test_a_tenant_suspended_under_way_stops_the_sender(bot: Bot) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        return {"message_id": 5}

    fake = Fake(answer)

    def gateway(token: str) -> Any:
        Tenant.objects.update(state=Tenant.State.SUSPENDED)
        return fake

    write(bot, send(7, "x"))
    assert not sending.drain(bot.pk, gateway=gateway)
    assert (fake.calls, states(bot)) == ([], [State.DUE])


@pytest.mark.parametrize(
    ("priority", "state"), [(0, State.SENT), (NOTICE, State.FAILED), (BULK, State.FAILED)]
)
def test_a_bot_that_comes_back_does_not_send_old_news(
    bot: Bot, fake: Fake, priority: int, state: str
) -> None:
    write(bot, send(7, "x", priority=priority))
    change(bot, due_at=timezone.now() - timedelta(hours=25))
    drain(bot, fake)
    assert states(bot) == [state]


def test_news_of_a_bot_that_stays_off_ends(bot: Bot) -> None:
    write(bot, send(7, "old", priority=NOTICE), send(8, "reply"))
    change(bot, due_at=timezone.now() - timedelta(hours=25))
    write(bot, send(9, "fresh", priority=NOTICE))
    change_bot(bot, state=Bot.State.BROKEN)
    assert sending.expire(timezone.now()) == 1
    assert states(bot) == [State.FAILED, State.DUE, State.DUE]


# --- Many messages


def test_a_paused_bot_costs_next_to_nothing_whatever_waits(
    bot: Bot, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    book = limits.book

    def counted(bot_id: int, chat_id: int | None) -> limits.Slot:
        # asked under a write lock, Redis would hold up everybody else
        asked.append(len(connection.savepoint_ids))
        return book(bot_id, chat_id)

    monkeypatch.setattr(limits, "book", counted)
    write(bot, *(send(chat_id, "x", priority=NOTICE) for chat_id in range(1, 1001)))
    limits.pause(bot.pk, 30)
    depth = len(connection.savepoint_ids)
    with CaptureQueriesContext(connection) as first:
        assert not drain(bot, fake)
    with CaptureQueriesContext(connection) as second:
        assert not drain(bot, fake)
    assert asked == [depth]
    assert len(first) < 20
    assert len(second) < 6
    assert sending.due_bots(timezone.now()) == []
    assert states(bot) == [State.DUE] * 1000


def test_chats_over_their_limit_are_put_off_together(bot: Bot, fake: Fake) -> None:
    chats_of = range(1, 101)
    write(bot, *(send(chat_id, "x") for chat_id in chats_of for _ in range(2)))
    for chat_id in chats_of:
        for _ in range(3):
            limits.book(bot.pk, chat_id)
        limits.client().delete(f"botharbor:limit:{{{bot.pk}}}:b")
    with CaptureQueriesContext(connection) as queries:
        assert not drain(bot, fake)
    put_off = [q for q in queries if '"is_put_off" = ' in q["sql"] and "UPDATE" in q["sql"]]
    assert fake.calls == []
    assert len(put_off) <= 20


def test_a_flood_to_one_chat_does_not_hide_the_others(bot: Bot, fake: Fake) -> None:
    write(bot, *(send(-100, f"no {number}") for number in range(5000)))
    write(bot, *(send(chat_id, "hello") for chat_id in range(1, 8)))
    sender = sending.Sender(bot.pk, bot.tenant_id, lambda seconds: None)
    gateway: Any = lambda token: fake  # noqa: E731
    assert sender.take_lease()
    sender.run(gateway, until=float("inf"))
    assert set(fake.chats[:8]) == {-100, 1, 2, 3, 4, 5, 6, 7}
    # the flooded chat gets its burst and waits; nothing is lost
    assert fake.chats.count(-100) == 3
    assert states(bot).count(State.DUE) == 4997


def test_a_group_gets_no_more_than_its_limit_and_in_order(bot: Bot, fake: Fake) -> None:
    write(bot, *(send(-100, f"no {number}") for number in range(30)))
    for _second in range(5):
        drain(bot, fake)
        limits.client().delete(f"botharbor:limit:{{{bot.pk}}}:c:-100")
        change(bot, due_at=timezone.now())
    assert 4 <= len(fake.texts) <= 6  # 4 at once, then one in 3.75 s
    assert fake.texts == [f"no {number}" for number in range(len(fake.texts))]


def test_answers_to_presses_do_not_wait_for_each_other(bot: Bot, fake: Fake) -> None:
    write(bot, *(Call("answerCallbackQuery", None, {"text": str(n)}) for n in range(8)))
    sender = sending.Sender(bot.pk, bot.tenant_id, lambda seconds: None)
    assert len(sender._heads()) == 8
    drain(bot, fake)
    assert states(bot) == [State.SENT] * 8


def test_a_slice_ends_after_one_wave_of_broadcasts(bot: Bot, fake: Fake) -> None:
    write(bot, *(send(chat_id, "sale", priority=BULK) for chat_id in range(1, 21)))
    write(bot, send(50, "reply"), send(51, "reply"))
    assert drain(bot, fake)
    # the wave with the replies in it was filled up, and one of broadcasts alone followed
    assert len(fake.calls) == 16
    assert fake.texts[:8].count("reply") == 2
    assert not drain(bot, fake)
    assert states(bot) == [State.SENT] * 22


def test_only_broadcasts_left_means_more_to_do(bot: Bot, fake: Fake) -> None:
    write(bot, *(send(chat_id, "sale", priority=BULK) for chat_id in range(1, 10)))
    assert drain(bot, fake)
    assert len(fake.calls) == 8
    assert not drain(bot, fake)
    assert len(fake.calls) == 9


def test_time_that_ran_out_means_more_to_do(bot: Bot, fake: Fake) -> None:
    write(bot, send(7, "x"))
    assert drain(bot, fake, seconds=0)
    assert fake.calls == []


def test_bots_that_waited_longest_come_first(bot: Bot) -> None:
    other = make_bot(bot.tenant)
    now = timezone.now()
    for one, age in ((bot, 5), (other, 60)):
        call = send(7, "x")
        call.due_at = now - timedelta(seconds=age)
        write(one, call)
    assert sending.due_bots(now) == [other.pk, bot.pk]
    assert sending.due_bots(now, limit=1) == [other.pk]


def test_what_was_cancelled_between_choosing_and_taking_is_not_sent(bot: Bot, fake: Fake) -> None:
    from bots.services import waves

    write(bot, send(7, "x"), send(8, "y"))
    sender = sending.Sender(bot.pk, bot.tenant_id, lambda seconds: None)
    assert sender.take_lease()
    booking = waves.book(bot.pk, sender._heads())
    with scope(bot.tenant):
        OutboxMessage.objects.filter(chat_id=7).update(state=State.CANCELLED)
    jobs = sender._take(booking)
    assert jobs is not None
    assert [job.message.chat_id for job in jobs] == [8]

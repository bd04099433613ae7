"""A message to all people of a bot: started, paused, cancelled, and arriving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from bots.models import Bot, Broadcast, Channel, Notice, OutboxMessage, Person
from bots.services import broadcasts, limits, sending
from bots.testing import make_bot, outgoing
from bots.tests.broadcasting import act, by_state, deliver, feed, fresh, people, run_through, start
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, WANG
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

State = OutboxMessage.State
DUE, SENDING, SENT, HELD = State.DUE, State.SENDING, State.SENT, State.HELD
PAUSED, DONE, CANCELLED = Broadcast.State.PAUSED, Broadcast.State.DONE, Broadcast.State.CANCELLED


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant)


# --- Starting


def test_it_reaches_who_started_the_bot_and_did_not_block_it(bot: Bot) -> None:
    reached = people(bot, 3)
    people(bot, 2, has_started=False)
    people(bot, 2, blocked_at=timezone.now())
    broadcast = start(bot)
    assert broadcast.total == 3
    run_through(bot)
    assert [row.chat_id for row in outgoing(bot)] == [person.telegram_id for person in reached]
    assert {row.priority for row in outgoing(bot)} == {OutboxMessage.Priority.BULK}
    done = fresh(broadcast)
    assert (done.state, done.sent, done.total) == (DONE, 3, 3)
    assert done.finished_at is not None


@pytest.mark.parametrize("text", ["", "   \n", "x" * 4097, "😀" * 2049])
def test_a_text_that_telegram_would_not_take_is_refused(bot: Bot, text: str) -> None:
    people(bot, 1)
    with pytest.raises(broadcasts.CannotStart):
        start(bot, text)


def test_a_text_of_full_length_arrives_whole(bot: Bot) -> None:
    people(bot, 1)
    start(bot, "😀" * 2048)
    feed()
    assert outgoing(bot)[0].params == {"text": "😀" * 2048}


def test_without_people_or_with_a_bot_that_is_off_it_does_not_start(bot: Bot) -> None:
    with pytest.raises(broadcasts.CannotStart, match="Nobody"):
        start(bot)
    people(bot, 1)
    bot.state = Bot.State.DISABLED
    with pytest.raises(broadcasts.CannotStart, match="not online"):
        start(bot)


def test_a_double_click_starts_once(bot: Bot) -> None:
    people(bot, 2)
    assert start(bot, key="k1").pk == start(bot, key="k1").pk
    run_through(bot)
    assert len(outgoing(bot)) == 2


def test_people_who_come_later_are_not_written_to(bot: Bot) -> None:
    people(bot, 2)
    broadcast = start(bot)
    people(bot, 3)
    run_through(bot)
    assert len(outgoing(bot)) == 2
    assert fresh(broadcast).total == 2


def test_the_time_it_takes_is_told_at_25_a_second(bot: Bot) -> None:
    assert broadcasts.time_left(Broadcast(total=0)) == timedelta()
    assert broadcasts.time_left(Broadcast(total=26)) == timedelta(seconds=2)
    assert broadcasts.time_left(Broadcast(total=100, sent=40, blocked=5, failed=5)).seconds == 2
    assert broadcasts.time_left(Broadcast(total=1, sent=2)) == timedelta()


# --- Pausing and cancelling


def test_a_pause_holds_and_a_resume_goes_on(bot: Bot) -> None:
    people(bot, 5)
    broadcast = start(bot)
    feed()
    deliver(bot, count=2)
    assert act(broadcasts.pause, broadcast)
    feed()
    assert by_state(bot) == {SENT: 2, HELD: 3}
    assert fresh(broadcast).state == PAUSED
    assert act(broadcasts.resume, broadcast)
    run_through(bot)
    assert by_state(bot) == {SENT: 5}


def test_a_cancelled_one_stops_for_good(bot: Bot) -> None:
    people(bot, 5)
    broadcast = start(bot)
    feed()
    deliver(bot, count=2)
    act(broadcasts.pause, broadcast)
    assert act(broadcasts.cancel, broadcast)
    assert by_state(bot) == {SENT: 2, State.CANCELLED: 3}
    feed()
    ended = fresh(broadcast)
    assert (ended.state, ended.sent) == (CANCELLED, 2)
    assert ended.finished_at is not None
    assert feed() == 0


@pytest.mark.parametrize("verb", [broadcasts.pause, broadcasts.resume, broadcasts.cancel])
def test_nothing_changes_what_has_ended(bot: Bot, verb: Callable[..., bool]) -> None:
    people(bot, 1)
    broadcast = start(bot)
    run_through(bot)
    assert not act(verb, broadcast)
    assert fresh(broadcast).state == DONE


@pytest.mark.parametrize(
    ("verb", "expected"), [(broadcasts.pause, HELD), (broadcasts.cancel, State.CANCELLED)]
)
def test_a_retry_after_a_pause_or_cancellation_is_caught(
    bot: Bot, verb: Callable[..., bool], expected: str
) -> None:
    people(bot, 1)
    broadcast = start(bot)
    feed()
    deliver(bot, SENDING)
    act(verb, broadcast)
    feed()
    assert fresh(broadcast).finished_at is None  # it is still on the wire
    with scope(bot.tenant):
        OutboxMessage.objects.update(state=DUE)  # a 429: the sender puts it back
    feed()
    assert by_state(bot) == {expected: 1}


def test_a_finished_one_is_told_to_staff(bot: Bot) -> None:
    with scope(bot.tenant):
        Channel.objects.create(
            tenant=bot.tenant,
            kind="email",
            name="m",
            target="a@b.cc",
            events=["broadcast.finished"],
        )
    people(bot, 2)
    start(bot)
    run_through(bot)
    with scope(bot.tenant):
        assert "2 of 2" in Notice.objects.get().text


# --- With the real sender


@pytest.fixture
def demo(tenant: Tenant, telegram: TelegramEmulator) -> Bot:
    bot = make_bot(tenant, token=DEMO_TOKEN)
    for user in (ALICE, WANG):
        telegram.start(DEMO_BOT_ID, user)
        with scope(tenant):
            Person.objects.create(
                tenant=tenant, bot=bot, telegram_id=user, has_started=True, seen_at=timezone.now()
            )
    return bot


def test_a_broadcast_arrives_and_counts_who_blocked_the_bot(
    demo: Bot, telegram: TelegramEmulator
) -> None:
    telegram.block(DEMO_BOT_ID, WANG)
    broadcast = start(demo, "Hello <b>all</b>")
    feed()
    sending.drain(demo.pk, sleep=lambda seconds: None)
    feed()
    done = fresh(broadcast)
    assert (done.state, done.sent, done.blocked, done.failed) == (DONE, 1, 1, 0)
    assert [m["text"] for m in telegram.sent(ALICE)][-1:] == ["Hello <b>all</b>"]
    assert telegram.sent(WANG) == []


def test_a_paused_broadcast_sends_nothing(demo: Bot, telegram: TelegramEmulator) -> None:
    broadcast = start(demo)
    feed()
    act(broadcasts.pause, broadcast)
    sending.drain(demo.pk, sleep=lambda seconds: None)
    assert telegram.sent(ALICE) == []
    limits.client().flushdb()
    act(broadcasts.resume, broadcast)
    sending.drain(demo.pk, sleep=lambda seconds: None)
    assert len(telegram.sent(ALICE)) == 1

"""A message to all people of a bot."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.messages import text_params
from bots.models import Bot, Broadcast, Channel, Notice, OutboxMessage, Person
from bots.services import broadcasts, limits, sending
from bots.testing import make_bot, outgoing
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, WANG
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

State = OutboxMessage.State
DUE, SENDING, SENT, HELD = State.DUE, State.SENDING, State.SENT, State.HELD
RUNNING, PAUSED = Broadcast.State.RUNNING, Broadcast.State.PAUSED
DONE, CANCELLED = Broadcast.State.DONE, Broadcast.State.CANCELLED
ACTOR = Actor("user", "alice@example.com")
numbers = itertools.count(1)


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant)


def people(bot: Bot, count: int, **more: Any) -> list[Person]:
    with scope(bot.tenant):
        return Person.objects.bulk_create(
            Person(
                tenant=bot.tenant,
                bot=bot,
                telegram_id=next(numbers),
                seen_at=timezone.now(),
                **{"has_started": True, **more},
            )
            for _person in range(count)
        )


def start(bot: Bot, text: str = "Hello", **more: Any) -> Broadcast:
    with scope(bot.tenant):
        return broadcasts.start(bot, text, ACTOR, **more)


def act(verb: Callable[..., bool], broadcast: Broadcast) -> bool:
    with scope(broadcast.tenant_id):
        return verb(broadcast, actor=ACTOR)


def fresh(broadcast: Broadcast) -> Broadcast:
    with scope(broadcast.tenant_id, transaction=False):
        return Broadcast.objects.get(pk=broadcast.pk)


def feed() -> int:
    return broadcasts.feed(timezone.now())


def deliver(bot: Bot, state: str = SENT, count: int | None = None) -> None:
    """Stand for the sender: settle messages that wait."""
    with scope(bot.tenant):
        ids = list(OutboxMessage.objects.filter(state=DUE).order_by("pk").values_list("pk")[:count])
        OutboxMessage.objects.filter(pk__in=[pk for (pk,) in ids]).update(state=state)


def by_state(bot: Bot) -> dict[str, int]:
    states = [row.state for row in outgoing(bot)]
    return {state: states.count(state) for state in set(states)}


def run_through(bot: Bot) -> None:
    while True:
        feed()
        if DUE not in by_state(bot):
            return
        deliver(bot)


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


# --- Feeding


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

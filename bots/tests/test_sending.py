"""How the outbox is delivered, against the Bot API emulator over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from bots.messages import Call, Media, send
from bots.models import Bot, Chat, OutboxMessage, Person, PostedMessage
from bots.services import limits, outbox, sending
from bots.testing import make_bot, outgoing
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

State = OutboxMessage.State


@pytest.fixture
def bot(db: None, telegram: TelegramEmulator) -> Bot:
    telegram.start(DEMO_BOT_ID, ALICE)
    tenant = Tenant.objects.create(slug="acme", name="Acme")
    bot = make_bot(tenant, token=DEMO_TOKEN)
    with scope(tenant):
        Person.objects.create(
            tenant=tenant, bot=bot, telegram_id=ALICE, has_started=True, seen_at=timezone.now()
        )
    return bot


def write(bot: Bot, *calls: Call) -> None:
    with scope(bot.tenant):
        outbox.write(bot, calls)


def drain(bot: Bot) -> bool:
    return sending.drain(bot.pk, sleep=lambda seconds: None)


def make_due(bot: Bot) -> None:
    """Let the time pass that messages were put off for."""
    with scope(bot.tenant):
        OutboxMessage.objects.filter(state=State.DUE).update(due_at=timezone.now())
    limits.client().flushdb()


def states(bot: Bot) -> list[str]:
    return [row.state for row in outgoing(bot)]


def texts(telegram: TelegramEmulator, chat_id: int = ALICE) -> list[str]:
    return [message.get("text", "") for message in telegram.sent(chat_id)]


def test_messages_arrive_in_order_within_a_chat(bot: Bot, telegram: TelegramEmulator) -> None:
    write(bot, *(send(ALICE, f"no {number}") for number in range(3)))
    drain(bot)
    assert texts(telegram) == ["no 0", "no 1", "no 2"]
    assert states(bot) == [State.SENT] * 3


def test_a_chat_over_its_limit_is_put_off_and_not_lost(
    bot: Bot, telegram: TelegramEmulator
) -> None:
    write(bot, *(send(ALICE, f"no {number}") for number in range(5)))
    drain(bot)
    assert texts(telegram) == ["no 0", "no 1", "no 2"]
    assert states(bot) == [State.SENT] * 3 + [State.DUE] * 2
    late = outgoing(bot)[3]
    assert late.due_at > timezone.now()
    assert late.attempts == 0


def test_a_sent_message_is_not_sent_again(bot: Bot, telegram: TelegramEmulator) -> None:
    write(bot, send(ALICE, "once"))
    drain(bot)
    drain(bot)
    assert texts(telegram) == ["once"]


def test_a_429_pauses_the_bot_and_does_not_count_as_an_attempt(
    bot: Bot, telegram: TelegramEmulator
) -> None:
    telegram.fault("status", status=429, retry_after=7)
    write(bot, send(ALICE, "later"))
    drain(bot)
    (message,) = outgoing(bot)
    assert (message.state, message.attempts) == (State.DUE, 0)
    assert timedelta(seconds=6) < message.due_at - timezone.now() <= timedelta(seconds=7)
    with scope(bot.tenant):
        OutboxMessage.objects.update(due_at=timezone.now())
    drain(bot)
    assert texts(telegram) == []  # the pause holds in every process


def test_a_person_who_blocked_the_bot_is_marked(bot: Bot, telegram: TelegramEmulator) -> None:
    telegram.block(DEMO_BOT_ID, ALICE)
    write(bot, send(ALICE, "hello?"))
    drain(bot)
    assert states(bot) == [State.BLOCKED]
    with scope(bot.tenant):
        assert Person.objects.get().blocked_at is not None


def test_a_400_is_recorded_with_telegrams_words(bot: Bot) -> None:
    write(bot, Call("sendMessage", ALICE, {"text": "<b>open", "parse_mode": "HTML"}))
    drain(bot)
    (message,) = outgoing(bot)
    assert message.state == State.FAILED
    assert "can't parse entities" in message.error


@pytest.mark.parametrize("kind", ["drop", "lost_answer"])
def test_network_errors_are_tried_again_with_backoff(
    bot: Bot, telegram: TelegramEmulator, kind: str
) -> None:
    telegram.fault(kind, method="sendMessage")
    write(bot, send(ALICE, "hello"))
    drain(bot)
    (message,) = outgoing(bot)
    assert (message.state, message.attempts) == (State.DUE, 1)
    assert message.due_at > timezone.now() + timedelta(seconds=1)
    make_due(bot)
    drain(bot)
    assert states(bot) == [State.SENT]
    assert texts(telegram)[-1] == "hello"


def test_a_500_is_tried_again_and_holds_back_what_follows_in_the_chat(
    bot: Bot, telegram: TelegramEmulator
) -> None:
    telegram.fault("status", status=502, method="sendMessage")
    write(bot, send(ALICE, "first"))
    drain(bot)
    write(bot, send(ALICE, "second"))
    drain(bot)
    assert texts(telegram) == []
    make_due(bot)
    drain(bot)
    assert texts(telegram) == ["first", "second"]


def test_a_message_is_given_up_after_its_last_attempt(bot: Bot, telegram: TelegramEmulator) -> None:
    telegram.fault("status", status=500, times=0)
    write(bot, send(ALICE, "never"))
    for _ in range(12):
        drain(bot)
        make_due(bot)
    assert states(bot) == [State.FAILED]


def test_a_broadcast_with_an_unclear_answer_is_not_repeated(
    bot: Bot, telegram: TelegramEmulator
) -> None:
    telegram.fault("lost_answer", method="sendMessage")
    write(bot, send(ALICE, "sale", priority=OutboxMessage.Priority.BULK))
    drain(bot)
    assert states(bot) == [State.FAILED]
    assert texts(telegram) == ["sale"]


def test_a_slot_is_edited_where_it_was_posted(bot: Bot, telegram: TelegramEmulator) -> None:
    write(bot, send(ALICE, "one", slot="card:1"))
    with scope(bot.tenant):
        outbox.edit_posted(bot, "card:1", ALICE, "two")
        outbox.edit_posted(bot, "card:1", ALICE, "three")
    drain(bot)
    assert texts(telegram) == ["three"]
    assert states(bot) == [State.SENT, State.SENT]


def test_an_edit_that_changes_nothing_is_a_success(bot: Bot) -> None:
    write(bot, send(ALICE, "same", slot="card:1"))
    with scope(bot.tenant):
        outbox.edit_posted(bot, "card:1", ALICE, "same")
    drain(bot)
    assert states(bot) == [State.SENT, State.SENT]


def test_an_edit_of_what_was_never_posted_fails_with_a_reason(bot: Bot) -> None:
    with scope(bot.tenant):
        outbox.edit_posted(bot, "card:9", ALICE, "two")
    drain(bot)
    (message,) = outgoing(bot)
    assert (message.state, message.error) == (State.FAILED, "There is no message to edit.")


def test_a_missing_picture_fails_alone(bot: Bot, telegram: TelegramEmulator) -> None:
    write(bot, send(ALICE, "look", photo=Media("gone.png")), send(ALICE, "text"))
    drain(bot)
    assert states(bot) == [State.FAILED, State.SENT]


def test_a_group_that_became_a_supergroup_is_followed(bot: Bot, telegram: TelegramEmulator) -> None:
    group = telegram.add_chat("Friends", "group", members=[ALICE], bots=[DEMO_BOT_ID])
    with scope(bot.tenant):
        Chat.objects.create(tenant=bot.tenant, bot=bot, telegram_id=group.id, kind="group")
    new_id = telegram.migrate(group.id)
    write(bot, send(group.id, "hello group", slot="card:1"))
    drain(bot)
    drain(bot)
    assert texts(telegram, new_id) == ["hello group"]
    with scope(bot.tenant):
        assert Chat.objects.get().telegram_id == new_id
        assert PostedMessage.objects.get().chat_id == new_id


def test_a_group_that_removed_the_bot_is_marked(bot: Bot, telegram: TelegramEmulator) -> None:
    group = telegram.add_chat("Friends", "supergroup", members=[ALICE], bots=[DEMO_BOT_ID])
    with scope(bot.tenant):
        Chat.objects.create(tenant=bot.tenant, bot=bot, telegram_id=group.id, kind="supergroup")
    telegram.set_member(group.id, DEMO_BOT_ID, "kick")
    write(bot, send(group.id, "hello?"))
    drain(bot)
    assert states(bot) == [State.FAILED]
    with scope(bot.tenant):
        assert Chat.objects.get().state == Chat.State.LEFT


def test_a_revoked_token_breaks_the_bot_and_keeps_its_queue(
    bot: Bot, telegram: TelegramEmulator
) -> None:
    telegram.revoke(DEMO_BOT_ID)
    write(bot, send(ALICE, "kept"))
    drain(bot)
    assert states(bot) == [State.DUE]
    with scope(bot.tenant):
        assert Bot.objects.get().state == Bot.State.BROKEN
    assert sending.due_bots(timezone.now()) == []


def test_an_old_press_needs_no_answer_any_more(bot: Bot) -> None:
    write(bot, Call("answerCallbackQuery", None, {"callback_query_id": "1"}))
    drain(bot)
    assert states(bot) == [State.SENT]


def test_a_sender_that_died_is_taken_over_after_its_lease(
    bot: Bot, telegram: TelegramEmulator
) -> None:
    write(bot, send(ALICE, "reply"), send(ALICE, "bulk", priority=9))
    with scope(bot.tenant):
        OutboxMessage.objects.update(state=State.SENDING)
        Bot.objects.update(
            sender_lease="dead", sender_lease_until=timezone.now() + timedelta(seconds=9)
        )
    drain(bot)
    assert texts(telegram) == []
    assert sending.due_bots(timezone.now()) == []
    with scope(bot.tenant):
        Bot.objects.update(sender_lease_until=timezone.now() - timedelta(seconds=1))
    assert sending.due_bots(timezone.now()) == [bot.pk]
    drain(bot)
    assert texts(telegram) == ["reply"]
    assert states(bot) == [State.SENT, State.FAILED]


def test_replies_go_before_notices_and_notices_before_bulk(
    bot: Bot, telegram: TelegramEmulator
) -> None:
    write(bot, send(ALICE, "bulk", priority=9), send(ALICE, "notice", priority=5))
    write(bot, send(ALICE, "reply", priority=0))
    drain(bot)
    assert texts(telegram) == ["reply", "notice", "bulk"]

"""A whole giveaway against the Bot API emulator: what we say is what Telegram takes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from bots.models import Bot, Chat
from bots.services import limits, outbox, sending
from bots.testing import Someone, make_bot, make_chat, outgoing
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, GROUP_ID
from lottery import texts
from lottery.services.cards import Join
from lottery.testing import finish, make_lottery, prizes
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot(telegram: TelegramEmulator, tenant: Tenant) -> Bot:
    telegram.start(DEMO_BOT_ID, ALICE)
    return make_bot(tenant, token=DEMO_TOKEN)


@pytest.fixture
def chat(bot: Bot) -> Chat:
    return make_chat(bot, telegram_id=GROUP_ID, title="Harbor Friends")


@pytest.fixture
def alice(bot: Bot) -> Someone:
    return Someone(bot, telegram_id=ALICE, first_name="Alice <3")


def deliver(bot: Bot) -> None:
    for _wave in range(5):
        limits.client().flushdb()
        sending.drain(bot.pk, sleep=lambda seconds: None)
    assert {message.state for message in outgoing(bot)} == {"sent"}, [
        (message.method, message.error) for message in outgoing(bot)
    ]


def last(telegram: TelegramEmulator, chat_id: int) -> Any:
    return telegram.messages(DEMO_BOT_ID, chat_id)[-1]


def test_from_card_to_result(
    telegram: TelegramEmulator, bot: Bot, chat: Chat, alice: Someone
) -> None:
    lottery = make_lottery(bot, chat=chat, title="大抽獎 & more 🎉")
    deliver(bot)
    card = last(telegram, chat.telegram_id)
    assert card["text"].startswith("🎁 大抽獎 & more 🎉\n\nJoin and win.")
    alice.says("/start")
    alice.presses(Join(lottery.pk), chat=chat, message_id=card["message_id"])
    finish(lottery)
    deliver(bot)
    shown = {one["message_id"]: one for one in telegram.messages(DEMO_BOT_ID, chat.telegram_id)}
    assert "🏆 Winners: Alice <3" in shown[card["message_id"]]["text"]
    assert "1. Alice <3" in last(telegram, chat.telegram_id)["text"]
    assert "You won Phone in “大抽獎 & more 🎉”" in last(telegram, ALICE)["text"]


def test_the_longest_card_with_a_picture(
    telegram: TelegramEmulator, bot: Bot, chat: Chat, alice: Someone
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(picture, "PNG")
    name = default_storage.save("lottery/longest.png", picture)
    lottery = make_lottery(
        bot,
        chat=chat,
        title="🎉" * 200,
        text="🎁" * 3000,
        time_zone="America/Argentina/ComodRivadavia",
        prizes=prizes(*[("🏆" * 120, 200)] * 50),
        image=name,
    )
    alice.says(f"/start g_{lottery.public_id}")
    deliver(bot)
    card = last(telegram, chat.telegram_id)
    assert card["photo_url"]
    assert "…" in card["caption"]
    for _person in range(12):
        Someone(bot, first_name="👩‍👩‍👧" * 60, language_code="zh-TW").presses(
            Join(lottery.pk), chat=chat, message_id=card["message_id"]
        )
    finish(lottery)
    deliver(bot)
    assert "🏁" in telegram.messages(DEMO_BOT_ID, chat.telegram_id)[0]["caption"]


def test_the_longest_texts_in_private(telegram: TelegramEmulator, bot: Bot) -> None:
    lottery = make_lottery(
        bot, title="字" * 200, text="字" * 3000, prizes=prizes(*[("字" * 120, 9)] * 50)
    )
    with scope(bot.tenant_id):
        lines = list(lottery.prizes.all())
        outbox.say(bot, ALICE, texts.card(lottery, lines, is_in=True))
        outbox.say(bot, ALICE, texts.details(lottery, lines))
    deliver(bot)
    assert lottery.secret_sha256 in last(telegram, ALICE)["text"]

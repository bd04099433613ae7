"""Messages against the Bot API emulator: what we say is what Telegram takes, and it is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bots.models import Bot, Chat
from bots.services import limits, sending
from bots.testing import Someone, make_chat, outgoing
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, GROUP_ID
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account
from traffic_guard.services.telling import alerts, preferences
from traffic_guard.services.telling.alerts import Raised
from traffic_guard.testing import TESTER, make_account
from traffic_guard.tests.chatting import make_staff, make_traffic_bot
from traffic_guard.tests.planned import announced, fresh, low_server, tell

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Main <&> 帳號")


@pytest.fixture
def bot(telegram: TelegramEmulator, tenant: Tenant) -> Bot:
    telegram.start(DEMO_BOT_ID, ALICE)
    return make_traffic_bot(tenant, token=DEMO_TOKEN)


@pytest.fixture
def group(bot: Bot) -> Chat:
    """The group that is told besides linked members."""
    group = make_chat(bot, telegram_id=GROUP_ID, title="Harbor Friends")
    with scope(bot.tenant):
        preferences.change(bot.tenant_id, actor=TESTER, chat=group)
    return group


def deliver(bot: Bot) -> None:
    for _wave in range(4):
        limits.client().flushdb()
        sending.drain(bot.pk, sleep=lambda seconds: None)
    assert {message.state for message in outgoing(bot)} == {"sent"}, [
        (message.method, message.error) for message in outgoing(bot)
    ]


def in_chat(telegram: TelegramEmulator, chat_id: int) -> list[Any]:
    return telegram.messages(DEMO_BOT_ID, chat_id)


def keys_shown(message: Any) -> list[dict[str, str]]:
    markup = message.get("reply_markup") or {}
    return [key for row in markup.get("inline_keyboard", []) for key in row]


def test_a_stop_is_put_off_and_skipped_from_the_group_and_every_chat_shows_it(
    telegram: TelegramEmulator, bot: Bot, group: Chat, account: Account
) -> None:
    alice = make_staff(bot, "operator", telegram_id=ALICE)
    [plan] = announced(low_server(account, "web <b>1</b> & co"))
    deliver(bot)
    [card] = [one for one in in_chat(telegram, GROUP_ID) if "will be stopped" in one["text"]]
    assert "web <b>1</b> & co" in card["text"]
    for name, said in (("Postpone", "(postponed)"), ("Skip", "cancelled by Operator")):
        [data] = [key["callback_data"] for key in keys_shown(card) if name in key["text"]]
        alice.presses(data, chat=group, message_id=card["message_id"])
        deliver(bot)
        for chat_id in (GROUP_ID, ALICE):
            [card] = [one for one in in_chat(telegram, chat_id) if "web <b>1" in one["text"]]
            assert said in card["text"]
        [card] = [one for one in in_chat(telegram, GROUP_ID) if "web <b>1" in one["text"]]
    assert fresh(plan).settled_reason == "skipped"
    assert keys_shown(card) == []


def test_forty_alerts_and_forty_stops_at_once_are_two_messages_that_telegram_takes(
    telegram: TelegramEmulator, bot: Bot, group: Chat, account: Account
) -> None:
    servers = [low_server(account, f"{'名' * 60}-{n}", left=n + 1) for n in range(40)]
    tell(account, *(Raised(one, alerts.FORECAST) for one in servers))
    announced(*servers)
    deliver(bot)
    assert len(in_chat(telegram, GROUP_ID)) == 2
    first, second = in_chat(telegram, GROUP_ID)
    assert "40 servers need a look" in first["text"]
    assert "40 will be stopped" in second["text"]
    assert len(keys_shown(second)) == 10
    # a list, a server, its plan: whatever can be opened from there is taken too
    nobody_else = make_staff(bot, "operator", telegram_id=ALICE)
    for key in keys_shown(first)[:1] + keys_shown(first)[-1:] + keys_shown(second)[:1]:
        nobody_else.presses(key["callback_data"], chat=group, message_id=first["message_id"])
    nobody_else.says("/status")
    nobody_else.says(f"/stop {' '.join(f'-{n}' for n in range(10, 40))}")
    deliver(bot)


def test_an_old_button_of_a_foreign_bot_is_answered_kindly(bot: Bot) -> None:
    stale = Someone(bot, telegram_id=ALICE).presses("tp:forged:0:extra")
    assert "no longer in use" in stale.text

"""What each kind of channel makes of a notice: Feishu, mail, a Telegram chat."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from bots.gateways import mail as mail_gateway
from bots.gateways.errors import Refused
from bots.models import Bot, Channel, Chat, Notice, OutboxMessage, Person
from bots.services import chats, notices
from bots.services.notice_delivery import LEASE
from bots.testing import make_bot, outgoing
from bots.tests.channels import Killed, add, fresh, rows, states, tell
from emulators.feishu import SIGNED_KEY, SIGNED_SECRET, FeishuEmulator
from emulators.httpd import Server
from tenants.models import Tenant
from tenants.scoping import scope

Kind = Channel.Kind
DUE, SENT, FAILED = Notice.State.DUE, Notice.State.SENT, Notice.State.FAILED


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant)


# --- Feishu and mail


def test_feishu_is_told(tenant: Tenant, settings: Any) -> None:
    emulator = FeishuEmulator()
    with Server(emulator.app) as server:
        settings.FEISHU_API_URL = server.url
        add(tenant, Kind.FEISHU, SIGNED_KEY, secret=SIGNED_SECRET)
        tell(tenant, "机器人停了")
        notices.deliver_due(timezone.now())
    emulator.close()
    assert emulator.messages(SIGNED_KEY)[0]["body"]["card"]["header"]["title"]["content"] == (
        "机器人停了"
    )


def test_mail_takes_no_header_from_a_title(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    tell(tenant, "One\r\nBcc: evil@example.com")
    notices.deliver_due(timezone.now())
    assert mail.outbox[0].subject == "[Botharbor] One Bcc: evil@example.com"
    assert states(tenant) == [SENT]


def test_a_mail_server_that_is_away_is_tried_again(tenant: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    add(tenant, Kind.EMAIL, "a@example.com")
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert states(tenant) == [DUE]
    assert "mail server" in rows(tenant)[0].error


@pytest.mark.parametrize(("code", "is_final"), [(421, False), (452, False), (550, True)])
def test_what_a_mail_server_says_decides(code: int, is_final: bool) -> None:  # noqa: FBT001
    error = mail_gateway.judged(code, b"5.1.1 no such mailbox")
    assert isinstance(error, Refused) is is_final


# --- A Telegram chat


def chat_channel(bot: Bot, chat_id: int = 77) -> Channel:
    return add(bot.tenant, Kind.TELEGRAM, str(chat_id), bot=bot)


def test_a_telegram_chat_is_told_through_the_outbox(bot: Bot) -> None:
    chat_channel(bot)
    tell(bot.tenant, "<b>1</b> & 2", url="https://botharbor.test/t/acme/")
    notices.deliver_due(timezone.now())
    [message] = outgoing(bot)
    assert message.chat_id == 77
    assert message.priority == OutboxMessage.Priority.NOTICE
    assert message.params["text"].startswith("<b>&lt;b&gt;1&lt;/b&gt; &amp; 2</b>\n")
    assert message.params["reply_markup"]["inline_keyboard"][0][0]["url"].startswith("https://")
    assert states(bot.tenant) == [SENT]


def test_a_long_text_fits_into_a_telegram_message(bot: Bot) -> None:
    chat_channel(bot)
    with scope(bot.tenant):
        notices.notify("bot.broken", "😀" * 200, "😀" * 9_000)
    notices.deliver_due(timezone.now())
    text = outgoing(bot)[0].params["text"].replace("<b>", "").replace("</b>", "")
    assert len(text.encode("utf-16-le")) // 2 <= 4096 + 200


def test_a_worker_killed_at_a_telegram_chat_leaves_nothing_or_all(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_channel(bot)
    tell(bot.tenant)
    now = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr("bots.services.outbox.nudge_after_commit", raise_killed)
        with pytest.raises(Killed):
            notices.deliver_due(now)
    assert outgoing(bot) == []
    notices.deliver_due(now + LEASE)
    assert len(outgoing(bot)) == 1


def raise_killed(*args: Any) -> None:
    raise Killed


def close(bot: Bot, how: str) -> None:
    now = timezone.now()
    person = {"bot": bot, "telegram_id": 77, "seen_at": now}
    with scope(bot.tenant):
        if how == "off":
            Bot.objects.update(state=Bot.State.DISABLED)
        elif how == "blocked":
            Person.objects.create(tenant=bot.tenant, blocked_at=now, **person)
        elif how == "removed":
            Chat.objects.create(tenant=bot.tenant, bot=bot, telegram_id=77, state=Chat.State.LEFT)
        else:
            Channel.objects.update(bot=None)


@pytest.mark.parametrize("how", ["off", "blocked", "removed", "deleted"])
def test_a_chat_that_is_closed_fails_in_words(bot: Bot, how: str) -> None:
    channel = chat_channel(bot)
    close(bot, how)
    tell(bot.tenant)
    notices.deliver_due(timezone.now())
    assert states(bot.tenant) == [FAILED]
    assert fresh(channel).last_error
    assert outgoing(bot) == []


def test_a_chat_is_not_told_in_itself_that_it_cannot_be_told(bot: Bot) -> None:
    chat_channel(bot, 77)
    add(bot.tenant, Kind.EMAIL, "a@example.com")
    told = tell(bot.tenant, event="outbox.failed", bot=bot.public_id, chat_id=77)
    assert told == 1
    with scope(bot.tenant):
        assert Notice.objects.get().channel.kind == Kind.EMAIL


def test_a_channel_follows_a_group_that_moves(bot: Bot) -> None:
    channel = chat_channel(bot, -5)
    with scope(bot.tenant):
        Chat.objects.create(tenant=bot.tenant, bot=bot, telegram_id=-5, kind="group")
        chats.migrate(bot.pk, -5, -1005)
    assert fresh(channel).target == "-1005"

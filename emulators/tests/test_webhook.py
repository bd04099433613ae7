"""setWebhook's rules and long polling."""

import asyncio
from typing import Any

import pytest
import telegram
from telegram.error import BadRequest, Conflict, RetryAfter

from emulators.telegram.world import ALICE, DEMO_BOT_ID, GROUP_ID, LIN
from emulators.tests.conftest import Hub
from emulators.tests.test_send import refusal

URL = "https://bots.example.com:8443/x"


def hook(url: str = URL, **more: Any) -> Any:
    return lambda bot: bot.set_webhook(url, **more)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://bots.example.com/x", "An HTTPS URL must be provided for webhook"),
        ("https://bots.example.com:8000/x", "only on ports 80, 88, 443 or 8443"),
        ("https://10.0.0.5/x", "IP address 10.0.0.5 is reserved"),
        ("ftp://bots.example.com/", "invalid webhook URL specified"),
        ("nonsense", "invalid webhook URL specified"),
    ],
)
def test_bad_urls(hub: Hub, url: str, words: str) -> None:
    assert words.lower() in refusal(hub, BadRequest, hook(url)).lower()
    assert hub.emulator.bots[DEMO_BOT_ID].webhook is None


@pytest.mark.parametrize(
    ("secret", "words"),
    [("a" * 257, "is too long"), ("no spaces", "contains unallowed characters")],
)
def test_bad_secrets(hub: Hub, secret: str, words: str) -> None:
    assert words in refusal(hub, BadRequest, hook(secret_token=secret))


def test_once_per_second(hub: Hub) -> None:
    hub.run(hook())
    refusal(hub, RetryAfter, hook())
    hub.clock.advance(1)
    hub.run(hook())
    answers = [call["answer"]["description"] for call in hub.emulator.calls(method="setWebhook")]
    assert answers[0] == "Webhook was set"
    assert answers[2] == "Webhook is already set"


def test_settings_are_kept_clamped_and_dropped(hub: Hub) -> None:
    hub.run(hook(secret_token="abc", max_connections=1000, allowed_updates=["message", "bogus"]))
    webhook = hub.emulator.bots[DEMO_BOT_ID].webhook
    assert webhook is not None
    assert (webhook.secret, webhook.max_connections) == ("abc", 100)
    hub.clock.advance(1)
    hub.run(hook())
    webhook = hub.emulator.bots[DEMO_BOT_ID].webhook
    assert webhook is not None
    assert (webhook.secret, webhook.max_connections) == ("", 40)
    info = hub.run(lambda bot: bot.get_webhook_info())
    assert info.allowed_updates == ("message",)
    hub.clock.advance(1)
    hub.run(hook(allowed_updates=[]))
    assert hub.emulator.bots[DEMO_BOT_ID].allowed_updates is None
    hub.clock.advance(1)
    hub.run(hook(allowed_updates=["bogus"]))
    assert hub.emulator.bots[DEMO_BOT_ID].allowed_updates is None


def test_certificate_upload(hub: Hub) -> None:
    hub.run(hook(certificate=b"-----BEGIN CERTIFICATE-----"))
    assert hub.run(lambda bot: bot.get_webhook_info()).has_custom_certificate


def test_delete_and_drop(chatting: Hub) -> None:
    chatting.run(lambda bot: bot.delete_webhook())
    assert chatting.run(lambda bot: bot.get_webhook_info()).pending_update_count == 1
    chatting.run(lambda bot: bot.delete_webhook(drop_pending_updates=True))
    info = chatting.run(lambda bot: bot.get_webhook_info())
    assert (info.url, info.pending_update_count) == ("", 0)


def test_default_updates_leave_members_out(hub: Hub) -> None:
    hub.emulator.set_member(GROUP_ID, LIN, "leave")
    assert hub.last_kinds() == ["message"]
    hub.run(lambda bot: bot.get_updates(allowed_updates=["chat_member"]))
    hub.emulator.set_member(GROUP_ID, LIN, "join")
    assert hub.last_kinds() == ["message", "chat_member"]
    updates = hub.run(lambda bot: bot.get_updates())
    assert updates[1].chat_member is not None
    assert updates[1].chat_member.new_chat_member.status == "member"


def test_polling_confirms_by_offset(chatting: Hub) -> None:
    for text in ("a", "b"):
        chatting.emulator.say(DEMO_BOT_ID, ALICE, text)
    first = chatting.run(lambda bot: bot.get_updates(limit=2))
    assert [u.update_id for u in first] == [1, 2]
    assert [u.update_id for u in chatting.run(lambda bot: bot.get_updates(offset=2))] == [2, 3]
    assert [u.update_id for u in chatting.run(lambda bot: bot.get_updates(offset=-1))] == [3]
    assert chatting.run(lambda bot: bot.get_updates(offset=4)) == ()


def test_poll_wakes_up(hub: Hub) -> None:
    async def story(bot: telegram.Bot) -> tuple[telegram.Update, ...]:
        waiting = asyncio.create_task(bot.get_updates(timeout=30))
        while not hub.emulator.state.polls.running(DEMO_BOT_ID):
            await asyncio.sleep(0)
        hub.emulator.start(DEMO_BOT_ID, ALICE)
        return await waiting

    assert len(hub.run(story)) == 1


def test_poll_ends_with_the_clock(hub: Hub) -> None:
    async def story(bot: telegram.Bot) -> tuple[telegram.Update, ...]:
        waiting = asyncio.create_task(bot.get_updates(timeout=30))
        while not hub.emulator.state.polls.running(DEMO_BOT_ID):
            await asyncio.sleep(0)
        hub.clock.advance(30)
        return await waiting

    assert hub.run(story) == ()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda bot: bot.get_updates(), "terminated by other getupdates request"),
        (lambda bot: bot.set_webhook(URL), "terminated by setwebhook request"),
    ],
)
def test_conflicts(hub: Hub, other: Any, words: str) -> None:
    async def story(bot: telegram.Bot) -> None:
        waiting = asyncio.create_task(bot.get_updates(timeout=30))
        while not hub.emulator.state.polls.running(DEMO_BOT_ID):
            await asyncio.sleep(0)
        await other(bot)
        with pytest.raises(Conflict) as caught:
            await waiting
        assert words in str(caught.value).lower()

    hub.run(story)


def test_no_polling_beside_a_webhook(hub: Hub) -> None:
    hub.run(hook())
    words = refusal(hub, Conflict, lambda bot: bot.get_updates())
    assert "can't use getUpdates method while webhook is active".lower() in words.lower()


def test_random_update_id_after_a_silent_week(chatting: Hub) -> None:
    chatting.clock.advance(8 * 86400)
    chatting.emulator.say(DEMO_BOT_ID, ALICE, "x")
    (update,) = chatting.run(lambda bot: bot.get_updates())
    assert update.update_id != 2

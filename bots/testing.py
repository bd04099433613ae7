"""Builders for tests: a connected bot, and people who write to it through the webhook."""

from __future__ import annotations

import html
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from bots import products, registry
from bots.buttons import Button
from bots.models import Bot, Chat, OutboxMessage
from bots.products import Product
from tenants import blind_index
from tenants.ids import digest, random_text
from tenants.models import Tenant
from tenants.scoping import scope

_numbers = itertools.count(1)
_update_ids = itertools.count(10_000)


@dataclass(frozen=True)
class BotKeys:
    """What only Telegram knows of a bot."""

    hook_token: str
    secret: str


_keys: dict[int, BotKeys] = {}


def make_bot(
    tenant: Tenant,
    *,
    products: tuple[str, ...] = ("lottery",),
    language: str = "en",
    token: str = "",
) -> Bot:
    """Create a bot that is online, as if it had been connected through the portal.

    Give the token of one of the emulator's bots where Telegram must know it.
    """
    number = next(_numbers)
    token = token or f"{700_000_000 + number}:{random_text(35)}"
    keys = BotKeys(random_text(43), random_text(43))
    with scope(tenant):
        bot: Bot = Bot.objects.create(
            tenant=tenant,
            telegram_id=int(token.partition(":")[0]),
            username=f"test_{number}_bot",
            name=f"Test bot {number}",
            token=token,
            token_fingerprint=blind_index.fingerprint("bot-token", token),
            hook_digest=digest(keys.hook_token),
            secret_digest=digest(keys.secret),
            products=list(products),
            language=language,
            state=Bot.State.ENABLED,
        )
    _keys[bot.pk] = keys
    registry.clear()
    return bot


@contextmanager
def products_for_test(*found: Product) -> Iterator[None]:
    """Have these products installed and no other: routing is proved without any real one."""
    known = {product.slug: product for product in found}
    before = products.installed

    def installed() -> dict[str, Product]:
        return known

    _install(installed)
    try:
        yield
    finally:
        _install(before)


def _install(function: Any) -> None:
    from bots import chatter

    # `functools.cache` keeps the real products where they are: only the names change
    products.installed = function
    chatter.installed = function  # type: ignore[attr-defined]
    products.table.cache_clear()


def keys_of(bot: Bot) -> BotKeys:
    """Return the webhook address' token and the secret of a bot made by `make_bot`."""
    return _keys[bot.pk]


def make_chat(bot: Bot, *, telegram_id: int = -1001, title: str = "Friends") -> Chat:
    """Create a supergroup that the bot is admin of."""
    with scope(bot.tenant):
        chat: Chat = Chat.objects.create(
            tenant=bot.tenant,
            bot=bot,
            telegram_id=telegram_id,
            kind="supergroup",
            title=title,
            is_admin=True,
        )
    return chat


def make_newer_chats(bot: Bot, count: int) -> None:
    """Put a bot into groups, named “Later”, that changed after all there are."""
    with scope(bot.tenant):
        Chat.objects.bulk_create(
            [
                Chat(tenant=bot.tenant, bot=bot, telegram_id=number, kind="group", title="Later")
                for number in range(1, count + 1)
            ]
        )


@dataclass(frozen=True)
class Reply:
    """What the webhook answered: HTTP status and the Bot API call in the response, if any."""

    status: int
    call: dict[str, Any] | None

    @property
    def text(self) -> str:
        """The text of the call in the response; empty where there is none."""
        return str((self.call or {}).get("text", ""))


def post(bot: Bot, update: dict[str, Any] | bytes, *, secret: str | None = None) -> Reply:
    """Post an update to the bot's webhook as Telegram does."""
    keys = keys_of(bot)
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    response = Client(raise_request_exception=False).post(
        f"/api/webhook/{keys.hook_token}/",
        data=body,
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": keys.secret if secret is None else secret},
    )
    content = bytes(response.content)
    is_call = response.status_code == 200 and content
    return Reply(response.status_code, json.loads(content) if is_call else None)


@dataclass
class Someone:
    """A Telegram user who talks to one bot: `Someone(bot).says("/start")`."""

    bot: Bot
    telegram_id: int = field(default_factory=lambda: 500_000_000 + next(_numbers))
    first_name: str = "Ada"
    last_name: str = ""
    username: str = ""
    language_code: str = "en"

    @property
    def user(self) -> dict[str, Any]:
        """The `User` object that Telegram shows of this person."""
        optional = {"last_name": self.last_name, "username": self.username}
        return {
            "id": self.telegram_id,
            "is_bot": False,
            "first_name": self.first_name,
            "language_code": self.language_code,
            **{name: value for name, value in optional.items() if value},
        }

    def _chat(self, chat: Chat | None) -> dict[str, Any]:
        if chat is None:
            return {"id": self.telegram_id, "type": "private", "first_name": self.first_name}
        return {"id": chat.telegram_id, "type": chat.kind, "title": chat.title}

    def message(self, text: str, *, chat: Chat | None = None) -> dict[str, Any]:
        """Return the update of a text message; commands get their entity as on the server."""
        entities = []
        if text.startswith("/"):
            length = len(text.split()[0])
            entities = [{"type": "bot_command", "offset": 0, "length": length}]
        message = {
            "message_id": next(_numbers),
            "date": int(timezone.now().timestamp()),
            "from": self.user,
            "chat": self._chat(chat),
            "text": text,
        }
        if entities:
            message["entities"] = entities
        return {"update_id": next(_update_ids), "message": message}

    def press(
        self,
        button: Button | str,
        *,
        chat: Chat | None = None,
        message_id: int = 1,
        text: str = "…",
    ) -> dict[str, Any]:
        """Return the update of a pressed button under a text, ours or any callback data."""
        return {
            "update_id": next(_update_ids),
            "callback_query": {
                "id": str(next(_numbers)),
                "from": self.user,
                "chat_instance": "1",
                "data": button if isinstance(button, str) else button.pack(),
                "message": {
                    "message_id": message_id,
                    "date": int(timezone.now().timestamp()),
                    "chat": self._chat(chat),
                    "text": text,
                },
            },
        }

    def says(self, text: str, *, chat: Chat | None = None) -> Reply:
        """Write to the bot."""
        return post(self.bot, self.message(text, chat=chat))

    def presses(
        self, button: Button | str, *, chat: Chat | None = None, message_id: int = 1
    ) -> Reply:
        """Press a button under a message."""
        return post(self.bot, self.press(button, chat=chat, message_id=message_id))

    def presses_under(
        self, message: Mapping[str, Any], label: str, *, chat: Chat | None = None
    ) -> Reply:
        """Press the button with this label under a message of the bot, given as it was sent."""
        keys = [key for row in message["reply_markup"]["inline_keyboard"] for key in row]
        data = next(key["callback_data"] for key in keys if key["text"] == label)
        shown = html.unescape(strip_tags(message["text"]))
        return post(self.bot, self.press(data, chat=chat, text=shown))


def outgoing(bot: Bot) -> list[OutboxMessage]:
    """Return what waits in the bot's outbox, in order."""
    with scope(bot.tenant, transaction=False):
        return list(OutboxMessage.objects.filter(bot=bot).order_by("id"))


def delivered(bot: Bot) -> None:
    """Let everything in the bot's outbox count as sent: what is said next may be an answer."""
    with scope(bot.tenant):
        OutboxMessage.objects.filter(bot=bot).update(state=OutboxMessage.State.SENT)

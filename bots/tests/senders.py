"""What the sender's tests share: a Telegram that does as told, and looks into the outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bots.messages import Call
from bots.models import Bot, OutboxMessage
from bots.services import outbox, sending
from bots.testing import outgoing
from tenants.scoping import scope


class Fake:
    """Telegram, asked from several threads; `answer` may raise or return a result."""

    def __init__(self, answer: Callable[[str, dict[str, Any]], Any] | None = None) -> None:
        self.calls: list[tuple[str, Any, str]] = []
        self.answer = answer or (lambda method, params: {"message_id": 5})

    def call(self, method: str, params: dict[str, Any]) -> Any:
        self.calls.append((method, params.get("chat_id"), params.get("text", "")))
        return self.answer(method, params)

    @property
    def texts(self) -> list[str]:
        return [text for _method, _chat_id, text in self.calls]

    @property
    def chats(self) -> list[Any]:
        return [chat_id for _method, chat_id, _text in self.calls]


def write(bot: Bot, *calls: Call) -> None:
    with scope(bot.tenant):
        outbox.write(bot, calls)


def drain(bot: Bot, fake: Any, **how: Any) -> bool:
    return sending.drain(bot.pk, gateway=lambda token: fake, sleep=lambda seconds: None, **how)


def change(bot: Bot, **values: Any) -> None:
    with scope(bot.tenant):
        OutboxMessage.objects.update(**values)


def change_bot(bot: Bot, **values: Any) -> None:
    with scope(bot.tenant):
        Bot.objects.filter(pk=bot.pk).update(**values)


def bot_now(bot: Bot) -> Bot:
    with scope(bot.tenant):
        return Bot.objects.get(pk=bot.pk)


def states(bot: Bot) -> list[str]:
    return [row.state for row in outgoing(bot)]

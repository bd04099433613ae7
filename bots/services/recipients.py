"""Who is told of a product's news: linked staff in private, and the chat that was chosen for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from django.utils import translation

from bots.languages import pick
from bots.models import Bot, Chat, Person, StaffLink
from tenants.models import Membership

Role = Membership.Role


class Wishes(Protocol):
    """What a tenant chose for a product: whether linked staff is told, and in which chat besides.

    Load the chat with its bot, without the bot's token.
    """

    @property
    def tells_staff(self) -> bool:
        """Whether linked members are told in private."""

    @property
    def chat(self) -> Chat | None:
        """A group or channel that is told besides."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A chat of a bot that is written to, in its language. `role` is empty where many read."""

    bot: Bot
    chat_id: int
    language: str
    role: str = ""

    @property
    def is_private(self) -> bool:
        """Whether one member alone reads it."""
        return bool(self.role)

    def shows(self, role: str) -> bool:
        """Tell whether a role's buttons make sense there: in a group a press tells who it was."""
        return not self.role or _may(self.role, role)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Speak the language of the chat."""
        with translation.override(self.language):
            yield


def _may(role: str, least: str) -> bool:
    order = list(Role.values)
    return order.index(role) <= order.index(least)


def serves(bot: Bot, product: str) -> bool:
    """Tell whether a bot is on and has a product (by its slug)."""
    return bot.deleted_at is None and bot.state != Bot.State.DISABLED and product in bot.products


def staff(product: str, role: str, *, bot_id: int | None = None) -> list[Recipient]:
    """Return the private chats of linked members with at least this role, one for each account.

    Somebody who is linked at several bots of the product hears it from `bot_id` if he can, else
    from the first. Needs the tenant's open scope.
    """
    links = (
        StaffLink.objects.filter(
            membership__user__is_active=True, person__has_started=True, person__blocked_at=None
        )
        .select_related("membership", "person__bot")
        .defer("person__bot__token")
        .order_by("person__bot_id", "pk")
    )
    found: dict[int, Recipient] = {}
    for link in links:
        person, bot = link.person, link.person.bot
        if not serves(bot, product) or not link.membership.may(role):
            continue
        language = pick(person.language, person.client_language, bot.language)
        if person.telegram_id not in found or bot.pk == bot_id:
            found[person.telegram_id] = Recipient(
                bot, person.telegram_id, language, link.membership.role
            )
    return list(found.values())


def told(
    product: str,
    wishes: Wishes,
    role: str,
    *,
    bot_id: int | None = None,
    person: Person | None = None,
) -> list[Recipient]:
    """Return all chats that hear of something: staff with the role, and the chosen chat.

    `person` is who brought it about, and hears of it even where staff is not told.
    """
    found = staff(product, role, bot_id=bot_id) if wishes.tells_staff or person else []
    if person is not None and not wishes.tells_staff:
        found = [one for one in found if one.chat_id == person.telegram_id]
    chat = wishes.chat
    if chat is not None and chat.state == Chat.State.ACTIVE and serves(chat.bot, product):
        found.append(Recipient(chat.bot, chat.telegram_id, chat.bot.language))
    return found


def of_chat(product: str, wishes: Wishes, bot: Bot, chat_id: int) -> Recipient:
    """Return how a chat that was written to is written to now: as a viewer's once it left."""
    for one in told(product, wishes, Role.VIEWER, bot_id=bot.pk):
        if (one.bot.pk, one.chat_id) == (bot.pk, chat_id):
            return one
    return Recipient(bot, chat_id, bot.language, Role.VIEWER)

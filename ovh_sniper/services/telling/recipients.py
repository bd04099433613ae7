"""Who is told of OVH stock and orders: linked staff in private, and the chat chosen for it."""

from __future__ import annotations

from bots.models import Bot, Person
from bots.services import recipients
from bots.services.recipients import Recipient, Role
from ovh_sniper.models import Preferences

__all__ = ["Recipient", "Role", "of_chat", "serves", "told"]

SLUG = "ovh_sniper"


def serves(bot: Bot) -> bool:
    """Tell whether a bot is on and has this product."""
    return recipients.serves(bot, SLUG)


def told(
    preferences: Preferences, role: str, *, bot_id: int | None = None, person: Person | None = None
) -> list[Recipient]:
    """Return all chats that hear of something: staff with the role, and the chosen chat.

    `person` is who brought it about, and hears of it even where staff is not told.
    """
    return recipients.told(SLUG, preferences, role, bot_id=bot_id, person=person)


def of_chat(preferences: Preferences, bot: Bot, chat_id: int) -> Recipient:
    """Return how a chat that was written to is written to now: as a viewer's once it left."""
    return recipients.of_chat(SLUG, preferences, bot, chat_id)

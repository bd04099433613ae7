"""Lets a member see that a bot can write."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bots.gateways.errors import TelegramError
from bots.gateways.telegram import connect
from bots.models import Bot, Chat, Person, StaffLink
from bots.services.obstacles import NotReachable, in_words
from tenants.models import Membership


def chat_of(bot: Bot, membership: Membership) -> int | None:
    """Return the Telegram account that a member has linked at this bot, if he has."""
    link = StaffLink.objects.filter(membership=membership, person__bot=bot)
    return link.values_list("person__telegram_id", flat=True).first()


def send_test_message(bot: Bot, chat_id: int) -> int:
    """Say something in a chat at once and return the message's id; call in the bot's scope.

    Raises:
        CannotConnect: NotReachable (never talked to the bot, or blocked it), RefusedByTelegram,
            TokenRefused, TelegramAway.
    """
    person = Person.objects.filter(bot=bot, telegram_id=chat_id, has_started=True)
    chat = Chat.objects.filter(bot=bot, telegram_id=chat_id, state=Chat.State.ACTIVE)
    if not person.exists() and not chat.exists():
        raise NotReachable
    text = _("This is a test message. @%(bot)s can write here.") % {"bot": bot.username}
    try:
        sent = connect(bot.token).call("sendMessage", {"chat_id": chat_id, "text": text})
    except TelegramError as error:
        raise in_words(error) from error
    return int(sent["message_id"])

"""Why something cannot be done with a bot: typed for programs, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.gateways.errors import Blocked, Busy, Refused, Revoked, TelegramError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class CannotConnect(Exception):
    """`message` is for the person who asked, `code` for programs.

    `waiting_helps` tells whether the same may work a minute later.
    """

    code = "cannot_connect"
    waiting_helps = False
    words: _StrPromise | str = ""

    def __init__(self, words: str = "") -> None:
        self.message = words or str(self.words)
        super().__init__(self.message)


class NotAToken(CannotConnect):
    """The text does not look like a bot token."""

    code = "token_malformed"
    words = gettext_lazy(
        "This is not a bot token. @BotFather shows it as digits, a colon and about 35 characters."
    )


class TokenRefused(CannotConnect):
    """Telegram does not know the token."""

    code = "token_refused"
    words = gettext_lazy(
        "Telegram does not accept this token. It may be mistyped, or replaced by a newer one: ask "
        "@BotFather for the current one."
    )


class AlreadyConnected(CannotConnect):
    """The tenant itself has this bot already."""

    code = "already_connected"
    words = gettext_lazy("This bot is connected already. To change its token, open its page.")


class TakenElsewhere(CannotConnect):
    """Some other tenant has this bot; nobody is told which."""

    code = "token_taken"
    words = gettext_lazy(
        "This bot is in use in another workspace. Remove it there first, or create another bot "
        "with @BotFather."
    )


class OtherBot(CannotConnect):
    """The new token belongs to another bot."""

    code = "other_bot"
    words = gettext_lazy(
        "This token belongs to another bot. People and chats stay with their bot, so connect the "
        "other one as a new bot."
    )


class TelegramAway(CannotConnect):
    """Telegram cannot be reached, or wants us to wait."""

    code = "telegram_unavailable"
    waiting_helps = True
    words = gettext_lazy("Telegram cannot be reached right now. Try again in a minute.")


class UnknownProduct(CannotConnect):
    """No such product is installed."""

    code = "unknown_product"
    words = gettext_lazy("There is no such product.")


class NotReachable(CannotConnect):
    """Nobody can be written to: no account is linked, or the chat is closed to the bot."""

    code = "chat_unreachable"
    words = gettext_lazy("The bot cannot write to this chat.")


class RefusedByTelegram(CannotConnect):
    """Telegram refused for a reason of its own, which is in the message."""

    code = "telegram_refused"


def in_words(error: TelegramError) -> CannotConnect:
    """Return our error for one of Telegram's."""
    if isinstance(error, Revoked):
        return TokenRefused()
    if isinstance(error, Blocked):
        return NotReachable()
    if isinstance(error, Refused):
        return RefusedByTelegram(_("Telegram refused: %(said)s") % {"said": in_short(error)})
    if isinstance(error, Busy):
        return TelegramAway(
            _("Telegram asks us to wait %(seconds)d seconds. Try again then.")
            % {"seconds": int(error.retry_after) + 1}
        )
    return TelegramAway()


def in_short(error: Refused) -> str:
    """Return Telegram's own words without what they all begin with."""
    return error.description.removeprefix("Bad Request: ")[:200]

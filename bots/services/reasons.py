"""Why a bot needs attention: kept in English in `Bot.state_reason`, shown in the reader's words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bots.gateways.errors import Busy, Refused, Revoked, TelegramError
from bots.services.obstacles import in_short

REVOKED = gettext_noop("Telegram does not accept the token any more.")
WAITING = gettext_noop("Telegram asks us to wait. We will try again by ourselves.")
AWAY = gettext_noop("Telegram could not be reached. We will try again by ourselves.")
# These end in a detail that is the same in every language.
STOLEN = gettext_noop("Another program receives this bot's updates: %(detail)s")
REFUSED = gettext_noop("Telegram refused: %(detail)s")
WITH_DETAIL = (STOLEN, REFUSED)


def of(error: TelegramError) -> str:
    """Return what to keep for an error of the Bot API."""
    if isinstance(error, Revoked):
        return REVOKED
    if isinstance(error, Refused):
        return REFUSED % {"detail": in_short(error)}
    return WAITING if isinstance(error, Busy) else AWAY


def shown(kept: str) -> str:
    """Return a kept reason in the active language."""
    for template in WITH_DETAIL:
        start = template.partition("%")[0]
        if kept.startswith(start):
            return _(template) % {"detail": kept.removeprefix(start)}
    return _(kept) if kept else ""

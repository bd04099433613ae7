"""What staff must hear of: a bot that broke, an update put aside, a message given up.

An alarm that cannot be written is logged and undoes nothing of what it speaks of. It may wait for
other notices' locks: write it as the last thing of its transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, FailedUpdate, OutboxMessage
from bots.services import notices

log = logging.getLogger(__name__)


@contextmanager
def _apart() -> Iterator[None]:
    """Keep a failure from the transaction around."""
    try:
        with transaction.atomic():
            yield
    except Exception:
        log.exception("staff could not be told")


def bot_broke(bot_id: int, reason: str) -> bool:
    """Mark an enabled bot as broken, once, and tell staff; return whether this call did it.

    `reason` is one of bots/services/reasons.py. Needs the tenant's scope and a transaction.
    """
    changed = Bot.objects.filter(pk=bot_id, state=Bot.State.ENABLED).update(
        state=Bot.State.BROKEN, state_reason=reason, version=F("version") + 1
    )
    if not changed:
        return False
    tell_broken(Bot.objects.defer("token").get(pk=bot_id), reason)
    return True


def tell_broken(bot: Bot, reason: str) -> None:
    """Tell staff that a bot stopped working."""
    with _apart():
        notices.notify(
            "bot.broken",
            format_lazy(_("@{bot} stopped working"), bot=bot.username),
            _(reason),
            {"bot": bot.public_id},
        )


def tell_webhook_error(bot: Bot, error: str) -> None:
    """Tell staff that Telegram cannot hand over a bot's updates."""
    with _apart():
        notices.notify(
            "bot.webhook_error",
            format_lazy(_("Telegram cannot deliver to @{bot}"), bot=bot.username),
            error,
            {"bot": bot.public_id},
        )


def update_parked(failed: FailedUpdate) -> None:
    """Tell staff that an update was put aside and can be replayed."""
    with _apart():
        bot = Bot.objects.defer("token").get(pk=failed.bot_id)
        notices.notify(
            "update.parked",
            format_lazy(_("@{bot}: an update was parked"), bot=bot.username),
            format_lazy(_("It failed and was set aside: {error}"), error=failed.error),
            {"bot": bot.public_id, "update_id": failed.update_id},
        )


def message_failed(message: OutboxMessage, error: str) -> None:
    """Tell staff that a message was given up; a broadcast counts its own."""
    if message.broadcast_id is not None:
        return
    with _apart():
        bot = Bot.objects.defer("token").get(pk=message.bot_id)
        notices.notify(
            "outbox.failed",
            format_lazy(_("@{bot}: a message could not be sent"), bot=bot.username),
            error,
            {"bot": bot.public_id, "chat_id": message.chat_id, "method": message.method},
        )

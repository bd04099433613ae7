"""Takes back messages that were not sent yet."""

from __future__ import annotations

from collections.abc import Iterable

from bots.models import Bot, OutboxMessage
from tenants.scoping import scope

State = OutboxMessage.State
# what has not reached Telegram and is not on its way there
OPEN = (State.DUE, State.HELD, State.FAILED)


def cancel(bot: Bot, *, only: Iterable[int]) -> int:
    """Cancel those of these messages that are neither sent nor being sent; return how many."""
    with scope(bot.tenant_id):
        # the sender marks a wave under this row's lock: what it has taken is SENDING for us
        Bot.objects.select_for_update().only("pk").get(pk=bot.pk)
        return OutboxMessage.objects.filter(bot=bot, pk__in=list(only), state__in=OPEN).update(
            state=State.CANCELLED
        )

"""Gives messages that were given up another chance, on demand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bots.models import Bot, OutboxMessage
from bots.services import outbox
from tenants.scoping import scope

# One press wakes no more than this: a broadcast that failed as a whole is made anew.
AT_ONCE = 500


def retry(bot: Bot, *, now: datetime, only: Iterable[int] | None = None) -> int:
    """Make failed messages due again; return how many. Pressing twice sends nothing twice."""
    with scope(bot.tenant_id):
        failed = OutboxMessage.objects.filter(bot=bot, state=OutboxMessage.State.FAILED)
        if only is not None:
            failed = failed.filter(pk__in=list(only))
        chosen = list(failed.order_by("-created_at").values_list("pk", flat=True)[:AT_ONCE])
        count: int = OutboxMessage.objects.filter(
            pk__in=chosen, state=OutboxMessage.State.FAILED
        ).update(state=OutboxMessage.State.DUE, attempts=0, due_at=now, error="")
        if count:
            outbox.nudge_after_commit(bot.pk)
    return count

"""Answers that should have travelled in a webhook's response and found no response to travel in."""

from __future__ import annotations

import orjson
from django.utils import timezone

from bots.messages import Call
from bots.models import Receipt
from bots.registry import BotInfo
from bots.services import outbox
from tenants import batch
from tenants.scoping import scope


def to_outbox(bot: BotInfo, update_id: int, answer: str) -> None:
    """Move a receipt's answer into the outbox, once; call outside any scope."""
    params = orjson.loads(answer)
    call = Call(params.pop("method"), params.pop("chat_id", None), params)
    with scope(bot.tenant_id):
        mine = Receipt.objects.filter(bot_id=bot.id, update_id=update_id, answer=answer)
        if not mine.update(answer=""):
            return
        batch.run([outbox.insertion(bot.tenant_id, bot.id, [call], now=timezone.now())])
        outbox.nudge_after_commit(bot.id)

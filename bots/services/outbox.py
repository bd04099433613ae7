"""Writes outgoing calls as rows; bots/services/sending.py delivers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from django.db import connection, transaction
from django.utils import timezone

from bots.messages import Call, Keyboard, Media, edit, send
from bots.models import Bot, OutboxMessage, PostedMessage
from tenants import batch, scoping

if TYPE_CHECKING:
    from bots.messages import Text

INSERT = (
    "INSERT INTO bots_outboxmessage (tenant_id, bot_id, chat_id, method, params, slot, priority,"
    " state, attempts, due_at, created_at, error, broadcast_id) VALUES "
)
ROW = "(%s, %s, %s, %s, %s, %s, %s, 'due', 0, %s, %s, '', %s)"
EDITS = ("editMessageText", "editMessageCaption")
DROP = f"DELETE FROM bots_outboxmessage WHERE bot_id = %s AND state = 'due' AND method IN {EDITS}"  # noqa: S608 - our own words
# The broadcast's constraint turns a second message to the same chat into none.
IGNORE = " ON CONFLICT (broadcast_id, chat_id) WHERE broadcast_id IS NOT NULL DO NOTHING"


def insertion(
    tenant_id: int, bot_id: int, calls: Sequence[Call], *, now: datetime
) -> batch.Statement:
    """Return the statement that puts calls into the outbox, in their order."""
    params: list[Any] = []
    for call in calls:
        params += [
            tenant_id,
            bot_id,
            call.chat_id,
            call.method,
            orjson.dumps(call.params).decode(),
            call.slot,
            call.priority,
            _stored(call.due_at or now),
            _stored(now),
            call.broadcast_id,
        ]
    return INSERT + ", ".join([_row()] * len(calls)) + IGNORE, params


def replacing(bot_id: int, calls: Sequence[Call]) -> list[batch.Statement]:
    """Return the statement that drops waiting edits of messages that these calls edit anew."""
    slots = sorted({call.slot for call in calls if call.slot and call.method in EDITS})
    if not slots:
        return []
    marks = ", ".join(["%s"] * len(slots))
    return [(f"{DROP} AND slot IN ({marks})", [bot_id, *slots])]


def _row() -> str:
    if connection.vendor == "postgresql":
        return ROW.replace("%s, %s, %s, 'due'", "%s::jsonb, %s, %s, 'due'")
    return ROW


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def write(bot: Bot, calls: Sequence[Call]) -> None:
    """Put calls of a task or a page into the outbox, inside the open scope's transaction."""
    if not calls:
        return
    scoping.require(bot.tenant_id)
    batch.run([insertion(bot.tenant_id, bot.pk, calls, now=timezone.now())])
    nudge_after_commit(bot.pk)


def say(
    bot: Bot,
    chat_id: int,
    text: Text,
    *,
    keyboard: Keyboard | None = None,
    photo: Media | None = None,
    slot: str = "",
) -> None:
    """Say something in a chat; `slot` names the message for `edit_posted`."""
    notice = OutboxMessage.Priority.NOTICE
    write(bot, [send(chat_id, text, keyboard=keyboard, photo=photo, slot=slot, priority=notice)])


def edit_posted(
    bot: Bot, slot: str, chat_id: int, text: Text, *, keyboard: Keyboard | None = None
) -> None:
    """Change the message posted under a slot; edits that still wait are replaced by this one.

    The message may itself still wait in the outbox: order within a chat is kept, so it is posted
    before it is edited, and an edit that comes up before its post is put off.
    """
    OutboxMessage.objects.filter(
        bot=bot, slot=slot, method__startswith="edit", state=OutboxMessage.State.DUE
    ).delete()
    # no more urgent than the post of `say`, or it would overtake it
    notice = OutboxMessage.Priority.NOTICE
    write(bot, [edit(chat_id, None, text, keyboard=keyboard, slot=slot, priority=notice)])


def posted(bot: Bot, slot: str) -> PostedMessage | None:
    """Return where a slot's message stands, None while it has not been sent."""
    return PostedMessage.objects.filter(bot=bot, slot=slot).first()


# --- Waking the sender. `config` and tests may put another function here.
_nudge: Callable[[int], None] | None = None


def on_nudge(function: Callable[[int], None]) -> None:
    """Choose what wakes the sender of a bot's messages (bots/apps.py: bots.nudging)."""
    global _nudge
    _nudge = function


def nudge_after_commit(bot_id: int) -> None:
    """Wake the sender once the rows can be seen; losing this hint only costs a sweep's wait."""
    if _nudge is not None:
        nudge = _nudge
        transaction.on_commit(lambda: nudge(bot_id), robust=True)

"""Takes an update once: the first and the last statement of every update's transaction.

Two messages to the database: `look` reads all that dispatching needs, `settle` writes the receipt
with its answer and everything that is to be sent, and commits. The receipt is written last: when
two workers run the same update at once, the second one's receipt collides, all that its handler did
is rolled back, and it gives the first one's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection
from django.utils import timezone

from bots.messages import Call
from bots.models import Conversation, Person, Receipt
from bots.registry import BotInfo
from bots.services import outbox, people
from tenants import batch
from tenants.columns import Columns
from tenants.models import Tenant

DIALOGUE = Columns(Conversation, "state", "data", "expires_at")
# one row, whatever is missing: bot and tenant, the receipt, a message that waits, the person
WANTED = (
    "SELECT b.version, t.state, r.answer, r.is_parked,"  # noqa: S608 - our own column names
    " EXISTS (SELECT 1 FROM bots_outboxmessage o"
    " WHERE o.bot_id = b.id AND o.chat_id = %s AND o.state IN ('due', 'sending')"
    f" AND (o.is_put_off OR o.due_at <= %s)), {people.COLUMNS.sql('p')}"
)
WHERE = (
    " LEFT JOIN bots_receipt r ON r.bot_id = b.id AND r.update_id = %s"
    " LEFT JOIN bots_person p ON p.bot_id = b.id AND p.telegram_id = %s"
)
BOT = " FROM bots_bot b JOIN tenants_tenant t ON t.id = b.tenant_id"
CONVERSATION = " LEFT JOIN bots_conversation c ON c.person_id = p.id"
TAKES = ("bigint", "timestamptz", "bigint", "bigint", "bigint")
FIRST = 5  # columns before the person's
LAST = FIRST + len(people.COLUMNS.names)
LOOK = batch.Prepared("look", f"{WANTED}{BOT}{WHERE} WHERE b.id = %s", TAKES)
LOOK_AND_RECALL = batch.Prepared(
    "look_and_recall",
    f"{WANTED}, {DIALOGUE.sql('c')}{BOT}{WHERE}{CONVERSATION} WHERE b.id = %s",
    TAKES,
)
SETTLE = batch.Prepared(
    "settle",
    "INSERT INTO bots_receipt (bot_id, update_id, tenant_id, answer, received_at)"
    " VALUES (%s, %s, %s, %s, %s)",
    ("bigint", "bigint", "bigint", "text", "timestamptz"),
    gives=False,
)
# A replay turns the receipt of parking, or none at all, into a real one.
UNPARK = (
    "INSERT INTO bots_receipt (bot_id, update_id, tenant_id, answer, received_at)"
    " VALUES (%s, %s, %s, '', %s) ON CONFLICT (bot_id, update_id)"
    " DO UPDATE SET is_parked = %s WHERE bots_receipt.is_parked RETURNING update_id"
)


class Stale(Exception):
    """The bot changed since this process last looked: look it up again and start over."""


class Repeat(Exception):
    """The update was taken before; `answer` is what it got then."""

    def __init__(self, answer: str) -> None:
        super().__init__("taken before")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Dialogue:
    """An open question: full state name, its data, when it is forgotten."""

    state: str
    data: dict[str, Any]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows when an update comes in."""

    person: Person | None
    dialogue: Dialogue | None
    # whether an earlier message to the chat has yet to be sent: nothing may overtake it
    is_chat_waiting: bool = False


def look(
    bot: BotInfo,
    update_id: int,
    telegram_id: int,
    chat_id: int,
    *,
    with_dialogue: bool,
    ignore_parked: bool = False,
) -> Standing:
    """Read bot, receipt, outbox, person and (where asked) dialogue in one round trip.

    With `ignore_parked` the receipt of an update that was put aside counts for none.

    Raises:
        Stale: the bot was changed, switched off or its tenant suspended since `bot` was loaded.
        Repeat: the update has a receipt.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    statement = LOOK_AND_RECALL if with_dialogue else LOOK
    (rows,) = batch.run([(statement, [chat_id, now, update_id, telegram_id, bot.id])])
    if not rows or rows[0][:2] != (bot.version, Tenant.State.ACTIVE.value):
        raise Stale
    _version, _state, answer, is_parked, is_chat_waiting = rows[0][:FIRST]
    if answer is not None and not (is_parked and ignore_parked):
        raise Repeat(answer)
    described, asked = rows[0][FIRST:LAST], rows[0][LAST:]
    return Standing(
        # the first column of each is null where there is no row
        None if described[0] is None else people.from_row(described),
        None if not asked or asked[0] is None else Dialogue(*DIALOGUE.loaded(asked)),
        bool(is_chat_waiting),
    )


def settle(bot: BotInfo, update_id: int, answer: str, calls: Sequence[Call]) -> None:
    """Write the receipt and the outgoing calls, and commit, in one round trip.

    Nothing may be asked of the database after it in the open scope (`batch.run`).

    Raises:
        Repeat: another worker took the same update meanwhile; roll back.
    """
    now = timezone.now()
    received = connection.ops.adapt_datetimefield_value(now)
    statements: list[batch.Statement] = [
        (SETTLE, [bot.id, update_id, bot.tenant_id, answer, received])
    ]
    if calls:
        outbox.nudge_after_commit(bot.id)
        statements += _outgoing(bot, calls, now)
    try:
        batch.run(statements, commit=True)
    except IntegrityError as error:
        if not _is_taken(error):
            raise
        raise Repeat("") from error


def _is_taken(error: IntegrityError) -> bool:
    """Tell a collision of receipts from one of the outgoing calls."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return "bots_receipt." in str(error)  # SQLite names the columns, and no value
    return bool(diagnosis.table_name == "bots_receipt")


def _outgoing(bot: BotInfo, calls: Sequence[Call], now: datetime) -> list[batch.Statement]:
    statements = outbox.replacing(bot.id, calls)
    return [*statements, outbox.insertion(bot.tenant_id, bot.id, calls, now=now)]


def settle_parked(bot: BotInfo, update_id: int, calls: Sequence[Call]) -> None:
    """Write a replayed update's receipt and its outgoing calls in one round trip.

    Raises:
        Repeat: the update has a real receipt.
    """
    now = timezone.now()
    received = connection.ops.adapt_datetimefield_value(now)
    statements: list[batch.Statement] = [
        (UNPARK, [bot.id, update_id, bot.tenant_id, received, False])
    ]
    if calls:
        statements += _outgoing(bot, calls, now)
    if not batch.run(statements)[0]:
        raise Repeat("")
    if calls:
        outbox.nudge_after_commit(bot.id)


def answer_of(bot: BotInfo, update_id: int) -> str:
    """Return the answer an update got; empty where it got none, or the receipt is gone."""
    mine = Receipt.objects.filter(bot_id=bot.id, update_id=update_id)
    return mine.values_list("answer", flat=True).first() or ""

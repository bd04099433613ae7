"""Who takes part: joining, counting, reading the list in order."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from bots.models import Person
from lottery.models import Entry, Lottery
from lottery.services import fairdraw
from tenants import batch

CHUNK = 5000

INSERT = (
    "INSERT INTO lottery_entry"
    " (tenant_id, lottery_id, person_id, weight, salt, tag, state, reason, joined_at)"
    " SELECT l.tenant_id, l.id, %s, 1, %s, %s, 'ok', '', %s FROM lottery_lottery l"
    " WHERE l.id = %s AND l.tenant_id = %s AND l.bot_id = %s AND l.state = 'open'"
    " AND l.ends_at > %s{lock} ON CONFLICT (lottery_id, person_id) DO NOTHING RETURNING"
    " (SELECT g.entry_count FROM lottery_lottery g WHERE g.id = lottery_entry.lottery_id)"
)
# The freeze locks the row FOR UPDATE, which waits for these locks and makes later joins wait for
# it; then they see that the state is another. Joins do not wait for each other, nor for counting.
LOCK = " FOR KEY SHARE OF l" if connection.vendor == "postgresql" else ""
KEYS = ("bigint", "bigint", "bigint")
JOIN = batch.Prepared(
    "join",
    INSERT.format(lock=LOCK),
    ("bigint", "bytea", "bytea", "timestamptz", *KEYS, "timestamptz"),
)
STANDING = batch.Prepared(
    "giveaway_standing",
    "SELECT l.state, l.ends_at, l.entry_count,"
    " EXISTS (SELECT 1 FROM lottery_entry e WHERE e.lottery_id = l.id AND e.person_id = %s)"
    " FROM lottery_lottery l WHERE l.id = %s AND l.tenant_id = %s AND l.bot_id = %s",
    ("bigint", *KEYS),
)


class NotFound(LookupError):
    """No such giveaway at this person's bot."""


class NotStarted(Exception):
    """Joining begins later."""


class Ended(Exception):
    """Joining is over; `joined` tells whether the person was in time."""

    def __init__(self, *, joined: bool) -> None:
        super().__init__("joining is over")
        self.joined = joined


@dataclass(frozen=True, slots=True)
class Joined:
    """A person takes part: since now, or since before. `count` may lag by some seconds."""

    is_new: bool
    count: int


def join(lottery_id: int, person: Person, *, now: datetime | None = None) -> Joined:
    """Let a person take part, inside the open scope's transaction.

    One round trip; a second one only where he is not new, to learn why.

    Raises:
        NotFound: another bot's giveaway, a draft, or none at all.
        NotStarted: it has not begun.
        Ended: it is over, or was cancelled.
    """
    moment = now or timezone.now()
    salt = secrets.token_bytes(16)
    where = [lottery_id, person.tenant_id, person.bot_id]
    stored_now = connection.ops.adapt_datetimefield_value(moment)
    tag = fairdraw.tag(salt, person.telegram_id)
    (inserted,) = batch.run([(JOIN, [person.pk, salt, tag, stored_now, *where, stored_now])])
    if inserted:
        return Joined(is_new=True, count=inserted[0][0] + 1)
    (standing,) = batch.run([(STANDING, [person.pk, *where])])
    if not standing:
        raise NotFound(lottery_id)
    return _outcome(standing[0], moment)


def _outcome(standing: tuple[Any, ...], now: datetime) -> Joined:
    state, ends_at, count, was_in = standing
    if state == Lottery.State.DRAFT:
        raise NotFound
    if state == Lottery.State.SCHEDULED:
        raise NotStarted
    if state != Lottery.State.OPEN or _moment(ends_at) <= now:
        raise Ended(joined=bool(was_in))
    return Joined(is_new=False, count=count)


def _moment(value: Any) -> datetime:
    """Return a date with its zone: PostgreSQL gives it so, SQLite in UTC without saying it."""
    if not isinstance(value, datetime):
        value = datetime.fromisoformat(value)
    moment: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
    return moment


def count(lottery_id: int) -> int:
    """Count those who take part now."""
    return Entry.objects.filter(lottery_id=lottery_id, state=Entry.State.OK).count()


def stream(lottery_id: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Read the frozen list in order: row id, number, weight, tag; a few thousand at a time."""
    # not filtered by `entry_no`: the planner's statistics still say that none has one
    rows = Entry.objects.filter(lottery_id=lottery_id, state=Entry.State.OK).order_by("pk")
    last = 0
    while True:
        part = list(rows.filter(pk__gt=last).values_list("pk", "entry_no", "weight", "tag")[:CHUNK])
        for pk, number, weight, tag in part:
            if number is not None:
                yield pk, number, weight, bytes(tag)
        if len(part) < CHUNK:
            return
        last = part[-1][0]

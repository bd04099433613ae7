"""Who wrote: a row per person and bot, kept true without a write an update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models.base import ModelState
from django.utils import timezone

from bots.models import Bot, Person
from tenants import batch
from tenants.columns import Columns
from tenants.scoping import ScopeError
from tenants.scoping import current as current_tenant

# `seen_at` needs no more than this precision, so most updates write nothing here.
SEEN_EVERY = timedelta(hours=6)

COLUMNS = Columns(Person)
WRITTEN = Columns(Person, *(field.name for field in COLUMNS.fields if not field.primary_key))
DESCRIBED = ("first_name", "last_name", "username", "client_language")
# A first contact, or news of somebody known: one statement, also where two workers meet.
# Who writes in private (`has_started` in the new row) proves that we may write back.
MEET = batch.Prepared(
    "meet",
    "INSERT INTO bots_person ("  # noqa: S608 - our own column names
    + ", ".join(field.column for field in WRITTEN.fields)
    + ") VALUES ("
    + ", ".join(["%s"] * len(WRITTEN.fields))
    + ") ON CONFLICT (bot_id, telegram_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*DESCRIBED, "seen_at"))
    + ", has_started = bots_person.has_started OR excluded.has_started, blocked_at ="
    " CASE WHEN excluded.has_started THEN NULL ELSE bots_person.blocked_at END"
    f" RETURNING {COLUMNS.sql('bots_person')}",
    WRITTEN.types,
)


def from_row(row: Sequence[Any]) -> Person:
    """Return the person of a row with `COLUMNS`.

    What `Person.from_db` returns, without a descriptor and a signal for each column: those cost an
    update more than all that its handler does with the person.
    """
    person = Person.__new__(Person)
    person._state = ModelState()
    person._state.adding, person._state.db = False, DEFAULT_DB_ALIAS
    person.__dict__.update(zip(COLUMNS.names, COLUMNS.loaded(row), strict=True))
    return person


def current(known: Person | None, bot_id: int, user: Mapping[str, Any], *, private: bool) -> Person:
    """Return the person behind a Telegram user, written only where something changed.

    Raises:
        ScopeError: no tenant's scope is open.
    """
    now = timezone.now()
    wanted = _described(user)
    if known is not None and not _differs(known, wanted, now, private=private):
        return known
    tenant_id = current_tenant()
    if tenant_id is None:
        raise ScopeError("Whoever writes to a bot belongs to its tenant: open the scope.")
    described = Person(
        tenant_id=tenant_id,
        bot_id=bot_id,
        telegram_id=int(user["id"]),
        has_started=private,
        seen_at=now,
        **wanted,
    )
    ((row,),) = batch.run([(MEET, WRITTEN.stored(described))])
    return from_row(row)


def _described(user: Mapping[str, Any]) -> dict[str, str]:
    return {
        "first_name": str(user.get("first_name", ""))[:256],
        "last_name": str(user.get("last_name", ""))[:256],
        "username": str(user.get("username", ""))[:64],
        "client_language": str(user.get("language_code", ""))[:35],
    }


def _differs(known: Person, wanted: dict[str, str], now: datetime, *, private: bool) -> bool:
    return (
        any(getattr(known, name) != value for name, value in wanted.items())
        or known.seen_at < now - SEEN_EVERY
        or (private and (not known.has_started or known.blocked_at is not None))
    )


def mark_blocked(bot: Bot | int, telegram_id: int, *, now: datetime) -> None:
    """Remember that a person cannot be written to, until he writes again."""
    bot_id = bot if isinstance(bot, int) else bot.pk
    Person.objects.filter(bot_id=bot_id, telegram_id=telegram_id, blocked_at=None).update(
        blocked_at=now
    )

"""The figures of the operators' dashboard, over all tenants; call inside `unscoped`.

Every query reads an index or a small table: the page stays quick whatever the traffic was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min

from bots.models import Bot, FailedUpdate, OutboxMessage, Receipt
from bots.services.utc_steps import Minute

MINUTES = 60
SHOWN = 8
WAITING = ("due", "sending")


@dataclass(frozen=True)
class Traffic:
    """The last hour, minute by minute; the last one is not over yet."""

    minutes: list[datetime]
    taken: list[int]
    failed: list[int]


def traffic(now: datetime) -> Traffic:
    """Count the updates taken and those that failed in each of the last 60 minutes."""
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    minutes = [first + timedelta(minutes=number) for number in range(MINUTES)]
    keys = [minute.astimezone(UTC).strftime("%Y-%m-%d %H:%M") for minute in minutes]
    taken = _by_minute(Receipt.objects.filter(received_at__gte=first), "received_at")
    failed = _by_minute(FailedUpdate.objects.filter(last_at__gte=first), "last_at")
    return Traffic(
        minutes, [taken.get(key, 0) for key in keys], [failed.get(key, 0) for key in keys]
    )


def _by_minute(rows: Any, column: str) -> dict[str, int]:
    counted = rows.order_by().annotate(minute=Minute(F(column))).values("minute")
    return {row["minute"]: row["n"] for row in counted.annotate(n=Count("*"))}


def parked() -> dict[str, int]:
    """Return how many failed updates are in each state."""
    rows = FailedUpdate.objects.order_by().values_list("state").annotate(n=Count("*"))
    return {**dict.fromkeys(FailedUpdate.State.values, 0), **dict(rows)}


def waiting() -> int:
    """Return how many messages are not sent yet."""
    return OutboxMessage.objects.filter(state__in=WAITING).count()


def given_up(now: datetime) -> int:
    """Return how many messages of the last 24 hours were given up."""
    # by bot: the index is by bot and time
    bots = Bot.objects.order_by().values("pk")
    recent = OutboxMessage.objects.filter(bot__in=bots, created_at__gte=now - timedelta(days=1))
    return recent.filter(state=OutboxMessage.State.FAILED).count()


@dataclass(frozen=True)
class SlowBot:
    """A bot whose messages wait."""

    bot: Bot
    waiting: int
    lag: timedelta


def slowest(now: datetime) -> list[SlowBot]:
    """Return the bots whose oldest due message has waited longest."""
    due = OutboxMessage.objects.filter(state__in=WAITING, due_at__lte=now).order_by()
    rows = due.values("bot_id").annotate(oldest=Min("due_at"), n=Count("*"))
    found = {row["bot_id"]: row for row in rows.order_by("oldest")[:SHOWN]}
    bots = _shown().in_bulk(list(found))
    return [
        SlowBot(bots[bot_id], row["n"], now - row["oldest"])
        for bot_id, row in found.items()
        if bot_id in bots
    ]


def broken() -> list[Bot]:
    """Return bots that need attention, those looked at last first."""
    found = _shown().filter(state=Bot.State.BROKEN)
    return list(found.order_by(F("checked_at").desc(nulls_last=True), "pk")[:SHOWN])


def _shown() -> Any:
    return Bot.objects.select_related("tenant").defer("token")


def bots_by_state() -> dict[str, int]:
    """Return how many bots are in each state."""
    rows = Bot.objects.order_by().values_list("state").annotate(n=Count("*"))
    return {**dict.fromkeys(Bot.State.values, 0), **dict(rows)}

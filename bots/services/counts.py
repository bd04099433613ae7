"""Counts a bot's traffic by day and by hour, from the rows that the traffic left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count

from bots.models import DayCount, FailedUpdate, OutboxMessage, Person, Receipt
from tenants.scoping import unscoped

COUNTED = ("updates", "calls", "failures", "new_people")
# bot id, tenant id
Key = tuple[int, int]


def recount(now: datetime) -> int:
    """Count today and yesterday (UTC) anew for all bots; return how many rows were written.

    Receipts are kept for 48 hours, so both days are whole; counting twice changes nothing.
    """
    today = now.astimezone(UTC).date()
    return sum(_count_day(day) for day in (today - timedelta(days=1), today))


def _count_day(day: date) -> int:
    start = datetime.combine(day, time(), UTC)
    found: dict[Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    with unscoped("traffic of all tenants is counted in one pass"):
        for name, rows in _sources(start, start + timedelta(days=1)):
            for row in rows:
                found[row["bot_id"], row["tenant_id"]][name] += row["n"]
        counts = [
            DayCount(bot_id=bot_id, tenant_id=tenant_id, day=day, **values)
            for (bot_id, tenant_id), values in found.items()
        ]
        DayCount.objects.bulk_create(
            counts,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["bot", "day"],
            update_fields=list(COUNTED),
        )
    return len(counts)


def _sources(start: datetime, end: datetime) -> Iterable[tuple[str, Iterable[dict[str, Any]]]]:
    """Return, for each column, the rows that add to it."""
    taken = Receipt.objects.filter(received_at__gte=start, received_at__lt=end)
    sent = OutboxMessage.objects.filter(sent_at__gte=start, sent_at__lt=end)
    failed = FailedUpdate.objects.filter(last_at__gte=start, last_at__lt=end)
    people = Person.objects.filter(created_at__gte=start, created_at__lt=end)
    yield "updates", _by_bot(taken)
    # the first answer travels in the webhook's response and never was in the outbox
    yield "calls", _by_bot(taken.exclude(answer=""))
    yield "calls", _by_bot(sent.filter(state=OutboxMessage.State.SENT))
    yield "failures", _by_bot(sent.filter(state=OutboxMessage.State.FAILED))
    yield "failures", _by_bot(failed)
    yield "new_people", _by_bot(people)


def _by_bot(rows: Any) -> Iterable[dict[str, Any]]:
    grouped: Iterable[dict[str, Any]] = (
        rows.order_by().values("bot_id", "tenant_id").annotate(n=Count("*"))
    )
    return grouped

"""What was told of in a cycle, so that it is told once; free again when the rest has risen.

Marks are keyed by the end of the cycle, so a reset frees all of them by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from traffic_guard.models import AlertMark, Server

# of what has no cycle: that nothing is known
NO_CYCLE = datetime(9999, 1, 1, tzinfo=UTC)
Key = tuple[str, str, datetime]


def subject(server: Server) -> str:
    """Return the name of a server in marks."""
    return f"server:{server.pk}"


class Marks:
    """The marks of one look at an account's servers, read once and written once."""

    def __init__(self, servers: Iterable[Server], now: datetime) -> None:
        self._now = now
        wanted = list(servers)
        # those of cycles that are over are of no use any more
        rows = AlertMark.objects.filter(
            subject__in=[subject(one) for one in wanted], cycle_end__gt=now
        )
        self._rows = {(row.subject, row.level, row.cycle_end): row for row in rows}
        self._new: list[AlertMark] = []
        self._changed: set[int] = set()

    def raise_(self, server: Server, level: str, cycle_end: datetime) -> bool:
        """Mark that something is told of; False: it was, and has not been free since."""
        key = (subject(server), level, cycle_end)
        row = self._rows.get(key)
        if row is None:
            row = AlertMark(
                tenant_id=server.tenant_id,
                subject=key[0],
                level=level,
                cycle_end=cycle_end,
                raised_at=self._now,
            )
            self._rows[key] = row
            self._new.append(row)
            return True
        if row.released_at is None:
            return False
        row.raised_at, row.released_at = self._now, None
        self._note(row)
        return True

    def release(self, server: Server, level: str, cycle_end: datetime) -> bool:
        """Free a mark; False: there was none to free."""
        row = self._rows.get((subject(server), level, cycle_end))
        if row is None or row.released_at is not None:
            return False
        row.released_at = self._now
        self._note(row)
        return True

    def save(self) -> None:
        """Write what changed; at most two queries."""
        AlertMark.objects.bulk_create(self._new)
        changed = [row for row in self._rows.values() if row.pk in self._changed]
        AlertMark.objects.bulk_update(changed, ["raised_at", "released_at"])

    def _note(self, row: AlertMark) -> None:
        if row.pk is not None:
            self._changed.add(row.pk)

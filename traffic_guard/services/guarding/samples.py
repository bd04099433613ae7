"""Readings of a server's packages, summed: what the judge and the what-if page are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from traffic_guard.models import Package, Reading
from traffic_guard.services.guarding.judging import Sample
from traffic_guard.services.readings import live
from traffic_guard.services.readings.sums import Standing


def recent(
    standings: Mapping[int, Standing], now: datetime, max_age: timedelta
) -> dict[int, list[Sample]]:
    """Return the readings of the last `max_age` for servers by id, newest first; one query.

    Those that we made: what was booked before (readings/backfill.py) confirms nothing.
    """
    packages = {one.pk for standing in standings.values() for one in standing.packages}
    by_package = _by_package(packages, now - max_age, now, grain=Reading.Grain.RAW)
    return {pk: summed(standing.packages, by_package)[::-1] for pk, standing in standings.items()}


def between(packages: Sequence[Package], since: datetime, until: datetime) -> list[Sample]:
    """Return the readings of a server's packages in a time, oldest first; one query."""
    return summed(packages, _by_package({one.pk for one in packages}, since, until))


def summed(
    packages: Sequence[Package], readings: Mapping[int, Mapping[datetime, Reading]]
) -> list[Sample]:
    """Return what packages had left together, oldest first.

    A moment counts only where each package was read: a sum with one missing would be too small.
    """
    rows = [readings.get(one.pk, {}) for one in packages]
    if not rows:
        return []
    moments = set(rows[0]).intersection(*rows[1:])
    return [_sum([row[at] for row in rows]) for at in sorted(moments)]


def counted_left(
    newest_first: Sequence[Sample], hours: live.Hours, now: datetime, *, is_off: bool
) -> int | None:
    """Return the reading before, less what the server sent since that bill moved; None: unknown.

    `hours` of one server with packages of its own. Where the readings do not go back to when the
    bill moved, less is taken off: that confirms too little rather than too much.
    """
    if len(newest_first) < 2 or newest_first[0].cycle_end != newest_first[1].cycle_end:
        return None
    before = newest_first[1]
    moved_at = before.at
    for older in newest_first[2:]:
        if (older.remaining, older.cycle_end) != (before.remaining, before.cycle_end):
            break
        moved_at = older.at
    sent = live.sent_since(hours, moved_at, now, is_off=is_off)
    return None if sent is None else before.remaining - sent


def _sum(readings: Sequence[Reading]) -> Sample:
    return Sample(
        at=readings[0].at,
        remaining=sum(one.remaining_bytes for one in readings),
        total=sum(one.total_bytes for one in readings),
        cycle_end=min(one.cycle_end for one in readings),
    )


def _by_package(
    packages: Iterable[int], since: datetime, until: datetime, **only: str
) -> dict[int, dict[datetime, Reading]]:
    found: dict[int, dict[datetime, Reading]] = {}
    rows = Reading.objects.filter(package__in=packages, at__gte=since, at__lte=until, **only)
    for row in rows.order_by("at"):
        found.setdefault(row.package_id, {})[row.at] = row
    return found

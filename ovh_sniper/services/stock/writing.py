"""Writes what a look at a stock list opens, changes and closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Max

from ovh_sniper.gateways.hosts import delivery_hours
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import StockInterval
from ovh_sniper.services.stock import announcements, list_rows
from ovh_sniper.services.stock.known import (
    CHANGED,
    CLOSED,
    OPENED,
    Known,
    Open,
    Place,
    StockChange,
    hours_of,
)


def write(
    known: Known, rows: Sequence[StockRow], now: datetime, *, plan_code: str = ""
) -> list[StockChange]:
    """Write what `rows` changed of what is known, in the caller's transaction, and return it.

    Opened, then changed, then closed. With `plan_code` only that plan's places can be closed.
    After any error memory may be ahead of what is written.
    """
    there = _orderable(rows)
    before = known.open if not plan_code else _of_plan(known, plan_code)
    ended = [place for place in before if place not in there]
    moved = [place for place in there if place in known.open and _moved(known, place, there[place])]
    begun = [place for place in there if place not in known.open]
    fresh = _note_configurations(known, rows, now, plan_code)
    changes = [
        *_open(known, begun, there, now),
        *_change(known, moved, there, now),
        *_close(known, ended, now),
    ]
    _announce(known, rows, fresh, now, plan_code)
    _remember(known, changes, rows, fresh, now, is_full=not plan_code)
    return changes


# --- What a look says


def _orderable(rows: Iterable[StockRow]) -> dict[Place, str]:
    """Return place -> OVH's word, of what can be ordered."""
    words: dict[str, bool] = {}
    found = {}
    for row in rows:
        for datacenter, word in row.datacenters:
            can = words.get(word)
            if can is None:
                can = words[word] = delivery_hours(word) is not None
            if can:
                found[row.fqn, datacenter] = word
    return found


def _of_plan(known: Known, plan_code: str) -> dict[Place, Open]:
    return {
        place: one
        for place, one in known.open.items()
        if known.rows[place[0]].plan_code == plan_code
    }


def _moved(known: Known, place: Place, word: str) -> bool:
    return known.open[place].availability != word


# --- Written


def _note_configurations(
    known: Known, rows: Sequence[StockRow], now: datetime, plan_code: str
) -> Mapping[str, int]:
    """Write configurations that are new, back or gone; return fqn -> id of the new ones."""
    new = {row.fqn: row for row in rows if row.fqn not in known.configurations}
    fresh = list_rows.write(known.host, new.values(), now)
    listed = {row.fqn for row in rows}
    back = known.gone & listed
    if back:
        list_rows.mark(known.host, back, is_gone=False, now=now)
        known.gone -= back
    if plan_code:
        return fresh
    gone = known.configurations.keys() - listed - known.gone
    if gone:
        list_rows.mark(known.host, gone, is_gone=True, now=now)
        known.gone |= gone
    return fresh


def _open(
    known: Known, places: Sequence[Place], there: Mapping[Place, str], now: datetime
) -> list[StockChange]:
    if not places:
        return []
    ids = _ids(known, {fqn for fqn, _datacenter in places})
    StockInterval.objects.bulk_create(
        [
            StockInterval(
                configuration_id=ids[place[0]],
                datacenter=place[1],
                availability=there[place],
                delivery_hours=hours_of(there[place]),
                best_hours=hours_of(there[place]),
                opened_at=now,
                is_baseline=known.is_first,
            )
            for place in places
        ],
        # another process may have opened it a moment ago: the constraint keeps one
        ignore_conflicts=True,
        batch_size=500,
    )
    standing = _standing(ids.values())
    away = {} if known.is_first else _away(ids.values())
    return [_opened(place, standing[place], away, now) for place in places]


def _opened(
    place: Place,
    interval: StockInterval,
    away: Mapping[tuple[int, str], datetime],
    now: datetime,
) -> StockChange:
    closed_at = away.get((interval.configuration_id, place[1]))
    return StockChange(
        OPENED,
        list_rows.of_configuration(interval.configuration),
        place[1],
        interval.availability,
        interval.delivery_hours,
        interval.pk,
        interval.opened_at,
        interval.is_baseline,
        None if closed_at is None else max((now - closed_at).total_seconds(), 0.0),
    )


def _ids(known: Known, fqns: Iterable[str]) -> dict[str, int]:
    wanted = set(fqns)
    missing = wanted - known.configurations.keys()
    found = {fqn: known.configurations[fqn] for fqn in wanted - missing}
    return found | list_rows.ids(known.host, missing)


def _standing(ids: Iterable[int]) -> dict[Place, StockInterval]:
    found: dict[Place, StockInterval] = {}
    for part in list_rows.batches(ids):
        rows = StockInterval.objects.filter(configuration__in=part, closed_at=None)
        for one in rows.select_related("configuration"):
            found[one.configuration.fqn, one.datacenter] = one
    return found


def _away(ids: Iterable[int]) -> dict[tuple[int, str], datetime]:
    """Return (configuration id, datacenter) -> when it was last sold out."""
    found: dict[tuple[int, str], datetime] = {}
    for part in list_rows.batches(ids):
        rows = StockInterval.objects.filter(configuration__in=part, closed_at__isnull=False)
        latest = rows.values_list("configuration_id", "datacenter").annotate(at=Max("closed_at"))
        found |= {(pk, datacenter): at for pk, datacenter, at in latest}
    return found


def _change(
    known: Known, places: Sequence[Place], there: Mapping[Place, str], now: datetime
) -> list[StockChange]:
    changes = []
    for place in places:
        one, word = known.open[place], there[place]
        hours = hours_of(word)
        best = min(one.best_hours, hours)
        StockInterval.objects.filter(pk=one.interval_id).update(
            availability=word, delivery_hours=hours, best_hours=best
        )
        changes.append(
            StockChange(
                CHANGED,
                known.rows[place[0]],
                place[1],
                word,
                hours,
                one.interval_id,
                now,
                one.is_baseline,
            )
        )
    return changes


def _announce(
    known: Known,
    rows: Sequence[StockRow],
    fresh: Mapping[str, int],
    now: datetime,
    plan_code: str,
) -> None:
    seen = known.announced
    if plan_code:
        seen = {place for place in seen if known.rows[place[0]].plan_code == plan_code}
    there = announcements.note(seen, rows, {**known.configurations, **fresh}, now)
    known.announced = (known.announced - seen) | there


def _close(known: Known, places: Sequence[Place], now: datetime) -> list[StockChange]:
    ids = [known.open[place].interval_id for place in places]
    for part in list_rows.batches(ids):
        StockInterval.objects.filter(pk__in=part, closed_at=None).update(closed_at=now)
    changes = []
    for place in places:
        one = known.open[place]
        changes.append(
            StockChange(
                CLOSED,
                known.rows[place[0]],
                place[1],
                one.availability,
                hours_of(one.availability),
                one.interval_id,
                now,
                one.is_baseline,
            )
        )
    return changes


# --- Kept in memory


def _remember(
    known: Known,
    changes: Iterable[StockChange],
    rows: Sequence[StockRow],
    fresh: Mapping[str, int],
    now: datetime,
    *,
    is_full: bool,
) -> None:
    known.configurations.update(fresh)
    known.rows.update({row.fqn: row._replace(datacenters=()) for row in rows if row.fqn in fresh})
    for change in changes:
        place = (change.row.fqn, change.datacenter)
        if change.kind == CLOSED:
            known.open.pop(place, None)
            continue
        best = min(change.hours, known.open[place].best_hours if place in known.open else 10**6)
        known.open[place] = Open(change.interval_id, change.availability, best, change.is_baseline)
    if is_full:
        known.is_first, known.looked_at = False, now

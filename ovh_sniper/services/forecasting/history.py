"""What the stock of a plan was: when it came and went, for how long, and at which hours.

A plan is in stock in a datacenter while any of its configurations is. Times in which nobody looked
are kept apart: what is first seen after one began some time inside it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Min, Q

from ovh_sniper.models import Configuration, StockInterval, Unwatched

# Stock that goes and comes back this soon flickers: it counts as one time in stock.
FLICKER = timedelta(seconds=60)
HOURS, WEEKDAYS = 24, 7
Gap = tuple[datetime, datetime]


class Span(NamedTuple):
    """A time in stock in one datacenter; `closed_at` None: it still is. Thousands, so tuples.

    `knows_beginning` and `knows_end` tell whether these were seen: neither what was there at the
    first look nor what changed while nobody looked was. `hours` is the quickest delivery.
    """

    datacenter: str
    opened_at: datetime
    closed_at: datetime | None
    knows_beginning: bool
    knows_end: bool
    hours: int
    configurations: int

    def lasted(self, now: datetime) -> timedelta:
        """Return how long it lasted, until now where it still does."""
        return (self.closed_at or now) - self.opened_at


@dataclass(frozen=True, slots=True)
class Timeline:
    """What was seen of a plan between two moments: spans by datacenter, oldest first."""

    since: datetime
    until: datetime
    gaps: Sequence[Gap] = ()
    places: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    def is_whole(self, start: datetime, end: datetime) -> bool:
        """Tell whether somebody looked all the time between two moments."""
        after = bisect_right([until for _since, until in self.gaps], start)
        return after == len(self.gaps) or self.gaps[after][0] >= end

    def restocks(self) -> list[Span]:
        """Return the spans whose beginning was seen, the latest first."""
        found = [
            span
            for spans in self.places.values()
            for span in spans
            if span.knows_beginning and span.opened_at >= self.since
        ]
        return sorted(found, key=lambda one: (one.opened_at, one.datacenter), reverse=True)


# --- From what is kept


def timeline(
    host: str, plan_code: str, since: datetime, until: datetime, *, fqn: str = ""
) -> Timeline:
    """Return what was seen of a plan, or of one configuration of it: three queries.

    It begins when the plan was first listed, where that is later than `since`.
    """
    chosen = Configuration.objects.filter(host=host, plan_code=plan_code)
    if fqn:
        chosen = chosen.filter(fqn=fqn)
    first = chosen.aggregate(first=Min("first_seen"))["first"]
    since = min(max(since, first or since), until)
    rows = StockInterval.objects.filter(
        Q(closed_at=None) | Q(closed_at__gt=since),
        configuration__in=chosen,
        opened_at__lt=until,
    )
    found = rows.order_by("opened_at").values_list(
        "datacenter", "opened_at", "closed_at", "is_baseline", "best_hours", "configuration_id"
    )
    gaps = unwatched(host, since, until)
    return Timeline(since, until, gaps, _merged(found, {end for _start, end in gaps}))


def cut(seen: Timeline, since: datetime) -> Timeline:
    """Return the part of a timeline from a later moment on."""
    since = max(seen.since, since)
    places = {
        place: tuple(one for one in spans if one.closed_at is None or one.closed_at > since)
        for place, spans in seen.places.items()
    }
    gaps = [gap for gap in seen.gaps if gap[1] > since]
    return Timeline(since, seen.until, gaps, {name: left for name, left in places.items() if left})


def unwatched(host: str, since: datetime, until: datetime) -> list[Gap]:
    """Return when nobody looked at a host, in order and without overlaps."""
    rows = Unwatched.objects.filter(host=host, until__gt=since, since__lt=until)
    merged: list[Gap] = []
    for start, end in rows.order_by("since").values_list("since", "until"):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


Row = tuple[str, datetime, datetime | None, bool, int, int]


def _merged(rows: Iterable[Row], blind: set[datetime]) -> dict[str, tuple[Span, ...]]:
    """Return the spans of each datacenter of intervals that come in order of their beginning.

    `blind`: the first looks after nobody looked; what began or ended there was not seen to.
    """
    by_place: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_place[row[0]].append(row)
    return {place: tuple(_spans(by_place[place], blind)) for place in sorted(by_place)}


def _spans(rows: Sequence[Row], blind: set[datetime]) -> Iterator[Span]:
    """Yield the spans of one datacenter; thousands, so a row that stands alone is quick."""
    group: list[Row] = []
    ends: datetime | None = None
    for row in rows:
        if group and ends is not None and row[1] - ends > FLICKER:
            yield _span(group, ends, blind)
            group, ends = [row], row[2]
            continue
        if not group:
            ends = row[2]
        elif ends is not None:
            ends = None if row[2] is None else max(ends, row[2])
        group.append(row)
    if group:
        yield _span(group, ends, blind)


def _span(group: Sequence[Row], ends: datetime | None, blind: set[datetime]) -> Span:
    place, opened_at, _closed_at, is_baseline, hours, _configuration = group[0]
    count = 1
    if len(group) > 1:
        # of several that begin together one that was there before anybody looked decides
        is_baseline = any(row[3] for row in group if row[1] == opened_at)
        hours = min(row[4] for row in group)
        count = len({row[5] for row in group})
    return Span(
        place,
        opened_at,
        ends,
        not is_baseline and opened_at not in blind,
        ends is not None and ends not in blind,
        hours,
        count,
    )


# --- In numbers


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """How one datacenter did; None where nothing, or nothing whole, was seen."""

    datacenter: str
    restocks: int
    median_in: timedelta | None
    median_out: timedelta | None
    last: Span
    share: float  # of the time that was looked at

    @property
    def is_in_stock(self) -> bool:
        """Whether it can be ordered there now."""
        return self.last.closed_at is None


def figures(seen: Timeline) -> list[PlaceFigures]:
    """Return the figures of each datacenter that had stock."""
    return [_figures(seen, spans) for spans in seen.places.values()]


def _figures(seen: Timeline, spans: Sequence[Span]) -> PlaceFigures:
    ins = [
        span.closed_at - span.opened_at
        for span in spans
        if span.closed_at is not None
        and span.knows_beginning
        and span.knows_end
        and seen.is_whole(span.opened_at, span.closed_at)
    ]
    outs = [
        later.opened_at - sooner.closed_at
        for sooner, later in pairwise(spans)
        if sooner.closed_at is not None
        and sooner.knows_end
        and later.knows_beginning
        and seen.is_whole(sooner.closed_at, later.opened_at)
    ]
    return PlaceFigures(
        spans[0].datacenter,
        sum(span.knows_beginning and span.opened_at >= seen.since for span in spans),
        _median(ins),
        _median(outs),
        spans[-1],
        _share(seen, spans),
    )


def _median(times: Sequence[timedelta]) -> timedelta | None:
    if not times:
        return None
    return timedelta(seconds=median(time.total_seconds() for time in times))


def _share(seen: Timeline, spans: Sequence[Span]) -> float:
    looked = _looked(seen, seen.since, seen.until)
    if not looked:
        return 0.0
    there = 0.0
    for span in spans:
        ends = min(span.closed_at or seen.until, seen.until)
        there += _looked(seen, max(span.opened_at, seen.since), ends)
    return min(there / looked, 1.0)


def _looked(seen: Timeline, start: datetime, end: datetime) -> float:
    """Return the seconds between two moments in which somebody looked."""
    seconds = max((end - start).total_seconds(), 0.0)
    first = bisect_right([until for _since, until in seen.gaps], start)
    last = bisect_left([since for since, _until in seen.gaps], end)
    for since, until in seen.gaps[first:last]:
        seconds -= (min(until, end) - max(since, start)).total_seconds()
    return max(seconds, 0.0)


def heat_map(spans: Iterable[Span], zone: ZoneInfo) -> list[list[int]]:
    """Return how many of some spans began in each hour (rows, 0 to 23) of each weekday (columns,
    Monday first) of a time zone."""
    cells = [[0] * WEEKDAYS for _hour in range(HOURS)]
    for span in spans:
        local = span.opened_at.astimezone(zone)
        cells[local.hour][local.weekday()] += 1
    return cells

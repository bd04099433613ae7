"""The chance that a plan comes back within an hour and a day, from what was seen of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ovh_sniper.services.forecasting.history import Span, Timeline
from ovh_sniper.services.forecasting.restock_model import Horizon, Model, Moment

HOUR = timedelta(hours=1)
# What was out at the first look had been so for some time, in hours; most of such times are long.
UNKNOWN_AGE = 24.0


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance of a restock in one datacenter, 0 to 1, and from how many restocks it is drawn.

    Both chances are None while it is in stock, and where too little was seen.
    """

    datacenter: str
    sample: int
    is_in_stock: bool
    is_known: bool  # enough was seen to say anything
    within_hour: float | None
    within_day: float | None


class Out(NamedTuple):
    """A time out of stock; `age` is for how many hours it had been out before, and `came` whether
    its end was seen to be a restock."""

    place: str
    start: datetime
    end: datetime
    age: float
    came: bool


def of(seen: Timeline, zone: ZoneInfo) -> list[Chance]:
    """Return the chances at the end of a timeline, for each datacenter that ever had stock.

    `zone` is the host's: restocks keep its hours.
    """
    model = Model()
    for times in outs(seen).values():
        for one in times:
            if one.came:
                model.count(one.place)
    for moment in moments(seen, zone):
        model.learn(moment)
    return [_chance(model, seen, place, spans[-1], zone) for place, spans in seen.places.items()]


def _chance(model: Model, seen: Timeline, place: str, last: Span, zone: ZoneInfo) -> Chance:
    soon = day = None
    if last.closed_at is not None:
        local = seen.until.astimezone(zone)
        when = (place, (seen.until - last.closed_at) / HOUR, local.hour, local.weekday())
        soon, day = (model.chance(horizon, *when) for horizon in Horizon)
    return Chance(
        datacenter=place,
        sample=model.sample(place),
        is_in_stock=last.closed_at is None,
        is_known=model.knows(place),
        within_hour=soon,
        within_day=day,
    )


# --- Moments out of stock


def outs(seen: Timeline) -> dict[str, list[Out]]:
    """Return when each datacenter was out of stock, in order."""
    return {place: list(_outs(seen, place, spans)) for place, spans in seen.places.items()}


def _outs(seen: Timeline, place: str, spans: Sequence[Span]) -> Iterator[Out]:
    start, age = seen.since, UNKNOWN_AGE
    for span in spans:
        if span.opened_at > start:
            yield Out(place, start, span.opened_at, age, span.knows_beginning)
        if span.closed_at is None:
            return
        start, age = max(span.closed_at, seen.since), 0.0
    if start < seen.until:
        yield Out(place, start, seen.until, age, came=False)


def moments(seen: Timeline, zone: ZoneInfo) -> list[Moment]:
    """Return all full hours out of stock of which it is known what became of them by the end, in
    the order in which it was; none with a time in which nobody looked before that."""
    clock = Clock(zone)
    blind = blind_hours(seen)
    last = int(seen.until.timestamp() // 3600) - Horizon.DAY.hours
    found = [
        moment
        for times in outs(seen).values()
        for one in times
        for moment in _moments(one, clock, blind, last)
    ]
    found.sort(key=itemgetter(0))
    return found


def _moments(one: Out, clock: Clock, blind: set[int], last: int) -> Iterator[Moment]:
    start, end = one.start.timestamp() / 3600, one.end.timestamp() / 3600
    before, ahead = one.age - start, Horizon.DAY.hours
    for index in range(ceil(start), min(ceil(end), last + 1)):
        left = end - index
        # where it ends within a day, but not in a restock that was seen, nobody knows
        if index in blind or (left <= ahead and not one.came):
            continue
        hour, weekday = clock[index]
        yield Moment(
            index + ahead, one.place, hour, weekday, before + index, left <= 1.0, left <= ahead
        )


def blind_hours(seen: Timeline) -> set[int]:
    """Return the full hours, counted since 1970, after which nobody looked for part of a day."""
    found: set[int] = set()
    for since, until in seen.gaps:
        first = floor(since.timestamp() / 3600) - Horizon.DAY.hours
        found.update(range(first, ceil(until.timestamp() / 3600)))
    return found


class Clock(dict[int, tuple[int, int]]):
    """Hour and weekday in a zone of hours that are counted since 1970, worked out once each."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, index: int) -> tuple[int, int]:
        local = datetime.fromtimestamp(index * 3600, self._zone)
        found = self[index] = local.hour, local.weekday()
        return found

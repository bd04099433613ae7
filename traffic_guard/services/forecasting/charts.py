"""Charts of a server as static/portal/charts.js takes them: GB, with resets and what was done.

Times are shown in the active time zone and language. An hour without a reading is a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from traffic_guard.models import PowerAction, Server
from traffic_guard.services.readings import history, live
from traffic_guard.services.readings.history import Point

GB = 1024**3
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LAST_DAY, LAST_MONTH = 24 * HOUR, 30 * DAY
MONTH_STEP = 6 * HOUR
# cycles side by side, and the days of the longest one
CYCLES, LONGEST_CYCLE = 4, 32


class Note(TypedDict):
    """Something that happened: `at` counts labels from 0, in parts too; `when` is for listeners."""

    at: float
    label: str
    when: str


class Chart(TypedDict, total=False):
    """What charts.js draws."""

    type: str
    labels: list[str]
    series: list[dict[str, Any]]
    unit: str
    lines: list[Note]
    marks: list[Note]
    levels: list[dict[str, Any]]


def last_day(server: Server, now: datetime, threshold: int | None = None) -> Chart:
    """Return what was left in the last 24 hours, by the hour; `threshold` in bytes is drawn too."""
    start = live.floor(now) - LAST_DAY + HOUR
    return _rest(server, start, now, HOUR, _clock, threshold)


def last_month(server: Server, now: datetime, threshold: int | None = None) -> Chart:
    """Return what was left in the last 30 days, four times a day."""
    return _rest(server, month_start(now), now, MONTH_STEP, _day, threshold)


def month_start(now: datetime) -> datetime:
    """Return the moment of the first label of `last_month`; they are MONTH_STEP apart."""
    return live.floor(now).replace(hour=now.hour // 6 * 6) - LAST_MONTH + MONTH_STEP


def outbound(server: Server, now: datetime) -> Chart:
    """Return what the server sent in the last 24 hours, by the hour, as the live counter saw it."""
    start = live.floor(now) - LAST_DAY + HOUR
    hours = live.hours_of([server.pk], start).get(server.pk, {})
    steps = _steps(start, now, HOUR)
    sent = [_gigabytes(hours.get(at)) for at in steps]
    return {
        "type": "bar",
        "labels": [_clock(at) for at in steps],
        "series": [{"label": _("Sent"), "data": sent}],
        "unit": "GB",
        "marks": _marks(server, start, now, HOUR),
    }


def cycles(server: Server, now: datetime) -> Chart:
    """Return what was used by each day of the newest cycles, the running one first."""
    points = history.readings(server, now - CYCLES * LONGEST_CYCLE * DAY, now)
    ends = sorted({point.cycle_end for point in points}, reverse=True)[:CYCLES]
    by_cycle = [[one for one in points if one.cycle_end == end] for end in ends]
    if not by_cycle:
        return {"type": "line", "labels": [], "series": [], "unit": "GB"}
    start = by_cycle[0][0].cycle_start
    length = min(max((_days(group) for group in by_cycle), default=1), LONGEST_CYCLE)
    return {
        "type": "line",
        "labels": [str(number + 1) for number in range(length)],
        "series": [
            {
                "label": _("from %(day)s") % {"day": _day(group[0].cycle_start)},
                "data": _used(group, length),
            }
            for group in by_cycle
        ],
        "unit": "GB",
        "marks": _marks(server, start, now, DAY),
    }


def _rest(
    server: Server,
    start: datetime,
    now: datetime,
    step: timedelta,
    label: Callable[[datetime], str],
    threshold: int | None,
) -> Chart:
    points = history.readings(server, start, now)
    steps = _steps(start, now, step)
    last: list[Point | None] = [None] * len(steps)
    for point in points:
        last[int((point.at - start) / step)] = point
    billed = [_gigabytes(point.remaining if point else None) for point in last]
    counted = [_gigabytes(point.live if point else None) for point in last]
    series = [{"label": _("Left, as billed"), "data": billed}]
    if any(value is not None for value in counted):
        series.append({"label": _("Left, live"), "data": counted})
    chart: Chart = {
        "type": "line",
        "labels": [label(at) for at in steps],
        "series": series,
        "unit": "GB",
        "lines": _resets(points, start, step),
        "marks": _marks(server, start, now, step),
    }
    if threshold is not None:
        chart["levels"] = [{"value": _gigabytes(threshold), "label": _("Threshold")}]
    return chart


def _steps(start: datetime, now: datetime, step: timedelta) -> list[datetime]:
    return [start + number * step for number in range(int((now - start) / step) + 1)]


def _resets(points: Sequence[Point], start: datetime, step: timedelta) -> list[Note]:
    begun = sorted({point.cycle_start for point in points if point.cycle_start > start})
    return [_note(at, start, step, _("Reset")) for at in begun]


def _marks(server: Server, start: datetime, now: datetime, step: timedelta) -> list[Note]:
    words = {
        PowerAction.Kind.STOP: _("Stopped"),
        PowerAction.Kind.START: _("Started"),
        PowerAction.Kind.REBOOT: _("Rebooted"),
    }
    done = PowerAction.objects.filter(
        server=server, state=PowerAction.State.DONE, settled_at__gte=start, settled_at__lte=now
    )
    rows = done.order_by("settled_at").values_list("settled_at", "kind")
    return [_note(at, start, step, words[PowerAction.Kind(kind)]) for at, kind in rows if at]


def _note(at: datetime, start: datetime, step: timedelta, label: str) -> Note:
    # the last figure of a step stands at its label
    when = formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
    return {"at": round((at - start) / step, 3), "label": label, "when": when}


def _days(group: Sequence[Point]) -> int:
    length = group[0].cycle_end - group[0].cycle_start
    return -(-length // DAY)


def _used(group: Sequence[Point], length: int) -> list[float | None]:
    used: list[float | None] = [None] * length
    for point in group:
        day = (point.at - point.cycle_start) // DAY
        if 0 <= day < length:
            used[day] = _gigabytes(point.total - point.remaining)
    return used


def _gigabytes(size: int | None) -> float | None:
    return None if size is None else round(size / GB, 2)


def _clock(at: datetime) -> str:
    return formats.time_format(timezone.localtime(at), "H:i")


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "MONTH_DAY_FORMAT")

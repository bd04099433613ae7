"""A timeline as bars on a line of a fixed length, and what the line says in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.services.forecasting.history import PlaceFigures, Span, Timeline
from ovh_sniper.services.wording import words

LENGTH, HEIGHT = 1000, 24
# What lasted minutes in a quarter of a year would not be seen.
THINNEST = 2
SMALL = 0.01


def bars(seen: Timeline, spans: Iterable[Span], since: datetime) -> str:
    """Return when it was in stock, on a line that begins at `since` and ends with the timeline.

    As the path of an SVG: hundreds of bars are one element of the page then.
    """
    times = ((span.opened_at, span.closed_at or seen.until) for span in spans)
    return _path(times, since, seen.until)


def blanks(seen: Timeline, since: datetime) -> str:
    """Return when nobody looked, what was before the first look among it; empty for never."""
    before = [(since, seen.since)] if seen.since > since else []
    return _path([*before, *seen.gaps], since, seen.until)


def _path(times: Iterable[tuple[datetime, datetime]], since: datetime, until: datetime) -> str:
    """Return times that come in order as bars; those that touch on the line are one."""
    scale = LENGTH / max((until - since).total_seconds(), 1.0)
    found: list[tuple[int, int]] = []
    for start, end in times:
        first = max(int((start - since).total_seconds() * scale), 0)
        last = min(round((end - since).total_seconds() * scale), LENGTH)
        if last < 0 or first > LENGTH:
            continue
        first = min(first, LENGTH - THINNEST)
        last = max(last, first + THINNEST)
        if found and first <= found[-1][1]:
            first, last = found[-1][0], max(last, found[-1][1])
            found.pop()
        found.append((first, last))
    return "".join(f"M{first} 0h{last - first}v{HEIGHT}H{first}z" for first, last in found)


def date(at: datetime) -> str:
    """Return a day as it stands at the end of a line."""
    return formats.date_format(timezone.localtime(at), "MONTH_DAY_FORMAT")


def described(figures: PlaceFigures, now: datetime) -> str:
    """Return what a line of a datacenter shows, for who does not see it."""
    said = ngettext("%(n)s restock", "%(n)s restocks", figures.restocks) % {"n": figures.restocks}
    return _("%(restocks)s, in stock %(share)s of the time, %(now)s") % {
        "restocks": said,
        "share": percent(figures.share),
        "now": standing(figures, now),
    }


def standing(figures: PlaceFigures, now: datetime) -> str:
    """Return since when it is in stock, or how long it has been out."""
    last = figures.last
    if last.closed_at is None:
        lasted = words.duration(last.lasted(now).total_seconds())
        if not last.knows_beginning:
            return _("in stock for at least %(time)s") % {"time": lasted}
        return _("in stock for %(time)s") % {"time": lasted}
    return _("out for %(time)s") % {"time": words.duration((now - last.closed_at).total_seconds())}


def percent(share: float) -> str:
    """Return a share of 1 in percent, without pretending to know it finely."""
    if 0 < share < SMALL:
        return _("under 1%")
    if 1 - SMALL < share < 1:
        return _("over 99%")
    return _("%(n)s%%") % {"n": formats.number_format(round(share * 100))}


def length(time: timedelta | None) -> str:
    """Return a time in words, a dash for none."""
    return "–" if time is None else words.duration(time.total_seconds())

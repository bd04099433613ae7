"""How chats and cards say times and lists, in the active language; figures: readings/words.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import ngettext, pgettext

from tenants.durations import duration


def clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return a time in a zone: "15:05" today, "Tue 14:20" within a week, else with the date."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    said = formats.date_format(local, "H:i")
    if local.date() == today.date():
        return said
    if abs(local - today) < timedelta(days=6):
        return f"{formats.date_format(local, 'D')} {said}"
    return f"{formats.date_format(local, 'MONTH_DAY_FORMAT')} {said}"


def roughly(span: timedelta) -> str:
    """Return a time in whole days, below one in whole hours or minutes: "3 days"."""
    if span.days:
        return ngettext("%(n)s day", "%(n)s days", span.days) % {"n": span.days}
    return duration(span.total_seconds()).partition(pgettext("between hours and minutes", ", "))[0]


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names in one line, the last ones counted where there are more than `most`."""
    shown = list(names[:most])
    if (more := len(names) - most) > 0:
        shown.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return pgettext("between names", ", ").join(shown)


def shortened(text: str, length: int) -> str:
    """Return a name that fits on a button or a line."""
    return text if len(text) <= length else f"{text[: length - 1]}…"

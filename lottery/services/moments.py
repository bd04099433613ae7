"""How dates and times are told: in the giveaway's time zone, which is named."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats


def tell(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment in the active language: "Nov. 21, 2026, 2:04 a.m. (Asia/Taipei, UTC+8)"."""
    local = moment.astimezone(zone)
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} ({zone_name(local)})"


def zone_name(local: datetime) -> str:
    """Return name and offset of a moment's zone; the offset tells summer from winter time."""
    offset = local.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    shown = f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"
    name = getattr(local.tzinfo, "key", shown)
    return shown if name == shown else f"{name}, {shown}"

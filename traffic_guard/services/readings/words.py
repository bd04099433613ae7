"""How bytes, shares, rates and times are said, in the active language.

Traffic is counted as its packages are: 1 GB is 1024 MB of 1024 KB.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats
from django.utils.translation import gettext as _

from tenants.durations import duration as duration

KB, MB, GB = 1024, 1024**2, 1024**3
UNKNOWN = "–"
CENT = Decimal("0.01")


def volume(size: float | None) -> str:
    """Return bytes as "1,024 GB", "31.4 GB" or "312 MB", three digits; a dash where unknown."""
    if size is None:
        return UNKNOWN
    magnitude = abs(size)
    # 1023.9 MB would be rounded to 1,024 MB
    if magnitude >= 0.9995 * GB or magnitude == 0:
        return f"{gigabytes(size)} GB"
    if magnitude >= MB:
        return f"{_number(size / MB)} MB"
    return f"{_number(size / KB)} KB"


def gigabytes(size: float) -> str:
    """Return bytes as a number of GB, without the unit."""
    return _number(size / GB)


def _number(value: float) -> str:
    places = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    value = round(value, places)
    # 1.2 and not 1.20: it is no more exact than that
    while places and value == round(value, places - 1):
        places -= 1
    return formats.number_format(value, places, force_grouping=True)


def percent(value: float | None) -> str:
    """Return a share (0 to 100) as "80 %" or "2.5 %"; a dash where unknown."""
    if value is None:
        return UNKNOWN
    places = 1 if 0 < abs(value) < 9.95 and round(value, 1) != round(value) else 0
    return f"{formats.number_format(round(value, places), places)} %"


def rate(bytes_an_hour: float | None) -> str:
    """Return how fast traffic goes: "1.2 GB an hour"; a dash: unknown."""
    if bytes_an_hour is None:
        return UNKNOWN
    return _("%(volume)s an hour") % {"volume": volume(bytes_an_hour)}


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency: "1,234.50 CNY"."""
    # Django cuts digits off where it does not round
    said = formats.number_format(amount.quantize(CENT, ROUND_HALF_UP), 2, force_grouping=True)
    return f"{said} {currency}".strip()


def moment(at: datetime, zone: tzinfo) -> str:
    """Return a date and time on the clocks of a zone."""
    return formats.date_format(at.astimezone(zone), "SHORT_DATETIME_FORMAT")


def one_full_stop(sentence: str) -> str:
    """Return a sentence without the second full stop of a time at its end, as in "3 p.m."."""
    return sentence.replace("..", ".")


def distance(at: datetime, now: datetime) -> str:
    """Return how far a moment is: "in 3 hours, 20 minutes", "5 minutes ago", "now"."""
    seconds = (at - now).total_seconds()
    if abs(seconds) < 60:
        return _("now")
    if seconds > 0:
        return _("in %(time)s") % {"time": duration(seconds)}
    return _("%(time)s ago") % {"time": duration(-seconds)}

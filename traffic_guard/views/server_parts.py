"""Parts of a server's page: its packages, and what is to come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from traffic_guard.models import Package
from traffic_guard.services.forecasting.forecast import Forecast
from traffic_guard.services.guarding.rows import Row
from traffic_guard.services.readings import sums, words
from traffic_guard.services.telling import trouble_words

WINDOWS = {
    1: gettext_lazy("in the last hour"),
    24: gettext_lazy("in the last day"),
    168: gettext_lazy("in the last week"),
}
BASES = {
    "live": gettext_lazy("as the live counter says"),
    "billed": gettext_lazy("as was billed"),
}


def packages(row: Row, now: datetime) -> list[dict[str, Any]]:
    """Return the packages that a server has, those that count first, then ended ones."""
    counting = {one.pk for one in row.standing.packages}
    found = row.server.packages.order_by("ended_at", "pk")
    shown = [_package(one, row, now, counts=one.pk in counting) for one in found]
    return sorted(shown, key=lambda one: not one["counts"])


def _package(package: Package, row: Row, now: datetime, *, counts: bool) -> dict[str, Any]:
    trouble = sums.trouble_of(package, now, row.effective.max_age)
    is_over = package.ended_at is not None or package.successor_id is not None
    if is_over:
        trouble = ""
    return {
        "package": package,
        "counts": counts,
        "is_over": is_over,
        "left": words.volume(package.remaining_bytes),
        "total": words.volume(package.total_bytes),
        "trouble": trouble_words.why(trouble) if trouble else "",
        "read": words.distance(package.read_at, now) if package.read_at else "",
        "resets": words.distance(package.cycle_end, now) if package.cycle_end else "",
    }


def forecast(found: Forecast, *, is_off: bool) -> dict[str, Any]:
    """Return a forecast in words; a server that is off has none, only what it used before."""
    at_reset = None if is_off else found.projected_left_at_reset
    return {
        "rates": [
            {
                "window": WINDOWS[hours],
                "rate": words.rate(rate.bytes_an_hour),
                "basis": BASES[rate.basis],
                "is_used": hours == found.window_hours,
            }
            for hours, rate in sorted(found.rates.items())
        ],
        "is_spike": found.is_spike,
        "at_reset": _at_reset(at_reset),
        "is_short": (at_reset or 0) < 0,
        "daily": words.volume(found.safe_daily_bytes),
        "has_daily": found.safe_daily_bytes is not None,
    }


def _at_reset(left: int | None) -> str:
    if left is None:
        return words.UNKNOWN
    if left < 0:
        return _("%(volume)s too little") % {"volume": words.volume(-left)}
    return _("%(volume)s left") % {"volume": words.volume(left)}

"""What another threshold would have done to a server, replayed over what was read of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from tenants.durations import duration
from traffic_guard.forms.whatif import WhatIfForm
from traffic_guard.models import Preferences, Server
from traffic_guard.services.forecasting import charts
from traffic_guard.services.forecasting.charts import Chart
from traffic_guard.services.guarding import rows, whatif
from traffic_guard.services.guarding.whatif import WhatIf, WouldStop
from traffic_guard.services.policies import setting_words, thresholds
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings import words
from traffic_guard.views import lines
from traffic_guard.views.history import find


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Replay the last 30 days with the threshold that the address names, else the policy's."""
    server, now = find(public_id), timezone.now()
    frame = lines.frame(request, now)
    [row] = rows.rows([server], frame)
    form = WhatIfForm(request.GET or None)
    context: dict[str, Any] = {
        "server": server,
        "form": form,
        "present": _present(row.effective),
    }
    if not form.is_bound or form.is_valid():
        terms = form.terms() if form.is_bound else {}
        found = whatif.replay(server, since=charts.month_start(now), until=now, **terms)
        context |= {
            "chart": _chart(server, now, found, _limit(terms, row.effective, server)),
            "summary": _summary(found),
            "stops": [_line(one, frame.settings) for one in found.stops],
            "has_readings": bool(found.readings),
        }
    return render(request, "traffic_guard/whatif.html", context)


def _present(effective: Effective) -> str:
    return setting_words.threshold(
        effective.threshold_bytes.value, effective.threshold_percent.value
    )


def _limit(terms: dict[str, Any], effective: Effective, server: Server) -> int | None:
    """Return the threshold that is drawn, in bytes."""
    size, share = terms.get("threshold_bytes"), terms.get("threshold_percent")
    if size is None and share is None:
        return thresholds.bytes_of(effective, server.total_bytes)
    return thresholds.larger(size, share, server.total_bytes)


def _chart(server: Server, now: datetime, found: WhatIf, limit: int | None) -> Chart:
    """Return the month's chart with the stops that would have been."""
    chart = charts.last_month(server, now, limit)
    zone = timezone.get_current_timezone()
    for one in found.stops:
        at = (one.stopped_at - found.since) / charts.MONTH_STEP
        when = words.moment(one.stopped_at, zone)
        chart["marks"].append({"at": round(at, 3), "label": _("Would be stopped"), "when": when})
    return chart


def _summary(found: WhatIf) -> str:
    """Return one sentence on all of it."""
    if not found.readings:
        return _("Nothing was read in the last 30 days: there is nothing to replay.")
    if not found.stops:
        return _("It would not have been stopped: never was less left than %(least)s.") % {
            "least": words.volume(found.least)
        }
    off = sum((one.off_for.total_seconds() for one in found.stops), 0.0)
    said = ngettext(
        "It would have been stopped %(n)s time, and been off for %(off)s until its reset.",
        "It would have been stopped %(n)s times, and been off for %(off)s until its resets.",
        len(found.stops),
    )
    return said % {"n": len(found.stops), "off": duration(off)}


def _line(one: WouldStop, settings: Preferences) -> dict[str, Any]:
    saved = one.excess_avoided
    money = ""
    if saved and settings.excess_price is not None:
        amount = settings.excess_price * Decimal(saved) / words.GB
        money = words.money(amount, settings.excess_currency)
    return {
        "stop": one,
        "left": words.volume(one.left),
        "left_at_stop": words.volume(one.left_at_stop),
        "threshold": words.volume(one.threshold),
        "off_for": duration(one.off_for.total_seconds()),
        "saved": words.volume(saved),
        "has_saved": bool(saved),
        "money": money,
    }

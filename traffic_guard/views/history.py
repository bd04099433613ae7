"""What was left over time: a day, a month, cycle over cycle; and how good forecasts were."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import number_format
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from tenants.durations import duration
from traffic_guard.models import Server
from traffic_guard.services.forecasting import backtest, charts
from traffic_guard.services.forecasting.backtest import Score
from traffic_guard.services.forecasting.charts import Chart
from traffic_guard.services.guarding import rows
from traffic_guard.services.readings import words
from traffic_guard.views import lines


def find(public_id: str) -> Server:
    """Return a server of the open scope, also one of an account that is gone. Raises Http404."""
    servers = Server.objects.select_related("account__tenant").defer(*rows.SECRETS)
    found: Server = get_object_or_404(servers, public_id=public_id)
    return found


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show the charts of one server."""
    server, now = find(public_id), timezone.now()
    [row] = rows.rows([server], lines.frame(request, now))
    threshold = row.facts.threshold
    tested = backtest.of_server(server, now)
    context = {
        "server": server,
        "day": drawn(charts.last_day(server, now, threshold)),
        "sent": drawn(charts.outbound(server, now)),
        "month": drawn(charts.last_month(server, now, threshold)),
        "cycles": drawn(charts.cycles(server, now)),
        "tested_cycles": tested.cycles,
        "scores": [_score(one) for one in backtest.table(tested.scores)],
    }
    return render(request, "traffic_guard/history.html", context)


def drawn(chart: Chart) -> Chart:
    """Return a chart, or an empty one where no figure is in it."""
    known = any(value is not None for one in chart["series"] for value in one["data"])
    return chart if known else {}


def _score(score: Score) -> dict[str, Any]:
    off = score.mean_hours_off
    return {
        "days": score.days,
        "count": score.count,
        "miss": words.percent(score.mean_miss),
        "off": words.UNKNOWN if off is None else duration(off * 3600),
        "foretold": number_format(score.foretold),
        "unforeseen": score.unforeseen,
        "false_alarms": score.false_alarms,
    }

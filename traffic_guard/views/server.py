"""One server: what is left, what is to come, what holds for it, what was done and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.forecasting import charts, forecast
from traffic_guard.services.guarding import decision_words, decisions, rows
from traffic_guard.services.guarding.rows import Row
from traffic_guard.services.readings import words
from traffic_guard.services.telling import costs_while_off, outlook, trouble_words
from traffic_guard.services.telling.facts import Frame
from traffic_guard.views import batch, lines, may, plans, policies
from traffic_guard.views import decisions as decisions_page
from traffic_guard.views import server_parts as parts
from traffic_guard.views.history import drawn, find

LATEST = 8


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show one server."""
    server, now = find(public_id), timezone.now()
    frame = lines.frame(request, now)
    [row] = rows.rows([server], frame)
    found = forecast.of_server(server, now, row.standing)
    context = {
        **_status(request, row, frame),
        "forecast": parts.forecast(found, is_off=row.facts.is_off),
        "packages": parts.packages(row, now),
        "settings": policies.settings_of(row.effective),
        "chart": drawn(charts.last_day(server, now, row.facts.threshold)),
        "actions": [batch.line(one, frame.zone) for one in _actions(server)],
        "decisions": [
            decisions_page.line(one, frame.zone, now)
            for one in decisions.of_server(server)[:LATEST]
        ],
        "billed": costs_while_off.text(server),
    }
    return render(request, "traffic_guard/server.html", context)


@require_GET
@member()
def status(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Return what moves of the page, which it asks for again while somebody looks."""
    frame = lines.frame(request, timezone.now())
    [row] = rows.rows([find(public_id)], frame)
    return render(request, "traffic_guard/_server_live.html", _status(request, row, frame))


def _status(request: PortalRequest, row: Row, frame: Frame) -> dict[str, Any]:
    server = row.server
    newest = decisions.of_server(server).first()
    until = server.paused_until
    return {
        "server": server,
        "line": lines.line(row),
        "plan": plans.line(row.plan, frame) if row.plan else None,
        "advice": trouble_words.advice(row.standing.trouble) if row.standing.trouble else "",
        "threshold": words.volume(row.facts.threshold),
        "outlook": outlook.words(row.facts),
        "why": decision_words.sentence(newest, frame.zone) if newest is not None else "",
        "why_at": words.distance(newest.last_at, frame.now) if newest is not None else "",
        "newest": newest,
        "paused_until": until if until is not None and until > frame.now else None,
        "is_skipped": server.skipped_cycle_end is not None and server.skipped_cycle_end > frame.now,
        "may_act": may(request, "operator"),
        "may_change": may(request, "admin"),
        "is_here": server.hidden_at is None and server.account.left_at is None,
    }


def _actions(server: Server) -> list[PowerAction]:
    found = PowerAction.objects.filter(server=server).select_related("server__account")
    return list(found.defer(*(f"server__{name}" for name in rows.SECRETS)).order_by("-pk")[:LATEST])

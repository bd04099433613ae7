"""Servers, readings and decisions as tables for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenants import spreadsheets
from tenants.access import PortalRequest, member
from traffic_guard.models import Decision, Server
from traffic_guard.services.guarding import decision_words, rows
from traffic_guard.services.guarding.rows import Row
from traffic_guard.services.readings import history
from traffic_guard.services.telling.facts import Frame
from traffic_guard.views import decisions as decisions_page
from traffic_guard.views import lines
from traffic_guard.views import servers as servers_page
from traffic_guard.views.history import find

# rows that an export holds in memory at a time
CHUNK = 500
YEAR = timedelta(days=366)
SERVER_COLUMNS = (
    "id",
    "name",
    "account",
    "kind",
    "region",
    "cloud_id",
    "addresses",
    "power",
    "remaining_bytes",
    "live_remaining_bytes",
    "total_bytes",
    "percent_left",
    "unknown_because",
    "read_at",
    "cycle_end",
    "bytes_an_hour",
    "runs_out_at",
    "threshold_bytes",
    "auto_stop",
    "protected",
    "stop_planned_at",
)
DECISION_COLUMNS = (
    "id",
    "at",
    "last_at",
    "times",
    "server",
    "server_id",
    "code",
    "sentence",
    "actor",
    "remaining_bytes",
    "live_remaining_bytes",
    "total_bytes",
    "threshold_bytes",
    "unknown_because",
    "cycle_end",
)
READING_COLUMNS = (
    "at",
    "remaining_bytes",
    "live_remaining_bytes",
    "total_bytes",
    "cycle_start",
    "cycle_end",
)


@require_GET
@member()
def servers(request: PortalRequest, slug: str) -> HttpResponse:
    """Send all servers that the list's filters let through."""
    now = timezone.now()
    found = rows.find(servers_page.filter_of(request).wanted, now)
    values = _server_rows(found, lines.frame(request, now))
    return _table(request, "servers", SERVER_COLUMNS, values)


def _server_rows(found: QuerySet[Server], frame: Frame) -> Iterator[tuple[Any, ...]]:
    for some in _chunks(found):
        yield from map(_server, rows.rows(some, frame))


def _chunks(found: QuerySet[Any]) -> Iterator[list[Any]]:
    """Yield a list in parts, each by the keys that the whole had at the start."""
    keys = list(found.values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        part: Sequence[int] = keys[start : start + CHUNK]
        known: dict[int, Model] = found.order_by().in_bulk(part)
        yield [known[key] for key in part if key in known]


def _server(row: Row) -> tuple[Any, ...]:
    server, standing = row.server, row.standing
    return (
        server.public_id,
        server.name,
        server.account.name,
        server.kind,
        server.region,
        server.cloud_id,
        " ".join(server.addresses),
        server.power,
        standing.remaining,
        standing.live_remaining,
        standing.total,
        None if standing.percent_left is None else round(standing.percent_left, 2),
        standing.trouble,
        standing.read_at or server.read_at,
        row.facts.cycle_end,
        round(server.burn_rate) if standing.is_known and server.burn_rate is not None else None,
        row.facts.runs_out_at,
        row.facts.threshold,
        "yes" if row.effective.auto_stop.value else "no",
        "yes" if server.is_protected else "no",
        row.plan.execute_at if row.plan else None,
    )


@require_GET
@member()
def readings(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Send what was read of one server in the last year."""
    server = find(public_id)
    now = timezone.now()
    points = history.readings(server, now - YEAR, now)
    values = (
        (one.at, one.remaining, one.live, one.total, one.cycle_start, one.cycle_end)
        for one in points
    )
    return _table(request, f"readings-{server.public_id}", READING_COLUMNS, values)


@require_GET
@member()
def decisions(request: PortalRequest, slug: str) -> HttpResponse:
    """Send all decisions that the log's filters let through."""
    zone = ZoneInfo(request.tenant.time_zone)
    found = decisions_page.find(decisions_page.filter_of(request))
    values = (_decision(one, zone) for part in _chunks(found) for one in part)
    return _table(request, "decisions", DECISION_COLUMNS, values)


def _decision(one: Decision, zone: ZoneInfo) -> tuple[Any, ...]:
    facts = one.facts
    return (
        one.public_id,
        one.at,
        one.last_at,
        one.times,
        one.server.name,
        one.server.public_id,
        one.code,
        decision_words.sentence(one, zone),
        one.actor,
        facts.get("remaining"),
        facts.get("live"),
        facts.get("total"),
        facts.get("threshold"),
        facts.get("trouble"),
        one.cycle_end,
    )


def _table(
    request: PortalRequest, name: str, columns: Sequence[str], values: Iterable[Sequence[Any]]
) -> HttpResponse:
    zone = ZoneInfo(request.tenant.time_zone)
    response = StreamingHttpResponse(
        spreadsheets.lines(columns, values, zone), content_type="text/csv; charset=utf-8"
    )
    day = datetime.now(zone).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="traffic-{name}-{day}.csv"'
    response["Cache-Control"] = "no-store"
    # the middleware keeps the tenant's scope open while it streams
    return cast("HttpResponse", response)

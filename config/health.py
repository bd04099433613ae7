"""`/health/` for machines that restart us, `/metrics` for machines that watch us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest

from django.conf import settings
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from redis import RedisError

from bots.models import Bot, FailedUpdate, OutboxMessage
from ovh_sniper.services.operators import lags
from tenants.loopback import is_own_machine
from tenants.models import Heartbeat, Tenant
from tenants.scoping import unscoped
from traffic_guard.services.guarding import operations

# beat sends a heartbeat every 2 s
OLDEST_HEARTBEAT = timedelta(seconds=30)
LONGEST_LAG = timedelta(minutes=2)
BROKER_KNOWN_FOR = 2
# name -> its kind, and the field of a poller's state
OVH_METRICS = {
    "stock_age_seconds": ("gauge", "age"),
    "calls_total": ("counter", "calls"),
    "throttled_total": ("counter", "throttled"),
    "failures": ("gauge", "failures"),
    "breaker_open": ("gauge", "is_open"),
}
# name -> field of the guard's counts
TRAFFIC_METRICS = {
    "readings_last_hour": "readings",
    "accounts_late": "late",
    "accounts_broken": "broken",
    "accounts_halted": "halted",
    "actions_unclear": "unclear",
    "actions_unverified": "unverified",
    "stops_waiting": "waiting",
    "stops_held": "held",
    "stops_overdue": "overdue",
}


def database() -> str:
    """Return "ok", or what is wrong with the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def broker() -> str:
    """Return "ok", or what is wrong with the broker; asked at most every two seconds."""
    if settings.CELERY_BROKER_URL.startswith("memory:"):
        return "ok"
    if (known := cache.get("health:broker")) is not None:
        return str(known)
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2) as link:  # type: ignore[no-untyped-call]
            link.ensure_connection(max_retries=1, timeout=2)
        answer = "ok"
    except (OperationalError, OSError):
        answer = "unreachable"
    cache.set("health:broker", answer, BROKER_KNOWN_FOR)
    return answer


def worker() -> str:
    """Return "ok" while beat and a worker are alive together."""
    beat = Heartbeat.objects.filter(name="worker").first()
    if beat is None:
        return "never seen"
    age = timezone.now() - beat.at
    return "ok" if age < OLDEST_HEARTBEAT else f"last seen {int(age.total_seconds())} s ago"


def outbox() -> str:
    """Return "ok" while no message waits for more than two minutes past its time."""
    lag = outbox_lag(timezone.now())
    return "ok" if lag < LONGEST_LAG else f"{int(lag.total_seconds())} s behind"


def outbox_lag(now: datetime) -> timedelta:
    """Return for how long the message that is due longest has been waiting."""
    with unscoped("health looks at all tenants"):
        oldest = OutboxMessage.objects.filter(
            state__in=["due", "sending"], due_at__lte=now, bot__state=Bot.State.ENABLED
        ).aggregate(oldest=Min("due_at"))["oldest"]
    return timedelta(0) if oldest is None else now - oldest


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "broker": broker,
    "worker": worker,
    "outbox": outbox,
}


def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 `{"status": "ok", "checks": {...}}`, 503 when a check fails."""
    del request
    checks: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            checks[name] = check()
        except (DatabaseError, RedisError):
            checks[name] = "unreachable"
    fine = all(answer == "ok" for answer in checks.values())
    body = {"status": "ok" if fine else "failing", "checks": checks}
    response = JsonResponse(body, status=200 if fine else 503)
    response["Cache-Control"] = "no-store"
    # whoever asks reads the answer; a line for each question would drown the log
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus' text format; with METRICS_TOKEN set, only to `Bearer <token>`.

    Without one, 404 where others than this machine reach us.
    """
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN and not is_own_machine(request):
        return HttpResponse("METRICS_TOKEN is not set", status=404, content_type="text/plain")
    if settings.METRICS_TOKEN and not compare_digest(
        given.encode(), settings.METRICS_TOKEN.encode()
    ):
        return HttpResponse(status=401)
    now = timezone.now()
    with unscoped("metrics count all tenants"):
        waiting = OutboxMessage.objects.filter(state__in=["due", "sending"])
        lines = [
            ("botharbor_tenants", "gauge", Tenant.objects.count()),
            ("botharbor_bots_enabled", "gauge", Bot.objects.filter(state="enabled").count()),
            ("botharbor_bots_broken", "gauge", Bot.objects.filter(state="broken").count()),
            ("botharbor_outbox_waiting", "gauge", waiting.count()),
            ("botharbor_outbox_lag_seconds", "gauge", outbox_lag(now).total_seconds()),
            (
                "botharbor_updates_parked",
                "gauge",
                FailedUpdate.objects.filter(state="parked").count(),
            ),
        ]
    text = "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, kind, value in lines)
    text += ovh_metrics(now) + traffic_metrics(now)
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def ovh_metrics(now: datetime) -> str:
    """Return how the polling of each OVH host goes, and how many orders lost their answer."""
    hosts, lines = lags.pollers(now), []
    for name, (kind, field) in OVH_METRICS.items():
        lines.append(f"# TYPE botharbor_ovh_{name} {kind}")
        for one in hosts:
            value = getattr(one, field)
            if value is not None:
                lines.append(f'botharbor_ovh_{name}{{host="{one.host}"}} {value + 0}')
    lines.append("# TYPE botharbor_ovh_orders_unclear gauge")
    lines.append(f"botharbor_ovh_orders_unclear {lags.unclear_orders()}")
    return "\n".join([*lines, ""])


def traffic_metrics(now: datetime) -> str:
    """Return how clouds are read, and what of stops is late or unclear, over all tenants."""
    with unscoped("metrics count all tenants"):
        counts, found = operations.counts(now), operations.clouds(now)
    lines = []
    for name, field in TRAFFIC_METRICS.items():
        lines.append(f"# TYPE botharbor_traffic_{name} gauge")
        lines.append(f"botharbor_traffic_{name} {getattr(counts, field)}")
    lines.append("# TYPE botharbor_traffic_stretch gauge")
    lines += [f'botharbor_traffic_stretch{{cloud="{one.provider}"}} {one.stretch}' for one in found]
    lines.append("# TYPE botharbor_traffic_calls_a_second gauge")
    lines += [
        f'botharbor_traffic_calls_a_second{{cloud="{one.provider}",api="{api.name}"}} {api.pace}'
        for one in found
        for api in one.apis
    ]
    return "\n".join([*lines, ""])

"""What machines ask: /health/ and /metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.messages import send
from bots.services import outbox
from bots.testing import make_bot
from config.tasks import heartbeat
from tenants.models import Heartbeat, Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def test_health_is_503_until_worker_and_beat_were_seen_together() -> None:
    answer = Client().get("/health/")
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"] == "never seen"
    heartbeat.delay()
    answer = Client().get("/health/")
    assert answer.status_code == 200, answer.json()
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "broker": "ok", "worker": "ok", "outbox": "ok"},
    }


def test_health_tells_how_long_the_worker_is_silent() -> None:
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(seconds=90))
    answer = Client().get("/health/")
    assert answer.status_code == 503
    assert "s ago" in answer.json()["checks"]["worker"]


def test_health_fails_while_messages_wait_too_long(settings: object) -> None:
    bot = make_bot(Tenant.objects.create(slug="acme", name="Acme"))
    call = send(1, "late")
    call.due_at = timezone.now() - timedelta(minutes=5)
    with scope(bot.tenant):
        outbox.write(bot, [call])
    assert "behind" in Client().get("/health/").json()["checks"]["outbox"]
    metrics = Client().get("/metrics").content.decode()
    assert "botharbor_outbox_waiting 1" in metrics


def test_metrics_are_for_the_holder_of_the_token(settings: pytest.FixtureRequest) -> None:
    settings.METRICS_TOKEN = "let-me-in"  # type: ignore[attr-defined]
    assert Client().get("/metrics").status_code == 401
    allowed = Client(headers={"Authorization": "Bearer let-me-in"})
    assert allowed.get("/metrics").status_code == 200


@pytest.mark.parametrize("name", ["LOOPBACK_ONLY", "PRODUCTION"])
def test_metrics_without_a_token_are_for_this_machine_alone(settings: Any, name: str) -> None:
    assert Client().get("/metrics").status_code == 200
    assert Client(headers={"X-Forwarded-For": "203.0.113.5"}).get("/metrics").status_code == 404
    setattr(settings, name, not getattr(settings, name))
    assert Client().get("/metrics").status_code == 404

"""Signs of life of worker and beat."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tenants.models import Heartbeat


@shared_task
def heartbeat() -> None:
    """Note that beat sent this and a worker took it; `/health/` looks at how old that is."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})

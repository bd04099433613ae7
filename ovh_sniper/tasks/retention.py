"""When is deleted what was kept long enough."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from ovh_sniper.services.operators import retention


@shared_task
def prune() -> None:
    """Delete old stock history, alerts, price changes and what finished requests said."""
    retention.prune(timezone.now())

"""When alerts are ended that a worker which died left open."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from ovh_sniper.services.telling import alerts


@shared_task
def end_closed() -> None:
    """Make alerts say "sold out" whose stock has gone."""
    alerts.end_closed(timezone.now())

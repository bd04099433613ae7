"""Deletes what nobody asks for any more: marks of past cycles, decisions of years ago."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from tenants.scoping import unscoped
from traffic_guard.models import AlertMark, Decision

# a cycle that was moved back would find its marks again
MARKS_KEPT = timedelta(days=40)
BATCH = 5000


def prune(now: datetime) -> None:
    """Delete what is old enough, a batch of each at most; the next run goes on."""
    with unscoped("old rows are deleted, whosever they are"):
        marks = AlertMark.objects.filter(cycle_end__lt=now - MARKS_KEPT)
        AlertMark.objects.filter(pk__in=list(marks.values_list("pk", flat=True)[:BATCH])).delete()
        kept = timedelta(days=settings.TRAFFIC_HISTORY_DAYS)
        rows = Decision.objects.filter(last_at__lt=now - kept).order_by("last_at")
        Decision.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:BATCH])).delete()

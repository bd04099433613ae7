"""Thins readings with age: all of some days, then one an hour, then one a day, then none.

The last reading of an hour stays, and the last before a reset: what a cycle ended with is history.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from tenants import leases
from tenants.ids import random_text
from tenants.scoping import unscoped
from traffic_guard.models import OutboundHour, Reading
from traffic_guard.services.readings.live import floor

LEASE, LEASE_SECONDS = "traffic retention", 1800.0
BATCH = 5000
# what one run does at most of each kind; the next one goes on
MOST_SPANS = 48


def thin(now: datetime) -> None:
    """Thin what is old enough; one process at a time, taken over when it dies."""
    holder = random_text(20)
    if not leases.take(LEASE, holder, seconds=LEASE_SECONDS):
        return
    try:
        with unscoped("old readings are thinned, whosever they are"):
            _thin(HOURS, now - _days(settings.TRAFFIC_RAW_DAYS))
            _thin(DAYS, now - _days(settings.TRAFFIC_HOURLY_DAYS))
            _delete(now)
    finally:
        leases.drop(LEASE, holder)


def _days(count: int) -> timedelta:
    return timedelta(days=count)


def _day(at: datetime) -> datetime:
    return floor(at).replace(hour=0)


class Step(NamedTuple):
    """From which grain to which; a span is so long and begins with that moment."""

    grain: Reading.Grain
    coarser: Reading.Grain
    length: timedelta
    start_of: Callable[[datetime], datetime]


HOURS = Step(Reading.Grain.RAW, Reading.Grain.HOUR, timedelta(hours=1), floor)
DAYS = Step(Reading.Grain.HOUR, Reading.Grain.DAY, timedelta(days=1), _day)


def _thin(step: Step, before: datetime) -> None:
    """Keep the last reading of each span that ended before a time."""
    rows = Reading.objects.filter(grain=step.grain, at__lt=step.start_of(before))
    for _span in range(MOST_SPANS):
        oldest = rows.order_by("at").values_list("at", flat=True).first()
        if oldest is None:
            return
        start = step.start_of(oldest)
        here = rows.filter(at__gte=start, at__lt=start + step.length)
        later = here.filter(
            package=OuterRef("package"), cycle_end=OuterRef("cycle_end"), at__gt=OuterRef("at")
        )
        with transaction.atomic():
            ids = list(here.filter(Exists(later)).values_list("pk", flat=True))
            for first in range(0, len(ids), BATCH):
                Reading.objects.filter(pk__in=ids[first : first + BATCH]).delete()
            here.update(grain=step.coarser)


def _delete(now: datetime) -> None:
    """Delete what is older than everything that is kept; hours of the counter like hourly ones."""
    old = now - _days(settings.TRAFFIC_HISTORY_DAYS)
    # the index begins with the grain
    for grain in Reading.Grain:
        _in_batches(Reading.objects.filter(grain=grain, at__lt=old).order_by("at"))
    hours = OutboundHour.objects.filter(hour__lt=now - _days(settings.TRAFFIC_HOURLY_DAYS))
    _in_batches(hours.order_by("hour"))


def _in_batches(rows: QuerySet[Any]) -> None:
    while True:
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=ids).delete()
        if len(ids) < BATCH:
            return

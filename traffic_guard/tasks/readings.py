"""When packages and servers are read, and when what was read is judged, filled in and thinned."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from tenants import queues
from tenants.scoping import scope
from traffic_guard.models import Server
from traffic_guard.services.guarding import evaluating
from traffic_guard.services.policies import intervals, resolving
from traffic_guard.services.readings import backfill, pacing, polling, retention, turns
from traffic_guard.services.telling import accounts as telling

log = logging.getLogger(__name__)

Keys = list[tuple[int, int]]
# Seconds between two ticks, as config/celery.py has them; a hint that waited longer is dropped.
TICK = 5
# A backlog of new packages must not take the calls that readings need.
BACKFILLS = 5


@shared_task
def wake() -> None:
    """Hand out accounts that are due, in fair order, as many as the clouds take until the next one.

    What a lost hint or a dead worker left is among them.
    """
    now = timezone.now()
    for provider in pacing.providers():
        for tenant_id, account_id in polling.due(now, turns.capacity(provider, TICK), provider):
            poll.apply_async((tenant_id, account_id), queue=queues.of(tenant_id), expires=2 * TICK)


@shared_task
def poll(tenant_id: int, account_id: int) -> None:
    """Read one account, and judge at once what was read."""
    try:
        with scope(tenant_id, transaction=False):
            read(account_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("account %s is read again when its hold ends", account_id)


def read(account_id: int, now: datetime) -> bool:
    """Read an account, and foretell and judge at once; False: it was not due.

    In the tenant's open scope without a transaction. What a killed worker leaves unjudged, the
    clock finds (tasks/guarding.py).
    """
    mine = polling.poll(
        account_id, now, interval_of=intervals.of_account, ages_of=_ages, tell=telling.news
    )
    if mine is None:
        return False
    with transaction.atomic():
        evaluating.evaluate_account(account_id, now)
    return True


def _ages(servers: Sequence[Server]) -> dict[int, timedelta]:
    return {pk: one.max_age for pk, one in resolving.effective_many(servers).items()}


@shared_task
def measure() -> None:
    """Count whether all accounts can be read as often as they want."""
    for provider in pacing.providers():
        pacing.measure(provider)


@shared_task
def fill_due() -> None:
    """Hand out packages whose past was not fetched yet."""
    for tenant_id, package_id in backfill.due(timezone.now(), BACKFILLS):
        fill.apply_async((tenant_id, package_id), queue=queues.of(tenant_id), expires=2 * TICK)


@shared_task
def fill(tenant_id: int, package_id: int) -> None:
    """Fetch a package's past."""
    try:
        with scope(tenant_id, transaction=False):
            backfill.fill(package_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("the past of package %s is fetched when its hold ends", package_id)


@shared_task
def thin() -> None:
    """Thin old readings."""
    retention.thin(timezone.now())

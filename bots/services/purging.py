"""Deletes what was kept long enough, in short transactions over all tenants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from bots.models import FailedUpdate, LinkCode, Notice, OutboxMessage, Receipt
from tenants import leases
from tenants.ids import random_text
from tenants.scoping import unscoped

# Telegram repeats an update for 24 hours at most; twice that is safe.
KEEP_RECEIPTS = timedelta(hours=48)
KEEP_MESSAGES = timedelta(days=14)
KEEP_FAILURES = timedelta(days=30)
BATCH = 5000
LEASE = "purge"
LEASE_SECONDS = 3600.0


def purge(now: datetime) -> None:
    """Delete old receipts, messages, notices, link codes and settled failures.

    Only one purge runs at a time; one that died is taken over after an hour.
    """
    holder = random_text(20)
    if not leases.take(LEASE, holder, seconds=LEASE_SECONDS, now=timezone.now()):
        return
    try:
        for step in (_recover_failures, _receipts, _messages, _notices, _failures, _codes):
            _repeat(step, now)
    finally:
        leases.drop(LEASE, holder)


def _repeat(step: Callable[[datetime], int], now: datetime) -> None:
    """Run a step, a transaction a batch, until it finds less than a whole batch."""
    with unscoped("purging walks all tenants"):
        while True:
            with transaction.atomic():
                if step(now) < BATCH:
                    return


def _recover_failures(now: datetime) -> int:
    """Close failures whose update was taken at a later try."""
    del now
    taken = Receipt.objects.filter(bot_id=OuterRef("bot_id"), update_id=OuterRef("update_id"))
    failing = FailedUpdate.objects.filter(Exists(taken), state=FailedUpdate.State.FAILING)
    failing.update(state=FailedUpdate.State.DONE)
    return 0


def _receipts(now: datetime) -> int:
    """Delete by age: `received_at` is indexed, and nobody else looks at old receipts."""
    old = Receipt.objects.filter(received_at__lt=now - KEEP_RECEIPTS).order_by("received_at")
    last = old.values_list("received_at", flat=True)[BATCH - 1 : BATCH].first()
    if last is None:
        old.delete()
        return 0
    Receipt.objects.filter(received_at__lte=last).delete()
    return BATCH


def _messages(now: datetime) -> int:
    # a broadcast that still runs counts its rows, so they stay until it is finished
    finished = Q(broadcast=None) | Q(broadcast__finished_at__isnull=False)
    done = ~Q(state__in=["due", "sending", "held"])
    old = OutboxMessage.objects.filter(done, finished, created_at__lt=now - KEEP_MESSAGES)
    return _delete(old.order_by("created_at"))


def _notices(now: datetime) -> int:
    old = Notice.objects.filter(
        created_at__lt=now - KEEP_MESSAGES, state__in=[Notice.State.SENT, Notice.State.FAILED]
    )
    return _delete(old)


def _failures(now: datetime) -> int:
    return _delete(FailedUpdate.objects.filter(last_at__lt=now - KEEP_FAILURES))


def _codes(now: datetime) -> int:
    return _delete(LinkCode.objects.filter(expires_at__lt=now))


def _delete(old: QuerySet[Any]) -> int:
    """Delete the first batch of some rows; return how many they were."""
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    old.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)

"""Deletes what was kept long enough, in short transactions over all tenants.

Orders stay for ever: of those that bought nothing only what they were about goes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ovh_sniper.models import (
    Alert,
    AlertMessage,
    CatalogueChange,
    ChatRequest,
    Configuration,
    GhostStock,
    Order,
    StockInterval,
    Unwatched,
    VpsPlan,
)
from tenants import leases
from tenants.ids import random_text
from tenants.scoping import unscoped

# Whatever history is kept for, what was asked in a chat is of no use when its buttons are dead.
KEEP_REQUESTS = timedelta(days=7)
BATCH = 1000
LEASE, LEASE_SECONDS = "ovh retention", 3600.0
Step = Callable[[datetime, datetime], int]


def prune(now: datetime) -> None:
    """Delete what is older than OVH_HISTORY_DAYS.

    Only one process does it at a time; one that died is taken over after an hour.
    """
    holder = random_text(20)
    if not leases.take(LEASE, holder, seconds=LEASE_SECONDS):
        return
    before = now - timedelta(days=settings.OVH_HISTORY_DAYS)
    try:
        for step in STEPS:
            _repeat(step, before, now)
    finally:
        leases.drop(LEASE, holder)


def _repeat(step: Step, before: datetime, now: datetime) -> None:
    """Run a step, a transaction a batch, until it finds less than a whole batch."""
    with unscoped("old rows go, whosever they are"):
        while True:
            with transaction.atomic():
                if step(before, now) < BATCH:
                    return


def _delete(model: type[models.Model], old: QuerySet[Any]) -> int:
    """Delete the first batch of some rows; return how many they were.

    Without an order of their own any will do: sorting what is old for each batch would cost more
    than the deleting.
    """
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    model._default_manager.filter(pk__in=ids).delete()
    return len(ids)


def _intervals(before: datetime, now: datetime) -> int:
    del now
    return _delete(
        StockInterval, StockInterval.objects.filter(closed_at__lt=before).order_by("closed_at")
    )


def _configurations(before: datetime, now: datetime) -> int:
    """Delete what OVH has not listed for so long and nothing is remembered of."""
    del now
    kept = StockInterval.objects.filter(configuration=OuterRef("pk"))
    gone = Configuration.objects.filter(~Exists(kept), is_gone=True, last_seen__lt=before)
    return _delete(Configuration, gone)


def _ghosts(before: datetime, now: datetime) -> int:
    del now
    return _delete(GhostStock, GhostStock.objects.filter(last_refused_at__lt=before))


def _unwatched(before: datetime, now: datetime) -> int:
    del now
    return _delete(Unwatched, Unwatched.objects.filter(until__lt=before))


def _vps_plans(before: datetime, now: datetime) -> int:
    """Delete plans that nobody has watched for so long."""
    del now
    return _delete(VpsPlan, VpsPlan.objects.filter(looked_at__lt=before))


def _prices(before: datetime, now: datetime) -> int:
    del now
    return _delete(CatalogueChange, CatalogueChange.objects.filter(noticed_at__lt=before))


def _alerts(before: datetime, now: datetime) -> int:
    del now
    old = Alert.objects.filter(created_at__lt=before).exclude(state=Alert.State.OPEN)
    return _delete(Alert, old)


def _messages(before: datetime, now: datetime) -> int:
    """Delete messages whose alerts are gone."""
    del now
    old = AlertMessage.objects.filter(created_at__lt=before, lines=None)
    return _delete(AlertMessage, old)


def _orders(before: datetime, now: datetime) -> int:
    """Empty orders that bought nothing of what they were about."""
    del now
    nothing = [Order.State.DRY, Order.State.REFUSED]
    old = Order.objects.filter(
        ~Q(addons={}) | ~Q(detail=""), state__in=nothing, created_at__lt=before
    )
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    Order.objects.filter(pk__in=ids).update(addons={}, detail="", cart_id="", url="")
    return len(ids)


def _requests(before: datetime, now: datetime) -> int:
    """Delete what was asked in a chat and is answered, or was never."""
    del before
    return _delete(ChatRequest, ChatRequest.objects.filter(expires_at__lt=now - KEEP_REQUESTS))


STEPS: tuple[Step, ...] = (
    _intervals,
    _configurations,
    _ghosts,
    _unwatched,
    _vps_plans,
    _prices,
    _alerts,
    _messages,
    _orders,
    _requests,
)

"""When the digests are sent."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from tenants import queues
from tenants.scoping import scope
from traffic_guard.services.telling import digests, retention

log = logging.getLogger(__name__)

# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 60


@shared_task
def send_due_digests() -> None:
    """Hand out the digests that are due."""
    for tenant_id, period in digests.due(timezone.now()):
        send_digest.apply_async((tenant_id, period), queue=queues.of(tenant_id), expires=EXPIRES)


@shared_task
def send_digest(tenant_id: int, period: str) -> None:
    """Send one tenant's digest, once."""
    try:
        with scope(tenant_id):
            digests.send(tenant_id, period, timezone.now())
    except Exception:  # the task's edge
        log.exception("the digest of tenant %s was not sent and is tried again", tenant_id)


@shared_task
def prune() -> None:
    """Delete what was told long ago."""
    retention.prune(timezone.now())

"""When the daily digests are sent."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from ovh_sniper.services.telling import digests
from tenants import queues
from tenants.scoping import scope

log = logging.getLogger(__name__)

# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 60


@shared_task
def send_due() -> None:
    """Hand out the tenants whose digest is due."""
    for tenant_id in digests.due(timezone.now()):
        send.apply_async((tenant_id,), queue=queues.of(tenant_id), expires=EXPIRES)


@shared_task
def send(tenant_id: int) -> None:
    """Send one tenant's digest, once."""
    try:
        with scope(tenant_id):
            digests.send(tenant_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("the digest of tenant %s was not sent and is tried again", tenant_id)

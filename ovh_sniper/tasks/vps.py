"""When VPS plans are looked at."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from ovh_sniper.services.polling import vps

log = logging.getLogger(__name__)

# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 50


@shared_task
def sweep() -> None:
    """Hand out the VPS plans that are due, those that a wish has just begun to watch among them."""
    now = timezone.now()
    vps.ensure_wanted(now)
    for plan_id in vps.due(now):
        look.apply_async((plan_id,), expires=EXPIRES)


@shared_task
def look(plan_id: int) -> None:
    """Look at one plan, once for all tenants."""
    try:
        vps.look(plan_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("VPS plan %s is looked at again when its hold ends", plan_id)

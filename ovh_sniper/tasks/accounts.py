"""When accounts are looked at, and when the keys of those that were disconnected end."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from ovh_sniper.services.accounts import doctor
from ovh_sniper.services.leaving import ending
from tenants import queues
from tenants.scoping import scope

log = logging.getLogger(__name__)

Keys = list[tuple[int, int]]
# What one tick hands out at most; the rest is due at the next one.
AT_ONCE = 200
# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 10


@shared_task
def examine(keys: Keys) -> None:
    """Look at accounts: the first one here, the others side by side."""
    (tenant_id, account_id), *others = keys
    for key in others:
        examine.apply_async(([key],), queue=queues.of(key[0]))
    try:
        with scope(tenant_id, transaction=False):
            doctor.examine(account_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("account %s is looked at again when its hold ends", account_id)


@shared_task
def end_keys(keys: Keys) -> None:
    """End what disconnected accounts have at OVH, and delete their keys."""
    (tenant_id, account_id), *others = keys
    for key in others:
        end_keys.apply_async(([key],), queue=queues.of(key[0]))
    try:
        with scope(tenant_id, transaction=False):
            ending.leave(account_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("account %s is ended again when its hold ends", account_id)


@shared_task
def examine_due() -> None:
    """Hand out all accounts that are due; what a lost hint or a dead worker left is among them."""
    for tenant_id, account_id, has_left in doctor.due(timezone.now(), AT_ONCE):
        task = end_keys if has_left else examine
        task.apply_async(([(tenant_id, account_id)],), queue=queues.of(tenant_id), expires=EXPIRES)

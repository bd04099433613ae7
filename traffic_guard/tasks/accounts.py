"""When keys are looked at, and when servers are looked for."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol

from celery import Task, shared_task
from django.utils import timezone

from tenants import queues
from tenants.scoping import scope
from traffic_guard.services.accounts import checking, discovery
from traffic_guard.services.accounts.halting import Tell
from traffic_guard.services.telling import accounts as telling

log = logging.getLogger(__name__)

Keys = list[tuple[int, int]]
# What one tick hands out at most; the rest is due at the next one.
AT_ONCE = 200
# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 10


class _Work(Protocol):
    def __call__(self, account_id: int, now: datetime, *, tell: Tell) -> bool: ...


@shared_task
def check(keys: Keys) -> None:
    """Look at the keys of accounts: the first one here, the others side by side."""
    _run(check, checking.check, keys)


@shared_task
def discover(keys: Keys) -> None:
    """Look for the servers of accounts: the first one's here, the others' side by side."""
    _run(discover, discovery.discover, keys)


@shared_task
def check_due() -> None:
    """Hand out all accounts that are due; what a lost hint or a dead worker left is among them."""
    _hand_out(check, checking.due(timezone.now(), AT_ONCE))


@shared_task
def discover_due() -> None:
    """Hand out all accounts whose servers are to be looked for."""
    _hand_out(discover, discovery.due(timezone.now(), AT_ONCE))


def _run(task: Task, work: _Work, keys: Keys) -> None:
    (tenant_id, account_id), *others = keys
    _hand_out(task, others)
    try:
        with scope(tenant_id, transaction=False):
            work(account_id, timezone.now(), tell=telling.news)
    except Exception:  # the task's edge
        log.exception("account %s is tried again when its hold ends", account_id)


def _hand_out(task: Task, keys: Keys) -> None:
    for tenant_id, account_id in keys:
        task.apply_async(([(tenant_id, account_id)],), queue=queues.of(tenant_id), expires=EXPIRES)

"""When readings are judged, planned stops carried out, actions sent and proved, servers resumed."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import Task, shared_task
from django.utils import timezone

from tenants import queues
from tenants.scoping import scope
from traffic_guard.services.guarding import (
    evaluating,
    executing,
    pruning,
    resuming,
    sending,
    verifying,
)

log = logging.getLogger(__name__)

Keys = list[tuple[int, int]]  # tenant id, account id
# What one tick hands out at most; the rest is due at the next one.
AT_ONCE = 500
# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 10


@shared_task
def evaluate(keys: Keys) -> None:
    """Judge what was read of accounts."""
    _run(evaluate, keys, evaluate_account, "judged")


@shared_task
def execute(keys: Keys) -> None:
    """Carry out the planned stops of accounts whose time has come."""
    _run(execute, keys, execute_account, "executed")


@shared_task
def send(keys: Keys) -> None:
    """Send what servers of accounts are to do."""
    _run(send, keys, send_account, "sent")


@shared_task
def verify(keys: Keys) -> None:
    """Look at the servers of accounts whose stop or start was sent."""
    _run(verify, keys, verify_account, "verified")


def _run(task: Task, keys: Keys, work: Callable[[int, int], None], done: str) -> None:
    """Do the first account's work here, and have the others' done side by side."""
    (tenant_id, account_id), *others = keys
    for key in others:
        task.apply_async(([key],), queue=queues.of(key[0]))
    try:
        work(tenant_id, account_id)
    except Exception:  # the task's edge
        log.exception("account %s is %s at a later tick", account_id, done)


def evaluate_account(tenant_id: int, account_id: int) -> None:
    """Judge what was read of one account."""
    with scope(tenant_id):
        evaluating.evaluate_account(account_id, timezone.now())


def execute_account(tenant_id: int, account_id: int) -> None:
    """Carry out the due stops of one account, and send them."""
    with scope(tenant_id, transaction=False):
        if executing.execute(account_id):
            sending.send(account_id)


def send_account(tenant_id: int, account_id: int) -> None:
    """Send what the servers of one account are to do."""
    with scope(tenant_id, transaction=False):
        sending.send(account_id)


def verify_account(tenant_id: int, account_id: int) -> None:
    """Look at what was sent of one account; what is to be asked for once more is, at once."""
    with scope(tenant_id, transaction=False):
        if verifying.verify(account_id):
            sending.send(account_id)


@shared_task
def sweep_evaluations() -> None:
    """Hand out accounts that were read and not judged, or not judged for a while."""
    _hand_out(evaluate, evaluating.due(timezone.now(), AT_ONCE))


@shared_task
def sweep_actions() -> None:
    """Hand out all that is due; what a lost hint or a dead worker left is among it."""
    now = timezone.now()
    _hand_out(execute, executing.due(now, AT_ONCE))
    _hand_out(send, sending.due(now, AT_ONCE))
    _hand_out(verify, verifying.due(now, AT_ONCE))


def _hand_out(task: Task, keys: Keys) -> None:
    for tenant_id, account_id in keys:
        task.apply_async(([(tenant_id, account_id)],), queue=queues.of(tenant_id), expires=EXPIRES)


@shared_task
def resume_due() -> None:
    """Have servers started whose new cycle shows quota."""
    now = timezone.now()
    for tenant_id, account_id in resuming.due(now, AT_ONCE):
        try:
            with scope(tenant_id):
                resuming.resume(account_id, now)
        except Exception:  # one account's trouble is no other's
            log.exception("the servers of account %s are started at a later tick", account_id)


@shared_task
def prune() -> None:
    """Delete old marks and decisions."""
    pruning.prune(timezone.now())

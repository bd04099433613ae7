"""When wishes are matched, orders sent and followed, carts kept warm."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Order, Wish
from ovh_sniper.services.carts import keeping, planning
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.ordering import executing, following, reconciling
from ovh_sniper.services.wishes import lifecycle
from tenants import queues
from tenants.scoping import scope

log = logging.getLogger(__name__)

State = Order.State
Keys = list[tuple[int, int]]
# What one tick hands out at most; the rest is due at the next one.
AT_ONCE = 500
# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 10


@shared_task
def execute(keys: Keys) -> None:
    """Send orders that were just intended: the first one here, the others side by side."""
    (tenant_id, order_id), *others = keys
    for key in others:
        execute.apply_async(([key],), queue=queues.of(key[0]))
    try:
        with scope(tenant_id, transaction=False):
            executing.execute(order_id)
    except Exception:  # the task's edge
        log.exception("order %s is looked after again soon", order_id)


@shared_task
def follow(keys: Keys) -> None:
    """See how far orders are that OVH took, or may have taken."""
    for tenant_id, order_id in keys:
        try:
            with scope(tenant_id, transaction=False):
                _advance(order_id)
        except Exception:  # the task's edge
            log.exception("order %s was not followed and is looked at again", order_id)


def _advance(order_id: int) -> None:
    now = timezone.now()
    state = Order.objects.values_list("state", flat=True).get(pk=order_id)
    if state == State.ORDERING:
        reconciling.abandoned(order_id, now)
        reconciling.reconcile(order_id, now=now)
    elif state == State.UNKNOWN:
        reconciling.reconcile(order_id, now=now)
    else:
        following.follow(order_id, now=now)


@shared_task
def sweep_orders() -> None:
    """Hand out all orders that are due; what a lost hint or a dead worker left is among them."""
    for tenant_id, order_id, state in following.due(timezone.now(), AT_ONCE):
        task = execute if state == State.INTENDED else follow
        task.apply_async(([(tenant_id, order_id)],), queue=queues.of(tenant_id), expires=EXPIRES)


@shared_task
def match(keys: Keys) -> None:
    """Look at what is in stock for wishes that were armed, and plan their carts."""
    for tenant_id, wish_id in keys:
        try:
            with scope(tenant_id):
                reacting.look(wish_id, timezone.now())
            with scope(tenant_id):
                _plan(wish_id)
        except Exception:  # the task's edge
            log.exception("wish %s was not matched and is looked at again", wish_id)
            with scope(tenant_id):
                reacting.put_off(wish_id, timezone.now())


def _plan(wish_id: int) -> None:
    wish = Wish.objects.select_related("account", "tenant").filter(pk=wish_id).first()
    if wish is not None:
        planning.plan(wish, timezone.now())


@shared_task
def sweep_wishes() -> None:
    """End wishes whose time is over, and look at the stock for those that are due."""
    now = timezone.now()
    for tenant_id in lifecycle.ending(now):
        try:
            with scope(tenant_id):
                lifecycle.expire(now)
        except Exception:  # one tenant's trouble is no other's
            log.exception("the wishes of tenant %s are ended at the next tick", tenant_id)
    for key in reacting.due(now, AT_ONCE):
        match.apply_async(([key],), queue=queues.of(key[0]), expires=EXPIRES)


@shared_task
def catch_up() -> None:
    """Act on stock that opened lately where the process died that saw it."""
    for host in Host:
        try:
            reacting.catch_up(host, timezone.now())
        except Exception:  # one host's trouble is no other's
            log.exception("the stock of %s is looked at again at the next tick", host)


@shared_task
def keep_carts() -> None:
    """Plan carts for wishes without any, and hand out the accounts whose carts want something."""
    now = timezone.now()
    for tenant_id, wish_id in planning.unplanned(AT_ONCE):
        try:
            with scope(tenant_id):
                _plan(wish_id)
        except Exception:  # one wish's trouble is no other's
            log.exception("the carts of wish %s are planned at the next tick", wish_id)
    for tenant_id, account_id in keeping.due(now, AT_ONCE):
        tend.apply_async((tenant_id, account_id), queue=queues.of(tenant_id), expires=EXPIRES)


@shared_task
def tend(tenant_id: int, account_id: int) -> None:
    """Build, quote and delete a few carts of one account."""
    try:
        with scope(tenant_id, transaction=False):
            keeping.tend_account(account_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("the carts of account %s are looked after at the next tick", account_id)

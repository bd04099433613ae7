"""What follows a refusal: the next place that fits, or waiting for stock again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Order, Wish
from ovh_sniper.services.matching import intents, reacting
from ovh_sniper.services.ordering import outcomes, request_keys
from ovh_sniper.services.stock import ghosts
from ovh_sniper.services.telling import news
from tenants.ids import public_id

log = logging.getLogger(__name__)

# An answer that is lost again within this time is no accident.
REMEMBERED = timedelta(hours=1)


def refuse(order: Order, reason: str, detail: str, now: datetime, *, hold: datetime) -> bool:
    """Note that nothing was bought, and let what wanted it have the next try; False as `refused`.

    Needs the tenant's scope, outside a transaction. What a person pressed for one datacenter is
    tried nowhere else.
    """
    with transaction.atomic():
        if not outcomes.refused(order, reason, detail, now, hold=hold):
            return False
        if order.source == Order.Source.WISH:
            _try_elsewhere(order, now)
        elif order.goes_on:
            _fall_back(order, now)
    return True


def _try_elsewhere(order: Order, now: datetime) -> None:
    wish = order.wish
    if wish is None or not Wish.objects.filter(pk=wish.pk, state=Wish.State.ARMED).exists():
        return
    if order.reason == "lost" and _was_lost_before(order, now):
        # OVH also fails without a word where there is no stock
        host = Host(order.account.host)
        ghosts.note_refused(host, order.fqn, order.plan_code, order.datacenter, now)
    # the row says so, should the look fail
    reacting.wake_at(wish, now)
    try:
        with transaction.atomic():
            reacting.look(wish.pk, now)
    except Exception:  # the refusal stands in any case
        log.exception("wish %s is looked at again at the next tick", wish.pk)


def _was_lost_before(order: Order, now: datetime) -> bool:
    lost = Order.objects.filter(
        wish=order.wish_id, fqn=order.fqn, datacenter=order.datacenter, reason="lost"
    )
    return lost.exclude(pk=order.pk).filter(ended_at__gt=now - REMEMBERED).exists()


def _fall_back(order: Order, now: datetime) -> Order | None:
    """Write the same order for the next of the datacenters that were named."""
    datacenter, *rest = order.fallbacks
    successor = Order(
        tenant_id=order.tenant_id,
        public_id=public_id(),
        account=order.account,
        request_key=request_keys.successor(order.request_key, len(rest)),
        source=order.source,
        requested_by=order.requested_by,
        person=order.person,
        plan_code=order.plan_code,
        fqn=order.fqn,
        datacenter=datacenter,
        addons=order.addons,
        cap_due_now=order.cap_due_now,
        cap_renewal=order.cap_renewal,
        autopay=order.autopay,
        waive_retractation=order.waive_retractation,
        dry_run=order.dry_run,
        fallbacks=rest,
        batch=order.batch,
        created_at=now,
        retry_at=now,
    )
    written = intents.write(successor)
    if written is not None:
        news.submitted(written)
    return written

"""When giveaways open, count, are drawn and announced."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from lottery.services import cards, draws
from tenants import queues
from tenants.scoping import scope

log = logging.getLogger(__name__)


@shared_task
def run_due() -> None:
    """Hand out what is due, one task a giveaway: one that fails stops no other."""
    now = timezone.now()
    for tenant_id, lottery_id in draws.due(now):
        advance.apply_async((tenant_id, lottery_id), queue=queues.of(tenant_id))
    for tenant_id, lottery_id in cards.to_refresh(now):
        refresh_card.apply_async((tenant_id, lottery_id), queue=queues.of(tenant_id))


@shared_task
def advance(tenant_id: int, lottery_id: int) -> None:
    """Take one giveaway as far as the clock allows."""
    try:
        with scope(tenant_id, transaction=False):
            draws.advance(lottery_id, now=timezone.now())
    except Exception:  # the task's edge
        log.exception("giveaway %s stays where it is and is tried again", lottery_id)


@shared_task
def refresh_card(tenant_id: int, lottery_id: int) -> None:
    """Count one giveaway's entries and show it on its card."""
    try:
        with scope(tenant_id):
            cards.refresh(lottery_id, now=timezone.now())
    except Exception:  # the task's edge
        log.exception("the card of giveaway %s was not refreshed", lottery_id)

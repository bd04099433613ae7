"""When price lists are fetched, and when tenants are told what changed in them."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.telling import price_news
from tenants import queues

log = logging.getLogger(__name__)

# What one tick hands out at most; OVH has two dozen price lists.
AT_ONCE = 50
TENANTS_AT_ONCE = 500
# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 30


@shared_task
def sweep_catalogues() -> None:
    """Hand out the price lists that are due, and those that somebody needs for the first time."""
    for host, subsidiary in catalogues.wanted():
        catalogues.ensure(host, subsidiary)
    for host, subsidiary in catalogues.due(timezone.now(), AT_ONCE):
        fetch.apply_async(([(host.value, subsidiary)],), expires=EXPIRES)


@shared_task
def fetch(pairs: list[tuple[str, str]]) -> None:
    """Fetch price lists that are due and that no other worker has taken."""
    (host, subsidiary), *others = pairs
    for pair in others:
        fetch.delay([pair])
    now = timezone.now()
    try:
        if catalogues.claim(Host(host), subsidiary, now):
            catalogues.refresh(Host(host), subsidiary, now)
    except Exception:  # the task's edge
        log.exception("the price list %s/%s is fetched again later", host, subsidiary)


@shared_task
def sweep_news() -> None:
    """Hand out the tenants that have something to be told."""
    for tenant_id in price_news.due(timezone.now(), TENANTS_AT_ONCE):
        tell.apply_async((tenant_id,), queue=queues.of(tenant_id), expires=EXPIRES)


@shared_task
def tell(tenant_id: int) -> None:
    """Tell one tenant what changed in the price lists that it uses."""
    try:
        price_news.tell(tenant_id, timezone.now())
    except Exception:  # the task's edge
        log.exception("tenant %s is told of price lists at the next tick", tenant_id)

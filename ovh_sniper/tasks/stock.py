"""Who polls which host's stock, and for how long."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import connection
from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.services.polling import serving

log = logging.getLogger(__name__)

# A hint that waited longer is dropped: the next tick gives a new one.
EXPIRES = 5
# Set when this worker shuts down: it waits for its tasks, so the long ones must end by themselves.
stopping = threading.Event()


@worker_shutting_down.connect(dispatch_uid="ovh stock")
def stop(**details: Any) -> None:
    """Have this worker's pollers end; another worker's take over."""
    del details
    stopping.set()


@shared_task
def wake() -> None:
    """Have every host polled that somebody needs and nobody polls."""
    for host in serving.unserved(timezone.now()):
        poll.apply_async((host.value,), expires=EXPIRES)


@shared_task
def poll(host: str) -> None:
    """Poll a host's stock for a few minutes; the next turn follows at once.

    Of two that start at the same time one ends again.
    """
    try:
        end = serving.run(Host(host), rest=_rest)
    except Exception:  # the task's edge
        log.exception("the stock of %s is polled again at the next tick", host)
        return
    log.info("the stock of %s: %s", host, end)
    if end == serving.End.OVER:
        poll.apply_async((host,), expires=EXPIRES)


def _rest(seconds: float) -> bool:
    if seconds:
        # a poller mostly waits: no connection of the pool waits with it
        connection.close()
    return stopping.wait(seconds)

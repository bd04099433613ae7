"""When the middle layer works: what wakes the senders, the feeders and the sweepers."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bots.services import broadcasts, counts, health, notices, purging, removing, sending

# A turn that could not begin within this many seconds is dropped: the sweep gives out new ones, so
# however far the workers are behind, no more than this waits in the broker.
TURN_EXPIRES = 2
SWEPT_AT_ONCE = 200


@shared_task
def deliver(bot_ids: list[int]) -> None:
    """Send what these bots have waiting, two seconds each; what is left waits its next turn."""
    first, *others = bot_ids
    for bot_id in others:
        deliver.delay([bot_id])
    if sending.drain(first):
        deliver.apply_async(([first],), expires=TURN_EXPIRES)


@shared_task
def sweep_outbox() -> None:
    """Wake the senders of bots that have something due: a lost hint costs a second."""
    for bot_id in sending.due_bots(timezone.now(), limit=SWEPT_AT_ONCE):
        deliver.apply_async(([bot_id],), expires=TURN_EXPIRES)


@shared_task
def feed_broadcasts() -> None:
    """Keep the outbox of each running broadcast filled."""
    broadcasts.feed(timezone.now())


@shared_task
def deliver_notices() -> None:
    """Deliver what staff should hear."""
    notices.deliver_due(timezone.now())


@shared_task
def check_bots() -> None:
    """Ask Telegram how the bots' webhooks are doing, a few at a time."""
    health.check_due(timezone.now())


@shared_task
def count_days() -> None:
    """Recount today's and yesterday's traffic."""
    counts.recount(timezone.now())


@shared_task
def remove_bots() -> None:
    """Go on with removing what deleted bots left behind."""
    removing.sweep()


@shared_task
def purge() -> None:
    """Give up messages that are too late, and delete what was kept long enough."""
    sending.expire(timezone.now())
    purging.purge(timezone.now())

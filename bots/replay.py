"""Runs a parked update again, on demand."""

from __future__ import annotations

import logging

from django.db import Error as DatabaseError
from django.utils import timezone

from bots.dispatch import rerun
from bots.models import Bot, FailedUpdate
from bots.registry import BotInfo, describe
from bots.services import failures
from bots.services.receipts import Repeat, Stale
from tenants.scoping import scope

log = logging.getLogger(__name__)

State = FailedUpdate.State


class NotParked(Exception):
    """Somebody else ran the update, or it was never put aside."""


def replay(failed: FailedUpdate) -> bool:
    """Run a parked update again; return whether it went through this time.

    Call outside any scope and transaction. What it answers goes through the outbox: the webhook's
    response has long been given. All of it is one transaction, the update's state included: two
    replays at once are one, and a crash leaves the update parked.
    """
    with scope(failed.tenant_id, transaction=False):
        bots = Bot.objects.defer("token").select_related("tenant")
        bot = describe(bots.get(pk=failed.bot_id), now=timezone.now())
    if "update_id" not in failed.update:
        return False  # the database did not take what came (services/failures.py: note)
    try:
        rerun(bot, failed.update, lambda: _claim(failed))
    except Repeat:
        return _was_taken(bot, failed)
    except (NotParked, Stale):
        return False
    except Exception as error:  # noqa: BLE001 - any handler may be wrong, still
        _note(bot, failed, error)
        return False
    return True


def _claim(failed: FailedUpdate) -> None:
    parked = FailedUpdate.objects.filter(pk=failed.pk, state=State.PARKED)
    # holds the row until the transaction ends: a second replay waits, and finds it done
    if not parked.update(state=State.DONE, last_at=timezone.now()):
        raise NotParked


def _was_taken(bot: BotInfo, failed: FailedUpdate) -> bool:
    """Close what was parked although it was taken: a repeat had gone through meanwhile."""
    with scope(bot.tenant_id):
        parked = FailedUpdate.objects.filter(pk=failed.pk, state=State.PARKED)
        return bool(parked.update(state=State.DONE))


def _note(bot: BotInfo, failed: FailedUpdate, error: Exception) -> None:
    log.error("update %s of bot %s failed again", failed.update_id, bot.public_id, exc_info=error)
    try:
        with scope(bot.tenant_id):
            failures.again(failed.pk, error)
    except DatabaseError:
        log.exception("the failure could not be noted")

"""Updates whose handler raised: counted, parked at the third try, replayed on demand."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils import timezone

from bots.models import FailedUpdate, Receipt
from bots.registry import BotInfo
from bots.services import alarms
from tenants.scoping import scope

log = logging.getLogger(__name__)

# Telegram blocks the chat until an update is accepted, so a poison update must not stay.
PARK_AT = 3
State = FailedUpdate.State


def note(
    bot: BotInfo,
    update: Mapping[str, Any],
    error: Exception,
    *,
    park_at: int = PARK_AT,
    keep_update: bool = True,
) -> bool:
    """Count a failure; return whether the update is settled and must be answered 200.

    It is settled when it is parked now, at its `park_at`th failure, and when another worker has
    taken it meanwhile: then nothing is parked, or a replay would do everything twice. Without
    `keep_update` what came is not stored, for updates that the database does not take.
    """
    update_id = int(update["update_id"])
    # cleaned: a lone surrogate from an update would break whatever writes the log down
    log.error("update %s of bot %s failed\n%s", update_id, bot.public_id, _story(error))
    with scope(bot.tenant_id):
        kind = storable(next((key for key in update if key != "update_id"), ""), 40)
        failed = _row(bot, update_id, kind, update if keep_update else {})
        again(failed.pk, error)
        failed.refresh_from_db(fields=["attempts", "error"])
        receipt, is_new = Receipt.objects.filter(bot_id=bot.id, update_id=update_id).first(), False
        if receipt is None and failed.attempts >= park_at:
            # waits for a worker that is writing the real one at this moment
            receipt, is_new = Receipt.objects.get_or_create(
                bot_id=bot.id,
                update_id=update_id,
                defaults={
                    "tenant_id": bot.tenant_id,
                    "received_at": timezone.now(),
                    "is_parked": True,
                },
            )
        if receipt is None:
            return False
        state = State.PARKED if receipt.is_parked else State.DONE
        FailedUpdate.objects.filter(pk=failed.pk).update(state=state)
    if is_new:
        _tell_staff(bot, failed)
    return True


def _row(bot: BotInfo, update_id: int, kind: str, update: Mapping[str, Any]) -> FailedUpdate:
    failed: FailedUpdate
    failed, _created = FailedUpdate.objects.get_or_create(
        bot_id=bot.id,
        update_id=update_id,
        defaults={"kind": kind, "update": update, "last_at": timezone.now()},
    )
    return failed


def again(failed_id: int, error: Exception) -> None:
    """Count one more failure of a noted update, in the open scope; its state stays."""
    FailedUpdate.objects.filter(pk=failed_id).update(
        attempts=F("attempts") + 1,
        error=storable(f"{type(error).__name__}: {error}", 300),
        traceback=_story(error),
        last_at=timezone.now(),
    )


def _story(error: Exception) -> str:
    """Return the end of an error's traceback, storable."""
    return storable("".join(traceback.format_exception(error))[-8000:], 8000)


def storable(text: str, length: int) -> str:
    """Return at most `length` characters of a text, without what PostgreSQL cannot store."""
    clean = text.replace("\0", "").encode("utf-8", "replace").decode()
    return clean[:length]


def _tell_staff(bot: BotInfo, failed: FailedUpdate) -> None:
    """Tell staff, in a transaction of its own: what fails here must not undo the parking."""
    try:
        with scope(bot.tenant_id):
            alarms.update_parked(failed)
    except Exception:
        log.exception("nobody was told that update %s was parked", failed.update_id)

"""What becomes of a message after Telegram's answer.

A message is written only while the sender that took it still holds it: what another sender took
over meanwhile is the other's. Each outcome has a savepoint, so one that cannot be written costs the
others of its wave nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from bots.gateways.errors import (
    Blocked,
    Busy,
    Migrated,
    NotModified,
    Refused,
    Revoked,
    TelegramError,
    Unreachable,
)
from bots.models import OutboxMessage
from bots.services import alarms, chats, people, reasons, slots

log = logging.getLogger(__name__)

State = OutboxMessage.State
Priority = OutboxMessage.Priority
# Backoff 2, 4, 8 … s, at most 5 minutes: twelve attempts span half an hour.
MAX_ATTEMPTS = 12
LONGEST_BACKOFF = timedelta(minutes=5)
# The person pressed long ago; there is no progress bar left to end.
TOO_OLD = "query is too old"
GONE = ("message to edit not found", "message can't be edited", "message to delete not found")
# How long nobody minds that a notice or a broadcast comes late.
FRESH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from an answer besides the message's own row."""

    # whether the bot can go on sending now
    goes_on: bool = True
    # seconds for which nothing of the bot's may go out
    pause: float = 0.0
    # to be called at the end of the transaction: staff must hear of it
    alarm: Callable[[], object] | None = None


GOES_ON = Outcome()
STOPS = Outcome(goes_on=False)


def write(message: OutboxMessage, answer: Any, now: datetime) -> Outcome:
    """Write a call's result or error, inside a transaction."""
    try:
        with transaction.atomic():
            return _write(message, answer, now)
    except Exception:
        log.exception("the outcome of message %s cannot be written as it should", message.pk)
    with transaction.atomic():
        if isinstance(answer, TelegramError):
            return _again_or_fail(message, str(answer), now)
        # it has arrived, whatever else cannot be kept of it
        _end(message, State.SENT, now, error="")
        return GOES_ON


def _write(message: OutboxMessage, answer: Any, now: datetime) -> Outcome:
    if not isinstance(answer, TelegramError):
        _sent(message, answer, now)
        return GOES_ON
    if isinstance(answer, Busy):
        # not counted as an attempt: the message is not at fault
        _again(message, now + timedelta(seconds=answer.retry_after), str(answer))
        return Outcome(goes_on=False, pause=answer.retry_after)
    if isinstance(answer, Unreachable):
        return _unreachable(message, answer, now)
    if isinstance(answer, Revoked):
        _again(message, now, str(answer))
        alarm = partial(alarms.bot_broke, message.bot_id, reasons.REVOKED)
        return Outcome(goes_on=False, alarm=alarm)
    return _refused(message, answer, now)


def fail(message: OutboxMessage, error: str, now: datetime, *, goes_on: bool = True) -> Outcome:
    """Give a message up, with the reason; the outcome's alarm tells staff."""
    if not _end(message, State.FAILED, now, error=error[:300]):
        return Outcome(goes_on)
    return Outcome(goes_on, alarm=partial(alarms.message_failed, message, error))


def orphaned(message: OutboxMessage, now: datetime) -> Outcome:
    """Take back a message whose sender died; nobody knows whether Telegram got it."""
    if message.priority >= Priority.BULK or message.attempts + 1 >= MAX_ATTEMPTS:
        return fail(message, "The sender died; it may have been sent.", now)
    _mine(message).update(state=State.DUE, lease="", attempts=F("attempts") + 1)
    return GOES_ON


def defer(message: OutboxMessage, due_at: datetime) -> None:
    """Let a message that was taken wait; what comes after it in its chat goes first."""
    _mine(message).update(state=State.DUE, lease="", due_at=due_at, is_put_off=False)


def expire(now: datetime, **which: Any) -> int:
    """Give up notices and broadcasts that nobody could send for a day; return how many.

    `which` narrows it to some (`bot_id=…`). Nobody wants yesterday's news when a bot that was off
    for a month comes back. The bot's own alarm has told staff.
    """
    late = OutboxMessage.objects.filter(
        state=State.DUE, priority__gte=Priority.NOTICE, due_at__lt=now - FRESH, **which
    )
    count: int = late.update(
        state=State.FAILED, sent_at=now, error="It could not be sent for 24 hours."
    )
    return count


def _mine(message: OutboxMessage) -> Any:
    """Return the message's row if it is still in the hands of the sender that took it."""
    return OutboxMessage.objects.filter(pk=message.pk, state=State.SENDING, lease=message.lease)


def _end(message: OutboxMessage, state: str, now: datetime, **changes: Any) -> bool:
    return bool(
        _mine(message).update(
            state=state, sent_at=now, attempts=F("attempts") + 1, lease="", **changes
        )
    )


def _sent(message: OutboxMessage, result: Any, now: datetime) -> None:
    message_id = result.get("message_id") if isinstance(result, dict) else None
    is_ours = _end(message, State.SENT, now, message_id=message_id, error="")
    if is_ours and message.slot and message_id is not None and not slots.is_edit(message):
        slots.remember(message, message_id)


def _again(message: OutboxMessage, due_at: datetime, error: str, **changes: Any) -> None:
    _mine(message).update(
        state=State.DUE, due_at=due_at, is_put_off=True, lease="", error=error[:300], **changes
    )


def _again_or_fail(message: OutboxMessage, error: str, now: datetime) -> Outcome:
    if message.attempts + 1 >= MAX_ATTEMPTS:
        return fail(message, error, now, goes_on=False)
    backoff = min(timedelta(seconds=2 ** (message.attempts + 1)), LONGEST_BACKOFF)
    _again(message, now + backoff, error, attempts=F("attempts") + 1)
    return STOPS


def _unreachable(message: OutboxMessage, error: Unreachable, now: datetime) -> Outcome:
    if error.unclear and message.priority >= Priority.BULK:
        return fail(message, f"{error.reason}; it may have been sent", now, goes_on=False)
    return _again_or_fail(message, error.reason, now)


def _refused(message: OutboxMessage, error: TelegramError, now: datetime) -> Outcome:
    text = str(error).lower()
    if isinstance(error, NotModified) or TOO_OLD in text:
        _end(message, State.SENT, now, error="")
        return GOES_ON
    if isinstance(error, Migrated) and message.chat_id is not None:
        chats.migrate(message.bot_id, message.chat_id, error.new_chat_id)
        _again(message, now, str(error), chat_id=error.new_chat_id)
        return GOES_ON
    if isinstance(error, Blocked) or (isinstance(error, Refused) and _is_nobody(text)):
        return _unwanted(message, str(error), now)
    if message.slot and any(gone in text for gone in GONE):
        slots.forget(message)
    return fail(message, str(error), now)


def _is_nobody(text: str) -> bool:
    return any(one in text for one in ("chat not found", "user not found", "peer_id_invalid"))


def _unwanted(message: OutboxMessage, error: str, now: datetime) -> Outcome:
    """The person blocked the bot, or it was removed from the group."""
    if message.chat_id is not None and message.chat_id > 0:
        people.mark_blocked(message.bot_id, message.chat_id, now=now)
        _end(message, State.BLOCKED, now, error=error[:300])
        return GOES_ON
    if message.chat_id is not None:
        chats.lost(message.bot_id, message.chat_id)
    return fail(message, error, now)

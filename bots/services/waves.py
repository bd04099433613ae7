"""Chooses what a bot sends next: the first waiting message of each chat, as the limits allow."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, F, Value, When, Window
from django.db.models.functions import RowNumber

from bots.models import OutboxMessage
from bots.services import limits

WAVE = 8
# How many chats are asked for a slot to fill a wave.
WINDOW = 200


@dataclass(frozen=True, slots=True)
class Head:
    """The first waiting message of a chat."""

    pk: int
    chat_id: int | None
    priority: int


@dataclass(slots=True)
class Booking:
    """What the limits said of a wave's chats."""

    # seconds until the slot, by message
    slots: dict[int, float] = field(default_factory=dict)
    # messages to put off, by tenths of a second: one UPDATE for each wait
    put_off: dict[int, list[int]] = field(default_factory=dict)
    # seconds for which the bot as a whole has to wait
    pause: float = 0.0


def heads(bot_id: int, now: datetime, *, busy: Collection[int] = ()) -> list[Head]:
    """Return the first waiting message of each chat, the most urgent ones first.

    Without the chats that are `busy`: a call to them is still under way.
    """
    waiting = OutboxMessage.objects.filter(bot_id=bot_id, state=OutboxMessage.State.DUE)
    # a message put off holds back what comes after it in its chat, or order would be lost
    held = waiting.filter(due_at__gt=now, is_put_off=True, chat_id__isnull=False)
    # answers to presses go to no chat: each stands for itself
    alone = Case(When(chat_id=None, then=F("pk")), default=Value(0))
    # numbered by chat, not the first few hundred rows: one chat's flood must not hide the others
    place = Window(
        RowNumber(), partition_by=[F("chat_id"), alone], order_by=[F("priority"), F("pk")]
    )
    firsts = (
        waiting.filter(due_at__lte=now)
        .exclude(chat_id__in=held.values("chat_id"))
        .exclude(chat_id__in=busy)
        .annotate(place=place)
        .filter(place=1)
        .order_by("priority", "pk")
    )
    rows = firsts.values_list("pk", "chat_id", "priority")[:WINDOW]
    return [Head(*row) for row in rows]


def book(bot_id: int, wanted: Iterable[Head], *, most: int = WAVE) -> Booking:
    """Book slots for a wave of at most `most` messages.

    Call outside any transaction, for the limits may keep us waiting.

    Raises:
        limits.Away: Redis does not answer.
    """
    booking = Booking()
    for head in wanted:
        if len(booking.slots) == most:
            break
        slot = limits.book(bot_id, head.chat_id)
        if slot.is_booked:
            booking.slots[head.pk] = slot.wait
        elif slot.is_bots:
            booking.pause = slot.wait
            break
        else:
            booking.put_off.setdefault(math.ceil(slot.wait * 10), []).append(head.pk)
    return booking

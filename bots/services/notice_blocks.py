"""Merges notices that are made of blocks: many at once arrive as few, none lost, in order.

A notice of a group waits a few seconds for others of its event and group. What is full is followed
by another one; of a flood that fills several the rest is counted. What a channel was told a moment
ago is not said again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from bots import blocks
from bots.models import Channel, Notice
from tenants.encryption import DecryptionError

# How long the first notice of a group waits for others.
GROUP_WAIT = timedelta(seconds=5)
# Equal blocks within this time are repeats.
STORM = timedelta(minutes=5)
# One notice takes this many blocks, and this many bytes of them: a Feishu card holds 20 KB in all.
MOST_BLOCKS, MOST_BYTES = 20, 15_000
# So many notices of a group may wait for a channel; above that blocks are counted.
MOST_WAITING = 10

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What `notify` was asked to say, its texts in the tenant's language."""

    notice: Notice
    parts: Sequence[Part]


def take_turn() -> None:
    """Wait until nobody else adds to the tenant's notices, or claims them.

    All channels are locked, in one order, whichever of them are told: two that add to several
    notices could each hold what the other needs.
    """
    active = Channel.objects.filter(is_active=True).order_by("pk")
    list(active.select_for_update(no_key=True).values_list("pk"))


def write(channel: Channel, said: Said, now: datetime) -> None:
    """Add the blocks to what waits for a channel, or write new notices of them."""
    mine = Notice.objects.filter(channel=channel, event=said.notice.event, group=said.notice.group)
    if not said.notice.group:
        mine = mine.filter(title=said.notice.title)
    try:
        waiting = _waiting(mine) if said.notice.group else []
        fresh = _news(mine, said.parts, now)
    except DecryptionError:
        # one damaged notice must not break what this one tells of
        waiting, fresh = [], list(said.parts)
    if not fresh:
        return
    due_at = _due_at(mine, now) if said.notice.group else now
    for part in fresh:
        notice = _home(waiting, part)
        if notice is None:
            notice = _begin(channel, said.notice, due_at)
            waiting.append(notice)
        _put(notice, part)
        _agree(notice, said.notice)
        _entitle(notice)
    for notice in waiting:
        notice.save()


def _waiting(mine: QuerySet[Notice]) -> list[Notice]:
    """Lock and return the notices that can still be added to.

    One that was tried may have arrived: its content, known by its id, must not change any more.
    """
    free = mine.select_for_update().filter(state=Notice.State.DUE, attempts=0)
    return list(free.order_by("pk"))


def _due_at(mine: QuerySet[Notice], now: datetime) -> datetime:
    """Return when a new notice of a group is due: behind what was put off, unless for long.

    What comes after a long silence may be the first to find the channel working again.
    """
    last = mine.filter(state=Notice.State.DUE).aggregate(last=Max("due_at"))["last"]
    soon = now + GROUP_WAIT
    return max(soon, last) if last is not None and last < now + STORM else soon


def _news(mine: QuerySet[Notice], parts: Sequence[Part], now: datetime) -> list[Part]:
    """Return the parts that the channel was not told last, of each thing the newest alone."""
    told = mine.filter(due_at__gt=now - STORM).exclude(state=Notice.State.FAILED).order_by("pk")
    latest = {_key(part): part for notice in told for part in notice.blocks or ()}
    newest = {_key(part): part for part in parts}
    return [part for key, part in newest.items() if latest.get(key) != part]


def _key(part: Part) -> str:
    return str(part["key"] or part["title"])


def _home(waiting: list[Notice], part: Part) -> Notice | None:
    """Return the waiting notice that has the thing already, or has room for it."""
    for notice in waiting:
        if any(_key(one) == _key(part) for one in notice.blocks or ()):
            return notice
    if not waiting:
        return None
    last = waiting[-1]
    return last if _has_room(last, part) or len(waiting) >= MOST_WAITING else None


def _has_room(notice: Notice, part: Part) -> bool:
    parts = [*(notice.blocks or ()), part]
    return len(parts) <= MOST_BLOCKS and sum(map(blocks.weight, parts)) <= MOST_BYTES


def _begin(channel: Channel, said: Notice, due_at: datetime) -> Notice:
    return Notice(
        tenant_id=said.tenant_id,
        channel=channel,
        event=said.event,
        title=said.title,
        text=said.text,
        data=said.data,
        blocks=[],
        group=said.group,
        many=said.many,
        colour=said.colour,
        due_at=due_at,
    )


def _put(notice: Notice, part: Part) -> None:
    """Add a part, in the place of an older one of the same thing; count it where there is no room.

    A block too big for an empty notice gets one of its own: channels cut it.
    """
    same = [number for number, one in enumerate(notice.blocks) if _key(one) == _key(part)]
    if same:
        notice.blocks[same[0]] = part
    elif not notice.blocks or _has_room(notice, part):
        notice.blocks.append(part)
    else:
        notice.left_out += 1


def _agree(notice: Notice, said: Notice) -> None:
    """Keep of a merged notice what is true of all its blocks."""
    if notice.text != said.text:
        notice.text = ""
    notice.data = {
        name: value for name, value in notice.data.items() if said.data.get(name) == value
    }
    notice.colour = blocks.worse(notice.colour, said.colour)
    notice.many = said.many or notice.many
    notice.title = said.title


def _entitle(notice: Notice) -> None:
    count = len(notice.blocks) + notice.left_out
    if count > 1 and notice.many:
        # not `%`: the pattern is a translation, and a stray sign must not break what it tells of
        notice.title = notice.many.replace("%(count)s", str(count))[:200]

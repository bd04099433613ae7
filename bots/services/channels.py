"""Sets up notification channels: where notices go, and which kinds of event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction

from bots.models import Bot, Channel, Chat, StaffLink
from bots.services.listed_chats import Listed, listed
from tenants.encryption import DecryptionError
from tenants.ids import random_text
from tenants.models import Membership
from tenants.services import audit
from tenants.services.audit import Actor

# 43 base62 characters hold 256 bits, as much as the signature's hash
SECRET_LENGTH = 43


@dataclass(frozen=True, slots=True)
class Place:
    """A Telegram chat that a channel can write to."""

    bot: Bot
    chat_id: int
    title: str
    is_own: bool = False

    @property
    def key(self) -> str:
        """What a form sends for it."""
        return f"{self.bot.public_id}:{self.chat_id}"


class Places(NamedTuple):
    """The chats to choose from, and the groups among them as they are kept."""

    places: list[Place]
    groups: Listed


def places(membership: Membership, channel: Channel | None = None, *, posted: str = "") -> Places:
    """Return the chats to choose from: the member's own linked accounts, then the bots' groups.

    The group that a channel writes to now stays a choice, and so does the `posted` place's.
    """
    links = StaffLink.objects.filter(membership=membership).select_related("person__bot")
    mine = [
        Place(link.person.bot, link.person.telegram_id, link.person.full_name, is_own=True)
        for link in links.defer("person__bot__token").order_by("pk")
    ]
    stored = _group_of(channel)
    groups = listed(Bot.objects.defer("token"), stored=stored, posted=_group_at(posted))
    theirs = [Place(chat.bot, chat.telegram_id, str(chat)) for chat in groups.chats]
    return Places(mine + theirs, groups)


def _group_of(channel: Channel | None) -> int | None:
    """Return the key of the group that a channel writes to, None where it cannot be read."""
    if channel is None or channel.bot_id is None:
        return None
    try:
        found = Chat.objects.filter(
            bot_id=channel.bot_id, telegram_id=int(channel.target), state=Chat.State.ACTIVE
        )
    except DecryptionError:
        return None
    return found.values_list("pk", flat=True).first()


def _group_at(place: str) -> int | None:
    """Return the key of the group that a place's key names, None where there is none."""
    found = re.fullmatch(r"([0-9A-Za-z]+):(-?[0-9]{1,19})", place)
    if found is None:
        return None
    rows = Chat.objects.filter(bot__public_id=found[1], telegram_id=int(found[2]))
    return rows.values_list("pk", flat=True).first()


def new_secret() -> str:
    """Return a secret that signs a webhook's notices."""
    return random_text(SECRET_LENGTH)


def create(channel: Channel, *, actor: Actor) -> Channel:
    """Write a new channel into the open scope."""
    with transaction.atomic():
        channel.save()
        audit.record(
            "channel.created",
            actor=actor,
            target=channel,
            kind=channel.kind,
            events=channel.events,
            target_secret=channel.target,
        )
    return channel


def change(channel: Channel, fields: Sequence[str], *, actor: Actor) -> None:
    """Write changed fields; the record names them without secrets."""
    if not fields:
        return
    with transaction.atomic():
        if {"target", "secret", "bot"} & set(fields):
            # what went wrong at the old place says nothing of the new one
            channel.last_error = ""
            fields = [*fields, "last_error"]
        channel.save(update_fields=list(fields))
        plain = {
            name: getattr(channel, name)
            for name in ("name", "events", "is_active")
            if name in fields
        }
        audit.record("channel.changed", actor=actor, target=channel, fields=list(fields), **plain)


def delete(channel: Channel, *, actor: Actor) -> None:
    """Delete a channel with its history."""
    with transaction.atomic():
        audit.record("channel.deleted", actor=actor, target=channel, kind=channel.kind)
        channel.delete()


def follow_chat(bot_id: int, old_id: int, new_id: int) -> None:
    """Follow a group that became a supergroup: its channels write to the new id."""
    for channel in Channel.objects.filter(bot_id=bot_id, kind=Channel.Kind.TELEGRAM):
        if channel.target == str(old_id):
            channel.target = str(new_id)
            channel.save(update_fields=["target"])

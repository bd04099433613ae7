"""Sets up notification channels: where notices go, and which kinds of event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from bots.models import Bot, Channel, Chat, StaffLink
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


def places(membership: Membership) -> list[Place]:
    """Return the chats to choose from: the member's own linked accounts, then the bots' groups."""
    links = StaffLink.objects.filter(membership=membership).select_related("person__bot")
    chats = Chat.objects.filter(state=Chat.State.ACTIVE).select_related("bot")
    return [
        Place(link.person.bot, link.person.telegram_id, link.person.full_name, is_own=True)
        for link in links.order_by("pk")
    ] + [Place(chat.bot, chat.telegram_id, str(chat)) for chat in chats.order_by("title", "pk")]


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

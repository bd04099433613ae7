"""Groups and channels a bot is in, and private chats that were closed to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from bots.models import Chat, OutboxMessage, Person, PostedMessage
from bots.services import channels, people

if TYPE_CHECKING:
    from bots.incoming import Incoming

# ChatMember.status of a bot that can no longer write in a chat
GONE = {"left", "kicked"}


def membership_changed(incoming: Incoming) -> None:
    """Take a `my_chat_member` update: the bot was added, promoted, removed, blocked, unblocked."""
    member: Mapping[str, Any] = incoming.raw.get("new_chat_member") or {}
    status = str(member.get("status", ""))
    chat = incoming.chat
    if chat.is_private:
        if status in GONE:
            people.mark_blocked(incoming.bot.id, chat.id, now=timezone.now())
        else:
            Person.objects.filter(bot_id=incoming.bot.id, telegram_id=chat.id).update(
                blocked_at=None
            )
        return
    can_write = status not in GONE and not (
        status == "restricted" and member.get("is_member") is False
    )
    Chat.objects.update_or_create(
        bot_id=incoming.bot.id,
        telegram_id=chat.id,
        defaults={
            "kind": chat.kind[:12],
            "title": chat.title,
            "username": chat.username,
            "is_admin": status in {"administrator", "creator"},
            "state": Chat.State.ACTIVE if can_write else Chat.State.LEFT,
        },
    )


def migrate(bot_id: int, old_id: int, new_id: int) -> None:
    """Follow a group that became a supergroup: its id changed, everything else stays.

    Both the service message and a send that was refused with `migrate_to_chat_id` end here, in any
    order and any number of times.
    """
    old = Chat.objects.filter(bot_id=bot_id, telegram_id=old_id)
    newcomer = Chat.objects.filter(bot_id=bot_id, telegram_id=new_id).first()
    if newcomer is None:
        old.update(telegram_id=new_id, kind="supergroup", state=Chat.State.ACTIVE)
    elif (known := old.first()) is not None and known.state == Chat.State.ACTIVE:
        _swap(known, newcomer)
    PostedMessage.objects.filter(bot_id=bot_id, chat_id=old_id).update(chat_id=new_id)
    OutboxMessage.objects.filter(bot_id=bot_id, chat_id=old_id, state__in=["due", "held"]).update(
        chat_id=new_id
    )
    channels.follow_chat(bot_id, old_id, new_id)


def _swap(known: Chat, newcomer: Chat) -> None:
    """Let the row that products point to go on as the supergroup that was announced first."""
    old_id, new_id = known.telegram_id, newcomer.telegram_id
    facts = {name: getattr(newcomer, name) for name in ("kind", "title", "username", "is_admin")}
    # three steps: no two rows of a bot may hold the same id at any moment
    Chat.objects.filter(pk=newcomer.pk).update(telegram_id=0, state=Chat.State.LEFT)
    Chat.objects.filter(pk=known.pk).update(telegram_id=new_id, **facts)
    Chat.objects.filter(pk=newcomer.pk).update(telegram_id=old_id)


def lost(bot_id: int, chat_id: int) -> None:
    """Remember that the bot cannot write in a group or channel any more."""
    Chat.objects.filter(bot_id=bot_id, telegram_id=chat_id).update(state=Chat.State.LEFT)

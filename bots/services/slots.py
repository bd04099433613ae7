"""Messages that are edited later: named by a slot, found again by it."""

from __future__ import annotations

from typing import Any

from bots.models import OutboxMessage, PostedMessage


def is_edit(message: OutboxMessage) -> bool:
    """Whether the call changes a message posted before."""
    return message.method.startswith("edit")


def resolve(message: OutboxMessage) -> tuple[str, dict[str, Any]] | None:
    """Return method and parameters as they must be sent; None: the slot was never posted."""
    if not message.slot or not is_edit(message):
        return message.method, dict(message.params)
    posted = PostedMessage.objects.filter(bot_id=message.bot_id, slot=message.slot).first()
    if posted is None:
        return None
    params = {"message_id": posted.message_id, **message.params}
    if not posted.has_photo:
        return message.method, params
    # the text of a photo is its caption, and another method changes it
    params["caption"] = params.pop("text", "")
    return "editMessageCaption", params


def post_waits(message: OutboxMessage) -> OutboxMessage | None:
    """Return the message that an edit is of, where that still waits to be posted."""
    earlier = OutboxMessage.objects.filter(
        bot_id=message.bot_id,
        pk__lt=message.pk,
        slot=message.slot,
        state__in=[OutboxMessage.State.DUE, OutboxMessage.State.SENDING],
    )
    return earlier.exclude(method__startswith="edit").order_by("-pk").first()


def remember(message: OutboxMessage, message_id: int) -> None:
    """Keep where a slot's message stands."""
    if message.chat_id is None:
        return
    PostedMessage.objects.update_or_create(
        bot_id=message.bot_id,
        slot=message.slot,
        defaults={
            "tenant_id": message.tenant_id,
            "chat_id": message.chat_id,
            "message_id": message_id,
            "has_photo": "photo" in message.params,
        },
    )


def forget(message: OutboxMessage) -> None:
    """Drop a slot whose message is gone."""
    PostedMessage.objects.filter(bot_id=message.bot_id, slot=message.slot).delete()

"""Messages in chats that are kept true: posted under a slot, edited only where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.utils import translation

from bots.blocks import Block
from bots.messages import Keyboard
from bots.models import OutboxMessage, PostedMessage
from bots.services import notices, outbox
from bots.services.recipients import Recipient
from tenants import scoping
from tenants.models import Tenant

if TYPE_CHECKING:
    from bots.messages import Text

# text and buttons for one recipient, whose language is active
Render = Callable[[Recipient], tuple[str, Keyboard | None]]


def post(recipients: Iterable[Recipient], render: Render, *, slot: str = "") -> None:
    """Say something in several chats; `slot` names the message, the same in each chat.

    Slots of all products share a bot: begin with the product's own word (`traffic:stop:7`), and
    leave room for the chat's id in the 64 characters.
    """
    for one in recipients:
        with one.speaking():
            text, keyboard = render(one)
        named = _slot(slot, one) if slot else ""
        outbox.say(one.bot, one.chat_id, text, keyboard=keyboard, slot=named)


def edit(recipients: Iterable[Recipient], render: Render, *, slot: str) -> None:
    """Change a message in those of the chats in which it was posted, or is about to be."""
    found = list(recipients)
    standing = _standing(found, slot)
    for one in found:
        named = _slot(slot, one)
        if (one.bot.pk, named) not in standing:
            continue
        with one.speaking():
            text, keyboard = render(one)
        outbox.edit_posted(one.bot, named, one.chat_id, text, keyboard=keyboard or [])


def _slot(slot: str, one: Recipient) -> str:
    return f"{slot}:{one.chat_id}"


def _standing(recipients: list[Recipient], slot: str) -> set[tuple[int, str]]:
    where = {
        "bot__in": {one.bot.pk for one in recipients},
        "slot__in": {_slot(slot, one) for one in recipients},
    }
    posted = PostedMessage.objects.filter(**where).values_list("bot_id", "slot")
    waiting = OutboxMessage.objects.filter(
        **where, state__in=[OutboxMessage.State.DUE, OutboxMessage.State.SENDING]
    ).exclude(method__startswith="edit")
    return {*posted, *waiting.values_list("bot_id", "slot")}


def notice(
    event: str,
    render: Callable[[], tuple[Text, Text]],
    *,
    blocks: Callable[[], Sequence[Block]] | Sequence[Block] = (),
    colour: str = "",
    group: str = "",
    many: Callable[[], Text] | Text = "",
    **data: Any,
) -> None:
    """Tell the tenant's channels, in the tenant's language; the last statement of a deed.

    `render` returns title and text; it, and `blocks` and `many` where they are functions, are
    called in that language. What they mean: `notices.notify`.
    """
    tenant_id = scoping.current()
    if tenant_id is None:
        raise scoping.ScopeError("notice() needs an open tenant scope.")
    with translation.override(Tenant.objects.get(pk=tenant_id).language):
        title, text = render()
        shown = blocks() if callable(blocks) else blocks
        pattern = many() if callable(many) else many
    notices.notify(event, title, text, data, blocks=shown, colour=colour, group=group, many=pattern)

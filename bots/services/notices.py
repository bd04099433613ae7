"""Tells staff through the tenant's channels: notices are rows, written with what they speak of.

`notify` only writes; bots/tasks.py calls `deliver_due` every two seconds, which lives in
bots/services/notice_delivery.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bots import blocks as notice_parts
from bots import events
from bots.blocks import Block
from bots.models import Channel, Notice
from bots.services import notice_blocks
from bots.services.notice_blocks import STORM
from bots.services.notice_delivery import deliver_due
from tenants import scoping
from tenants.encryption import DecryptionError
from tenants.models import Tenant
from tenants.scoping import ScopeError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

__all__ = ["deliver_due", "notify", "test", "wants"]

MAX_TEXT = 10_000


def notify(  # noqa: PLR0913 - what it looks like: keywords only, each used alone
    event: str,
    title: Text,
    text: Text,
    data: Mapping[str, Any] | None = None,
    *,
    blocks: Sequence[Block] = (),
    colour: str = "",
    group: str = "",
    many: Text = "",
) -> int:
    """Write a notice for each active channel that wants the event; return for how many.

    Needs an open scope, and belongs into the transaction of what it speaks of, as its last
    statement: it may lock the notices that it adds to. Lazy texts are said in the tenant's
    language (use `format_lazy` to fill them in). `data` is what programs read; `outbox.failed`
    names `bot` (public id) and `chat_id` there, so that nobody is told in the chat that failed.

    `blocks` are shown below the text, each with facts and buttons. Of one event and `group` those
    that wait for a channel become one notice, entitled `many` (with `%(count)s` in it) once it has
    several blocks; a text and data on which merged notices differ are left out, so what speaks of
    one thing belongs into its block. Blocks equal to what was told a moment ago are not told again.
    `colour` is one of bots/blocks.py's; the worst one of merged notices stays.

    Raises:
        ScopeError: no tenant's scope is open.
    """
    tenant_id = scoping.current()
    if tenant_id is None:
        raise ScopeError("notify() needs an open tenant scope.")
    channels = _listeners(event, data or {})
    if not channels:
        return 0
    now = timezone.now()
    with translation.override(Tenant.objects.get(pk=tenant_id).language):
        said = Notice(
            tenant_id=tenant_id,
            event=event,
            title=notice_parts.line(title, 200),
            text=str(text)[:MAX_TEXT],
            data=dict(data or {}),
            colour=colour if colour in notice_parts.COLOURS else "",
            group=group[:80],
            many=str(many)[:200],
        )
        parts = [notice_parts.stored(block) for block in blocks]
    with transaction.atomic():
        if parts:
            notice_blocks.take_turn()
        for channel in channels:
            if parts:
                notice_blocks.write(channel, notice_blocks.Said(said, parts), now)
            else:
                _write(channel, said, now)
    return len(channels)


def _listeners(event: str, data: Mapping[str, Any]) -> list[Channel]:
    found = (
        Channel.objects.filter(is_active=True)
        # without secrets: one that cannot be decrypted must not break what the news is of
        .select_related("bot")
        .defer("target", "secret", "bot__token")
        .order_by("pk")
    )
    return [one for one in found if wants(one, event) and not _is_cause(one, event, data)]


def wants(channel: Channel, event: str) -> bool:
    """Tell whether a channel takes a kind of event; no choice means all."""
    return not channel.events or event in channel.events


def _is_cause(channel: Channel, event: str, data: Mapping[str, Any]) -> bool:
    """Tell whether the news is that this very chat could not be written to."""
    if (
        event != "outbox.failed"
        or channel.kind != Channel.Kind.TELEGRAM
        or channel.bot is None
        or channel.bot.public_id != data.get("bot")
    ):
        return False
    try:
        return bool(channel.target == str(data.get("chat_id")))
    except DecryptionError:
        return False


def _write(channel: Channel, said: Notice, now: datetime) -> None:
    """Write a new notice, or count it in the one that already says so.

    The same event with the same title reaches a channel once in a storm's window.
    """
    same = Notice.objects.filter(channel=channel, event=said.event, title=said.title)
    same = same.filter(blocks__isnull=True)
    waiting = same.select_for_update().filter(state=Notice.State.DUE).order_by("-pk").first()
    if waiting is not None:
        waiting.data = {**said.data, "count": waiting.data.get("count", 1) + 1}
        waiting.text = said.text
        waiting.save(update_fields=["data", "text"])
        return
    # what was said a moment ago is said again at the end of the storm's window, with a count
    last = (
        same.filter(due_at__gt=now - STORM)
        .exclude(state=Notice.State.DUE)
        .order_by("-due_at")
        .first()
    )
    Notice.objects.create(
        tenant_id=said.tenant_id,
        channel=channel,
        event=said.event,
        title=said.title,
        text=said.text,
        data=said.data,
        colour=said.colour,
        due_at=now if last is None else max(last.due_at + STORM, now),
    )


def test(channel: Channel) -> Notice:
    """Write a notice that shows whether the channel works; it is tried once."""
    notice: Notice = Notice.objects.create(
        tenant_id=channel.tenant_id,
        channel=channel,
        event=events.TEST,
        title=_("Test message"),
        text=_("If you can read this, the notification channel “%(name)s” works.")
        % {"name": channel.name},
        due_at=timezone.now(),
    )
    return notice

"""Samples of a planned stop, to see where it arrives and how it looks; its server is made up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bots import blocks, events
from bots.blocks import Block
from bots.messages import Keyboard, Press
from bots.models import Channel, Notice
from bots.services import posts, recipients
from bots.services.recipients import Recipient, Role
from tenants.models import Tenant
from traffic_guard.services.readings.words import GB, percent, rate, volume
from traffic_guard.services.telling import bulletins, facts, layout, pages
from traffic_guard.services.telling.buttons import ShowServers
from traffic_guard.services.telling.facts import Frame
from traffic_guard.services.telling.words import clock


def to_channel(channel: Channel, now: datetime) -> Notice:
    """Write a sample card for one channel, whatever events it takes; it is tried once."""
    frame = facts.frame_of(channel.tenant_id, now)
    with translation.override(Tenant.objects.get(pk=channel.tenant_id).language):
        title = _title(frame)
        link = ((_("All servers"), pages.servers(frame.slug)),)
        card = blocks.stored(Block(title, facts=tuple(_lines(frame)), links=link, key="sample"))
        notice: Notice = Notice.objects.create(
            tenant_id=channel.tenant_id,
            channel=channel,
            event=events.TEST,
            title=title,
            text=_note(),
            blocks=[card],
            colour="blue",
            due_at=now,
        )
    return notice


def to_chats(tenant_id: int, now: datetime) -> int:
    """Say a sample in all chats that hear of planned stops; return how many there are."""
    frame = facts.frame_of(tenant_id, now)

    def render(_one: Recipient) -> tuple[SafeString, Keyboard]:
        lines = [*_lines(frame), (_("Sample"), _note())]
        return layout.whole(_title(frame), lines), [[Press(_("All servers"), ShowServers(0))]]

    chats = recipients.told(bulletins.PRODUCT, frame.settings, Role.VIEWER)
    posts.post(chats, render)
    return len(chats)


def _title(frame: Frame) -> str:
    at = clock(frame.now + timedelta(minutes=30), frame.zone, frame.now)
    return "🧪 " + _("Sample: %(name)s will be stopped at %(at)s") % {"name": "web-1", "at": at}


def _lines(frame: Frame) -> list[tuple[str, str]]:
    reset = clock(frame.now + timedelta(days=3), frame.zone, frame.now)
    return [
        (pgettext("of a server", "Where"), "Example · ap-southeast-1 · 203.0.113.10"),
        (
            pgettext("traffic of a server", "Left"),
            _("%(left)s of %(total)s (%(percent)s)")
            % {"left": volume(31 * GB), "total": volume(1024 * GB), "percent": percent(3.0)},
        ),
        (_("Threshold"), volume(50 * GB)),
        (pgettext("traffic of a server", "Uses"), rate(2 * GB)),
        (pgettext("of the cycle", "Reset"), f"{reset} · {frame.zone.key}"),
    ]


def _note() -> str:
    return _("This is only a sample: no such server exists, and nothing is stopped.")

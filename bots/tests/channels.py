"""What the notices' tests share: channels of each kind, news for them, and how they fared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from bots.blocks import Block
from bots.models import Channel, Notice
from bots.services import notices
from bots.services.notice_blocks import GROUP_WAIT
from bots.tests.receivers import Receiver
from tenants.models import Tenant
from tenants.scoping import scope

Kind = Channel.Kind


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, not even `except Exception`."""


def add(
    tenant: Tenant, kind: str = Kind.EMAIL, target: str = "ops@example.com", **more: Any
) -> Channel:
    """Store a channel, which is named after its kind unless `name` is given."""
    values = {"name": kind, **more}
    with scope(tenant):
        channel: Channel = Channel.objects.create(tenant=tenant, kind=kind, target=target, **values)
    return channel


def hook(tenant: Tenant, receiver: Receiver, path: str = "/in", **more: Any) -> Channel:
    """Store a signed webhook to the receiver."""
    return add(tenant, Kind.WEBHOOK, receiver.url + path, secret="s" * 43, **more)


def tell(tenant: Tenant, title: str = "News", event: str = "bot.broken", **data: Any) -> int:
    """Write a notice for the tenant's channels; return how many are told."""
    with scope(tenant):
        return notices.notify(event, title, "What happened", data)


def rows(tenant: Tenant) -> list[Notice]:
    """Return the tenant's notices, oldest first."""
    with scope(tenant, transaction=False):
        return list(Notice.objects.order_by("pk"))


def states(tenant: Tenant) -> list[str]:
    return [row.state for row in rows(tenant)]


def fresh(channel: Channel) -> Channel:
    """Return the channel as it is stored now."""
    with scope(channel.tenant_id, transaction=False):
        return Channel.objects.get(pk=channel.pk)


def only(tenant: Tenant) -> Channel:
    """Return the tenant's one channel."""
    with scope(tenant):
        channel: Channel = Channel.objects.select_related("bot").get()
    return channel


# --- Notices made of blocks

# a link that acts for whoever opens it
ACTING_LINK = (
    "https://botharbor.test/stop/eyJwIjo3fQ:1vOABC:abcdefghijklmnopqrstuvwxyz-0123456789_ABCDE/"
)


def server(number: int, **more: Any) -> Block:
    """Return what is told of a server, with two links."""
    values = {
        "facts": (("Address", f"203.0.113.{number}"), ("Left", f"{number} GB")),
        "links": (("Postpone", ACTING_LINK), ("Open", "https://botharbor.test/t/acme/")),
        **more,
    }
    return Block(f"web-{number}", **values)


def warn(tenant: Tenant, *shown: Block, title: str = "", **more: Any) -> None:
    """Tell of servers that run low, as a poll does: one group, whatever the number."""
    values = {"group": "low", "many": "%(count)s servers run low", "colour": "orange", **more}
    with scope(tenant):
        notices.notify(
            "bot.broken", title or f"{shown[0].title} runs low", "", blocks=shown, **values
        )


def later() -> datetime:
    """Return when a group that begins now has waited long enough."""
    return timezone.now() + GROUP_WAIT

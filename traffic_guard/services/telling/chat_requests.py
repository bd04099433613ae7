"""Stops and starts typed in a chat: kept as rows, good for ten minutes and for one answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bots.models import Person
from traffic_guard.models import ChatRequest, Server
from traffic_guard.services.telling import lookups

LIFE = timedelta(minutes=10)


class Gone(Exception):
    """A button that does nothing any more.

    Reasons: unknown (none here, or another bot's), foreign (another person's), expired, taken.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def keep(
    kind: str, servers: Sequence[Server], person: Person, *, chat_id: int, now: datetime
) -> ChatRequest:
    """Write what a person asked for; needs the tenant's open scope, in a transaction."""
    request: ChatRequest = ChatRequest.objects.create(
        tenant_id=person.tenant_id,
        bot_id=person.bot_id,
        person=person,
        chat_id=chat_id,
        kind=kind,
        servers=[server.public_id for server in servers],
        expires_at=now + LIFE,
    )
    return request


def take(public_id: str, person: Person, now: datetime) -> ChatRequest:
    """Take a request for the one answer that counts, and return it; in a transaction.

    Raises:
        Gone: there is nothing to answer.
    """
    mine = ChatRequest.objects.filter(public_id=public_id, bot=person.bot_id)
    request: ChatRequest | None = mine.first()
    if request is None:
        raise Gone("unknown")
    if request.person_id != person.pk:
        raise Gone("foreign")
    if not mine.filter(taken_at=None, expires_at__gt=now).update(taken_at=now):
        raise Gone("expired" if request.taken_at is None and request.expires_at <= now else "taken")
    return request


def came_of(request: ChatRequest, batch: str) -> None:
    """Note which actions came of a request: their progress is shown in its message."""
    ChatRequest.objects.filter(pk=request.pk).update(batch=batch)


def servers_of(request: ChatRequest) -> list[Server]:
    """Return the servers that were named, as far as they are still on the list."""
    found = {one.public_id: one for one in lookups.shown().filter(public_id__in=request.servers)}
    return [found[public_id] for public_id in request.servers if public_id in found]


def slot(request: ChatRequest) -> str:
    """Return the name of the message that asked for a word, and then shows the progress."""
    return f"traffic:ask:{request.public_id}"

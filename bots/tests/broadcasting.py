"""What the broadcasts' tests share: people to reach, and a broadcast moved on by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from bots.models import Bot, Broadcast, OutboxMessage, Person
from bots.services import broadcasts
from bots.testing import outgoing
from tenants.scoping import scope
from tenants.services.audit import Actor

DUE, SENT = OutboxMessage.State.DUE, OutboxMessage.State.SENT
ACTOR = Actor("user", "alice@example.com")
numbers = itertools.count(1)


def people(bot: Bot, count: int, **more: Any) -> list[Person]:
    """Store people who have started the bot, unless `more` says otherwise."""
    with scope(bot.tenant):
        return Person.objects.bulk_create(
            Person(
                tenant=bot.tenant,
                bot=bot,
                telegram_id=next(numbers),
                seen_at=timezone.now(),
                **{"has_started": True, **more},
            )
            for _person in range(count)
        )


def start(bot: Bot, text: str = "Hello", **more: Any) -> Broadcast:
    with scope(bot.tenant):
        return broadcasts.start(bot, text, ACTOR, **more)


def act(verb: Callable[..., bool], broadcast: Broadcast) -> bool:
    """Pause, resume or cancel; return whether that changed anything."""
    with scope(broadcast.tenant_id):
        return verb(broadcast, actor=ACTOR)


def fresh(broadcast: Broadcast) -> Broadcast:
    """Return the broadcast as it is stored now."""
    with scope(broadcast.tenant_id, transaction=False):
        return Broadcast.objects.get(pk=broadcast.pk)


def feed() -> int:
    return broadcasts.feed(timezone.now())


def deliver(bot: Bot, state: str = SENT, count: int | None = None) -> None:
    """Stand for the sender: settle messages that wait."""
    with scope(bot.tenant):
        ids = list(OutboxMessage.objects.filter(state=DUE).order_by("pk").values_list("pk")[:count])
        OutboxMessage.objects.filter(pk__in=[pk for (pk,) in ids]).update(state=state)


def by_state(bot: Bot) -> dict[str, int]:
    """Count the bot's messages in each state."""
    states = [row.state for row in outgoing(bot)]
    return {state: states.count(state) for state in set(states)}


def run_through(bot: Bot) -> None:
    """Feed and deliver until nothing waits."""
    while True:
        feed()
        if DUE not in by_state(bot):
            return
        deliver(bot)

"""People who join, and what came of it."""

from __future__ import annotations

from typing import Any

from bots.models import Bot, OutboxMessage
from bots.testing import Someone, outgoing
from lottery.models import Entry, Lottery, Place
from lottery.services.cards import Join
from tenants.scoping import scope


def join(lottery: Lottery, bot: Bot, how_many: int, **who: Any) -> list[Someone]:
    people = [Someone(bot, first_name=f"P{number}", **who) for number in range(how_many)]
    for person in people:
        person.presses(Join(lottery.pk))
    return people


def places(lottery: Lottery) -> list[Place]:
    with scope(lottery.tenant_id, transaction=False):
        return list(lottery.places.select_related("entry__person", "prize"))


def sent(bot: Bot, method: str = "sendMessage") -> list[OutboxMessage]:
    return [message for message in outgoing(bot) if message.method == method]


def entries(lottery: Lottery) -> int:
    with scope(lottery.tenant_id, transaction=False):
        return Entry.objects.filter(lottery=lottery).count()


def last_text(bot: Bot) -> str:
    params = outgoing(bot)[-1].params
    return str(params.get("text") or params.get("caption"))

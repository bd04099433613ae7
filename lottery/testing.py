"""Builders for tests: giveaways in any state, and time that passes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bots.models import Bot
from lottery.models import Lottery
from lottery.services import draws, giveaways
from lottery.services.plans import Plan, PrizeLine
from tenants.scoping import scope
from tenants.services.audit import Actor

TESTER = Actor(kind="system", name="tests")


def make_plan(bot: Bot, **changes: Any) -> Plan:
    """Return a sound plan: an hour from publication on, one prize."""
    wanted: dict[str, Any] = {
        "bot": bot,
        "title": "Summer raffle",
        "text": "Join and win.",
        "ends_at": timezone.now() + timedelta(hours=1),
        "time_zone": "Asia/Taipei",
        "prizes": prizes(("Phone", 1)),
    }
    return Plan(**wanted | changes)


def prizes(*lines: tuple[str, int]) -> Sequence[PrizeLine]:
    """Return prize lines from (name, count) pairs."""
    return [PrizeLine(name=name, count=count) for name, count in lines]


def make_draft(bot: Bot, **changes: Any) -> Lottery:
    """Write a draft."""
    with scope(bot.tenant_id):
        return giveaways.create(make_plan(bot, **changes), actor=TESTER, now=timezone.now())


def make_lottery(bot: Bot, **changes: Any) -> Lottery:
    """Publish a giveaway; it runs unless `starts_at` lies ahead."""
    draft = make_draft(bot, **changes)
    with scope(bot.tenant_id):
        return giveaways.publish(draft.pk, actor=TESTER, now=timezone.now())


def finish(lottery: Lottery, *, now: datetime | None = None) -> Lottery:
    """Let a giveaway come to its end and be drawn and announced."""
    with scope(lottery.tenant_id, transaction=False):
        draws.advance(lottery.pk, now=now or lottery.ends_at)
        lottery.refresh_from_db()
    return lottery

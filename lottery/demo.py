"""Giveaways of the demo: one that is drawn three minutes after the start, one to come, one done."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from bots.models import Bot, Chat, Person
from lottery.models import Lottery
from lottery.services import draws, entries, giveaways
from lottery.services.plans import Plan, PrizeLine
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

State = Lottery.State
SOON = timedelta(minutes=3)

RUNNING = "Welcome raffle · 歡迎抽獎"
UPCOMING = "Mid-autumn giveaway · 中秋送好禮"
FINISHED = "Launch party · 開站慶"
NAMES = ["Ada", "王小明", "李雷", "Grace", "陳怡君", "林志豪", "Alan", "韓梅梅"]
FAIR = "Anyone can check the draw. · 抽獎結果人人可驗證。"


def load(tenant: Tenant, bot: Bot) -> None:
    """Put the demo's giveaways in place; run at every start of the demo.

    The running one is made anew once it has been drawn, so that there is always one to join.
    Call outside any scope.
    """
    now = timezone.now()
    with scope(tenant, transaction=False):
        if not _has(bot, FINISHED):
            _finish(bot, now)
        if not _has(bot, UPCOMING, State.SCHEDULED, State.OPEN):
            _publish(_upcoming(bot, tenant, now), now)
        if not _has(bot, RUNNING, State.OPEN, ends_after=now):
            _publish(_running(bot, tenant, now), now)


def _has(bot: Bot, title: str, *states: State, ends_after: datetime | None = None) -> bool:
    found = Lottery.objects.filter(bot=bot, title=title)
    if states:
        found = found.filter(state__in=states)
    if ends_after is not None:
        found = found.filter(ends_at__gt=ends_after)
    return found.exists()


def _publish(plan: Plan, now: datetime) -> Lottery:
    actor = Actor.system()
    draft = giveaways.create(plan, actor=actor, now=now)
    return giveaways.publish(draft.pk, actor=actor, now=now)


def _running(bot: Bot, tenant: Tenant, now: datetime) -> Plan:
    return Plan(
        bot=bot,
        title=RUNNING,
        text=(
            "Press Join and wait a moment: the draw is minutes away.\n"
            f"按下參加，幾分鐘後就開獎。\n{FAIR}"
        ),
        chat=Chat.objects.filter(bot=bot, state=Chat.State.ACTIVE).order_by("pk").first(),
        ends_at=now + SOON,
        time_zone=tenant.time_zone,
        prizes=[
            PrizeLine(name="Wireless earphones · 無線耳機"),
            PrizeLine(name="NT$200 voucher · 200 元禮券", count=3),
        ],
        reserves=1,
    )


def _upcoming(bot: Bot, tenant: Tenant, now: datetime) -> Plan:
    return Plan(
        bot=bot,
        title=UPCOMING,
        text=f"Ten boxes of moon cakes. · 月餅禮盒十份。\n{FAIR}",
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=8),
        time_zone=tenant.time_zone,
        prizes=[PrizeLine(name="Moon cakes · 月餅禮盒", count=10)],
    )


def _finish(bot: Bot, now: datetime) -> None:
    """Make one that was drawn. Nobody is written to: its people never started the bot."""
    began = now - timedelta(days=2)
    plan = Plan(
        bot=bot,
        title=FINISHED,
        text="Thank you for coming! · 感謝大家參與！",
        ends_at=now - timedelta(hours=1),
        time_zone=bot.tenant.time_zone,
        prizes=[
            PrizeLine(name="T-shirt · 紀念 T 恤", count=2),
            PrizeLine(name="Sticker set · 貼紙組", count=3),
        ],
    )
    lottery = _publish(plan, began)
    for number, name in enumerate(NAMES):
        person, _created = Person.objects.get_or_create(
            bot=bot,
            telegram_id=910_000_001 + number,
            defaults={"first_name": name, "seen_at": began},
        )
        entries.join(lottery.pk, person, now=began + timedelta(hours=4 * number + 1))
    draws.advance(lottery.pk, now=lottery.ends_at)

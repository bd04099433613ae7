"""The demo's OVH account, wishes and two months of stock behind them; all at the emulator."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from bots.models import Bot, Chat
from ovh_sniper.gateways.errors import OvhError
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import shelf
from ovh_sniper.models import Account, Configuration, Poller, Preferences, StockInterval, Wish
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.stock import intervals
from ovh_sniper.services.telling import preferences
from ovh_sniper.services.wishes import lifecycle
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

NAME = "OVH demo · OVH 示範帳號"
# Public: they open nothing but the emulator (emulators/ovh/world.py).
KEYS = {
    "application_key": "harborDemoEu0001",
    "application_secret": "harborDemoEuSecret00000000000001",
    "consumer_key": "harborDemoEuConsumer000000000001",
}
SUBSIDIARY = "FR"
# the emulated Telegram's, in which the demo's bot is (emulators/telegram/world.py)
GROUP, GROUP_TITLE = -1002000000001, "Harbor Friends"
DAYS = 60
# plan -> restocks a week, median minutes in stock: what the generated past looks like
PAST = {"27sk15": (9, 12), "24sk20": (4, 25), "24sys012": (6, 240), "25rise01": (3, 90)}
SEED = 20261127


def load(tenant: Tenant, bot: Bot) -> None:
    """Put the demo's account, wishes and past in place; run at every start of the demo.

    Call outside any scope. Without the emulator's answer there is an account and nothing else.
    """
    now = timezone.now()
    with scope(tenant):
        account, is_new = _account(tenant, now)
        _chat(tenant, bot)
    try:
        _prices(now)
        _past(now)
    except OvhError:
        # the pollers read it all as soon as OVH answers
        return
    if is_new:
        with scope(tenant):
            for terms in _terms(account):
                lifecycle.create(actor=Actor.system(), now=now, bot=bot, **terms)


def _account(tenant: Tenant, now: datetime) -> tuple[Account, bool]:
    found, is_new = Account.objects.get_or_create(
        tenant=tenant,
        name=NAME,
        defaults={
            "host": Host.EU.value,
            **KEYS,
            "rights": ["pay"],
            "state": Account.State.READY,
            "subsidiary": SUBSIDIARY,
            "currency": "EUR",
            # the doctor's first look
            "retry_at": now,
        },
    )
    return found, is_new


def _chat(tenant: Tenant, bot: Bot) -> None:
    """Post alerts in the demo's group, unless somebody has chosen otherwise."""
    settings = preferences.of(tenant.pk)
    if settings.chat_id is not None:
        return
    # Telegram tells the bot of it too, but only once the web server answers
    group, _is_new = Chat.objects.get_or_create(
        tenant=tenant,
        bot=bot,
        telegram_id=GROUP,
        defaults={"kind": "supergroup", "title": GROUP_TITLE, "is_admin": True},
    )
    Preferences.objects.filter(pk=settings.pk).update(chat=group)


def _terms(account: Account) -> Iterator[dict[str, Any]]:
    shared = {"account": account, "host": account.host, "subsidiary": account.subsidiary}
    yield {
        **shared,
        "name": "KS-15: ask me · 先問我",
        "plan_code": "27sk15",
        "datacenters": ["gra", "rbx", "bhs"],
        "cap_due_now": Decimal(45),
        "mode": Wish.Mode.ASK,
    }
    yield {
        **shared,
        "name": "SYS-1: order at once, dry run · 自動下單（試跑）",
        "plan_code": "24sys012",
        "max_delivery_hours": 24,
        "quantity": 2,
        "mode": Wish.Mode.ORDER,
        "dry_run": True,
    }
    yield {
        **shared,
        "name": "RISE-3: tell me · 通知我",
        "plan_code": "27rise03",
        "mode": Wish.Mode.ALERT,
    }


def _prices(now: datetime) -> None:
    catalogues.ensure(Host.EU, SUBSIDIARY)
    if catalogues.current(Host.EU, SUBSIDIARY) is None:
        catalogues.refresh(Host.EU, SUBSIDIARY, now)


def _past(now: datetime) -> None:
    """Make the first look, and write a past that was never seen: charts need one."""
    if Poller.objects.filter(host=Host.EU.value, succeeded_at__isnull=False).exists():
        return
    rows = shelf(Host.EU).availabilities().rows
    intervals.apply(intervals.load(Host.EU), rows, now)
    pick = random.Random(SEED)  # noqa: S311 - the same past for everybody
    for plan_code in PAST:
        found = Configuration.objects.filter(host=Host.EU.value, plan_code=plan_code)
        # a plan has no past from before it was listed
        found.update(first_seen=now - timedelta(days=DAYS))
        places = {row.fqn: [place for place, _word in row.datacenters] for row in rows}
        for configuration in found.order_by("fqn"):
            for place in places[configuration.fqn][:3]:
                StockInterval.objects.bulk_create(_intervals(configuration, place, now, pick))


def _intervals(
    configuration: Configuration, place: str, now: datetime, pick: random.Random
) -> list[StockInterval]:
    """Return restocks of two months: mostly on weekdays in Europe's morning, soon gone."""
    a_week, minutes = PAST[configuration.plan_code]
    found: list[StockInterval] = []
    at = now - timedelta(days=DAYS)
    while True:
        at += timedelta(days=pick.expovariate(a_week / 7 / 3))
        opened = at.replace(hour=pick.choices(range(24), HOURS)[0], minute=pick.randrange(60))
        if opened.weekday() > 4 and pick.random() < 0.7:
            continue
        closed = opened + timedelta(minutes=1 + pick.expovariate(1 / minutes))
        if closed >= now - timedelta(hours=1):
            return found
        if found and opened <= (found[-1].closed_at or opened):
            continue
        word, hours = pick.choice([("1H-low", 1), ("1H-low", 1), ("1H-high", 1), ("24H", 24)])
        found.append(
            StockInterval(
                configuration=configuration,
                datacenter=place,
                availability=word,
                delivery_hours=hours,
                best_hours=hours,
                opened_at=opened,
                closed_at=closed,
            )
        )


HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 12, 9, 7, 8, 9, 8, 6, 4, 3, 2, 2, 1, 1, 1]

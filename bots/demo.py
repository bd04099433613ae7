"""The demo tenant's bot, connected to the emulator, with two weeks of traffic behind it."""

from __future__ import annotations

import math
import time
from datetime import timedelta

from django.utils import timezone

from bots import products
from bots.models import Bot, DayCount
from bots.services import connecting, health
from bots.services.obstacles import CannotConnect
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

# The supervisor starts the emulators just before: they may need a moment.
TRIES = 20
PAUSE = 0.5


def load(tenant: Tenant, token: str) -> Bot | None:
    """Connect the bot and bring it online; a second time only mend what is not as it should be.

    Returns None where another tenant has the bot already.

    Raises:
        CannotConnect: Telegram (the emulator) does not answer, or does not know the token.
    """
    with scope(tenant, transaction=False):
        bot = connecting.find_by_token(token)
    if bot is not None:
        health.check_health(bot, now=timezone.now())
        return bot
    try:
        bot = _patiently_connected(tenant, token)
    except CannotConnect as error:
        if error.code in {"token_taken", "already_connected"}:
            return None
        raise
    connecting.enable(bot, actor=Actor.system())
    _write_history(bot)
    return bot


def _patiently_connected(tenant: Tenant, token: str) -> Bot:
    for left in reversed(range(TRIES)):
        try:
            return connecting.connect_bot(
                tenant, token, list(products.installed()), actor=Actor.system()
            )
        except CannotConnect as error:
            if not error.waiting_helps or not left:
                raise
            time.sleep(PAUSE)
    raise AssertionError("unreachable")


def _write_history(bot: Bot) -> None:
    """Give the charts something to show; today and yesterday are counted from real rows."""
    today = timezone.now().date()
    with scope(bot.tenant_id):
        DayCount.objects.bulk_create(
            DayCount(
                bot=bot,
                day=today - timedelta(days=age),
                updates=(updates := 180 - 7 * age + int(40 * math.sin(age))),
                calls=int(updates * 1.3),
                new_people=max(0, 12 - age),
            )
            for age in range(2, 14)
        )

"""/stock: what can be ordered now."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.incoming import Incoming
from bots.routing import Router
from ovh_sniper.bot import chat
from ovh_sniper.services.chat import commands
from ovh_sniper.services.telling import plan_stock
from ovh_sniper.services.telling.recipients import Role
from ovh_sniper.texts import stock as texts
from ovh_sniper.texts import typed

router = Router()


@router.command("stock", _("What is in stock: /stock, or /stock and a plan"), staff=Role.VIEWER)
def stock(incoming: Incoming) -> None:
    with chat.speaking(incoming):
        if incoming.args.strip():
            _plan(incoming, commands.plan_of(incoming.args))
        else:
            _wished(incoming)


def _plan(incoming: Incoming, plan_code: str) -> None:
    if not commands.is_plan(plan_code):
        incoming.reply(typed.unknown_plan(plan_code, commands.like(plan_code)))
        return
    now = timezone.now()
    names = plan_stock.names([plan_code])
    if offered := plan_stock.of_plan(plan_code, now):
        incoming.reply(texts.found(offered, names, now))
        return
    name = names.get(plan_code, "")
    incoming.reply(texts.out(plan_code, name, plan_stock.last_seen(plan_code), now))


def _wished(incoming: Incoming) -> None:
    now = timezone.now()
    offered = plan_stock.wished(now)
    if not offered:
        incoming.reply(texts.nothing_wished())
        return
    incoming.reply(texts.found(offered, plan_stock.names(one.plan_code for one in offered), now))

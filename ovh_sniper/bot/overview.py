"""/status, and what silences alerts."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.incoming import Incoming
from bots.routing import Router
from ovh_sniper.bot import chat
from ovh_sniper.services.telling import preferences, standing
from ovh_sniper.services.telling.buttons import Mute
from ovh_sniper.services.telling.recipients import Role
from ovh_sniper.texts import overview as texts

router = Router()
# a week; whoever wants more switches alerts off
MOST_HOURS = 168


@router.command("status", _("How OVH stock, wishes and orders stand"), staff=Role.VIEWER)
def status(incoming: Incoming) -> None:
    now = timezone.now()
    with chat.speaking(incoming):
        incoming.reply(texts.status(standing.of(incoming.bot.tenant_id, now), now))


@router.command("mute", _("Silence stock alerts for some hours"), staff=Role.OPERATOR)
def mute_by_command(incoming: Incoming) -> None:
    said = incoming.args.strip()
    _mute(incoming, int(said) if said.isdecimal() and len(said) < 6 else 1)


@router.command("unmute", _("Tell of stock again"), staff=Role.OPERATOR)
def unmute(incoming: Incoming) -> None:
    _mute(incoming, 0)


@router.button(Mute, staff=Role.VIEWER)
def mute(incoming: Incoming, button: Mute) -> None:
    if chat.may(incoming, Role.OPERATOR):
        _mute(incoming, button.hours)


def _mute(incoming: Incoming, hours: int) -> None:
    hours = min(max(hours, 0), MOST_HOURS)
    until = timezone.now() + timedelta(hours=hours) if hours else None
    preferences.mute(incoming.bot.tenant_id, until)
    with chat.speaking(incoming):
        said = texts.unmuted() if until is None else texts.muted(until, chat.zone(incoming))
        incoming.toast(said, alert=True)

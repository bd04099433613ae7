"""/pause and /protect: what keeps the guard from stopping servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from bots.incoming import Incoming
from bots.messages import Press
from bots.routing import Router
from bots.services.recipients import Role
from traffic_guard.bot import chat
from traffic_guard.models import Server
from traffic_guard.services.guarding import pausing, protecting
from traffic_guard.services.telling import lookups
from traffic_guard.services.telling.buttons import Pause, Protect
from traffic_guard.services.telling.words import shortened
from traffic_guard.texts import said

router = Router()
# whoever wants longer switches automatic stops off
HOURS, MOST_HOURS = 1, 720
OFF = ("off", "0", "关", "關")


@router.command(
    "pause", _("No automatic stops for some hours, all or of a server"), staff=Role.OPERATOR
)
def pause(incoming: Incoming) -> None:
    name, hours = _hours(incoming.args)
    if not name:
        _pause_all(incoming, hours)
        return
    if (server := _one(incoming, name, "pause")) is not None:
        _pause(incoming, server, hours)


def _hours(words: str) -> tuple[str, int]:
    """Return the name and the hours of a command; 0: it is to end."""
    name, _space, last = words.strip().rpartition(" ")
    if last.lower() in OFF:
        return name.strip(), 0
    number = last.lower().removesuffix("h")
    if number.isdecimal() and number.isascii() and len(number) < 5:
        return name.strip(), min(int(number), MOST_HOURS)
    return words.strip(), HOURS


def _pause_all(incoming: Incoming, hours: int) -> None:
    frame, by = chat.frame(incoming), chat.actor(incoming)
    with chat.speaking(incoming):
        if not hours:
            pausing.resume_all(by=by, now=frame.now)
            incoming.reply(said.resumed())
            return
        until = frame.now + timedelta(hours=hours)
        pausing.pause_all(until, by=by, now=frame.now)
        incoming.reply(said.all_paused(until, frame.zone, frame.now))


def _pause(incoming: Incoming, server: Server, hours: int) -> None:
    frame, by = chat.frame(incoming), chat.actor(incoming)
    until = frame.now + timedelta(hours=hours) if hours else None
    pausing.pause_server(server, until, by=by, now=frame.now)
    with chat.speaking(incoming):
        text = (
            said.resumed() if until is None else said.paused(server, until, frame.zone, frame.now)
        )
        incoming.toast(text, alert=True)


@router.button(Pause, staff=Role.VIEWER)
def pause_pressed(incoming: Incoming, button: Pause) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    if (server := chat.find(incoming, button.server)) is not None:
        _pause(incoming, server, min(max(button.hours, 0), MOST_HOURS))


@router.command(
    "protect", _("Never stop a server automatically: /protect and its name"), staff=Role.OPERATOR
)
def protect(incoming: Incoming) -> None:
    name, _space, last = incoming.args.strip().rpartition(" ")
    is_off = bool(name) and last.lower() in OFF
    wanted = name if is_off else incoming.args.strip()
    if not wanted:
        incoming.reply(said.usage("/protect web-1"))
        return
    if (server := _one(incoming, wanted, "protect")) is not None:
        _protect(incoming, server, on=not is_off)


@router.button(Protect, staff=Role.VIEWER)
def protect_pressed(incoming: Incoming, button: Protect) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    if (server := chat.find(incoming, button.server)) is not None:
        _protect(incoming, server, on=bool(button.on))


def _protect(incoming: Incoming, server: Server, *, on: bool) -> None:
    frame = chat.frame(incoming)
    protecting.protect(server, on=on, by=chat.actor(incoming), now=frame.now)
    with chat.speaking(incoming):
        incoming.toast(said.protected(server) if on else said.unprotected(server), alert=True)


def _one(incoming: Incoming, name: str, deed: str) -> Server | None:
    """Return the one server that is meant; where that is unclear, ask or say so."""
    named = lookups.one(name)
    if len(named.servers) == 1:
        return named.servers[0]
    with chat.speaking(incoming):
        if not named.servers:
            incoming.reply(said.unknown_server(named.said))
            return None
        incoming.reply(
            said.which(named.said, len(named.servers)), keyboard=_choices(named.servers, deed)
        )
    return None


def _choices(servers: Sequence[Server], deed: str) -> list[list[Press]]:
    return [
        [
            Press(
                shortened(one.name, 40),
                Pause(one.public_id, HOURS) if deed == "pause" else Protect(one.public_id, 1),
            )
        ]
        for one in servers[:12]
    ]

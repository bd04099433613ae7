"""/servers and /server: the list, one of them, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.incoming import Incoming
from bots.messages import Keyboard, Press
from bots.routing import Router
from bots.services.recipients import Role
from traffic_guard.bot import chat
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.guarding import rows
from traffic_guard.services.guarding.rows import Row, Wanted
from traffic_guard.services.telling import lookups, stop_cards
from traffic_guard.services.telling.buttons import (
    AskPower,
    Pause,
    Protect,
    ShowServer,
    ShowServers,
    TurnServers,
)
from traffic_guard.services.telling.words import shortened
from traffic_guard.texts import said
from traffic_guard.texts import servers as texts

router = Router()
PER_PAGE, PER_ROW, NAME = 8, 2, 24
MOST_CHOICES = 12
PAUSE_HOURS = 24


@router.command("servers", gettext_lazy("All servers, least traffic left first"), staff=Role.VIEWER)
def show_servers(incoming: Incoming) -> None:
    with chat.speaking(incoming):
        text, keyboard = _page(incoming, 0)
        incoming.reply(text, keyboard=keyboard)


@router.button(ShowServers, staff=Role.VIEWER)
def list_below(incoming: Incoming, button: ShowServers) -> None:
    with chat.speaking(incoming):
        text, keyboard = _page(incoming, button.page)
        incoming.reply(text, keyboard=keyboard)


@router.button(TurnServers, staff=Role.VIEWER)
def turn(incoming: Incoming, button: TurnServers) -> None:
    with chat.speaking(incoming):
        text, keyboard = _page(incoming, button.page)
        incoming.edit(text, keyboard=keyboard)


def _page(incoming: Incoming, page: int) -> tuple[str, Keyboard]:
    frame = chat.frame(incoming)
    found = rows.find(Wanted(), frame.now)
    pages = max(1, -(-found.count() // PER_PAGE))
    page = min(max(page, 0), pages - 1)
    shown = rows.rows(list(found[page * PER_PAGE : (page + 1) * PER_PAGE]), frame)
    keyboard = [
        *_choices([row.server for row in shown]),
        *chat.pager(TurnServers(page - 1), TurnServers(page + 1), page, pages),
    ]
    return texts.page(shown, page, pages), keyboard


def _choices(servers: Sequence[Server]) -> list[list[Press]]:
    keys = [Press(shortened(one.name, NAME), ShowServer(one.public_id)) for one in servers]
    return [keys[start : start + PER_ROW] for start in range(0, len(keys), PER_ROW)]


# --- One of them


@router.command("server", gettext_lazy("One server: /server and its name"), staff=Role.VIEWER)
def show_server(incoming: Incoming) -> None:
    if not incoming.args.strip():
        show_servers(incoming)
        return
    with chat.speaking(incoming):
        named = lookups.one(incoming.args)
        if not named.servers:
            incoming.reply(said.unknown_server(named.said))
        elif len(named.servers) > 1:
            choices = _choices(named.servers[:MOST_CHOICES])
            question = said.which(named.said, len(named.servers))
            incoming.reply(question, keyboard=choices)
        else:
            _show(incoming, named.servers[0])


@router.button(ShowServer, staff=Role.VIEWER)
def show_pressed(incoming: Incoming, button: ShowServer) -> None:
    if (server := chat.find(incoming, button.server)) is not None:
        with chat.speaking(incoming):
            _show(incoming, server)


def _show(incoming: Incoming, server: Server) -> None:
    [row] = rows.rows([server], chat.frame(incoming))
    incoming.reply(texts.details(row), keyboard=_keys(incoming, row) or None)


def _keys(incoming: Incoming, row: Row) -> list[list[Press]]:
    """Return what can be done about a server, by those who read it here."""
    if not chat.operates(incoming):
        return []
    if row.plan is not None:
        return stop_cards.keys_of(row.plan)
    name = row.server.public_id
    shield = (
        Press(_("Lift protection"), Protect(name, 0))
        if row.server.is_protected
        else Press(_("🛡 Protect"), Protect(name, 1))
    )
    keys = [[shield, Press(_("⏸ No stops for 24 h"), Pause(name, PAUSE_HOURS))]]
    if row.action is not None:
        return keys
    if row.server.power == Server.Power.RUNNING:
        keys.append([Press(_("⏹ Stop"), AskPower(name, PowerAction.Kind.STOP.value))])
    elif row.server.power == Server.Power.STOPPED:
        keys.append([Press(_("▶️ Start"), AskPower(name, PowerAction.Kind.START.value))])
    return keys

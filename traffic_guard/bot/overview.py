"""/status and /forecast."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bots.incoming import Incoming
from bots.messages import Press
from bots.routing import Router
from bots.services.recipients import Role
from traffic_guard.bot import chat
from traffic_guard.models import Server
from traffic_guard.services.guarding import oversight, rows
from traffic_guard.services.telling import facts, lookups
from traffic_guard.services.telling.buttons import ShowServer, ShowServers
from traffic_guard.services.telling.facts import Facts, Frame
from traffic_guard.services.telling.words import shortened
from traffic_guard.texts import overview as texts
from traffic_guard.texts.overview import Status

router = Router()
MOST_WORST, MOST_UNKNOWN, MOST_PLANS, MOST_RUNNING_OUT = 5, 5, 50, 15


@router.command("status", _("How servers and their traffic stand"), staff=Role.VIEWER)
def status(incoming: Incoming) -> None:
    frame = chat.frame(incoming)
    unknown = rows.is_unknown(frame.now)
    listed = rows.listed().order_by("percent_left", "name")
    view = Status(
        frame=frame,
        numbers=oversight.overview(frame.settings, frame.now),
        looking=oversight.looking(),
        worst=_facts(list(listed.exclude(unknown)[:MOST_WORST]), frame),
        unknown=_facts(list(listed.filter(unknown)[:MOST_UNKNOWN]), frame),
        plans=list(rows.open_plans()[:MOST_PLANS]),
        troubled=oversight.troubled(),
    )
    with chat.speaking(incoming):
        keyboard = [[Press(_("All servers"), ShowServers(0))]] if view.numbers.servers else None
        incoming.reply(texts.status(view), keyboard=keyboard)


@router.command("forecast", _("Which servers run out before their reset"), staff=Role.VIEWER)
def forecast(incoming: Incoming) -> None:
    frame = chat.frame(incoming)
    found = rows.listed().exclude(rows.is_unknown(frame.now)).filter(lookups.runs_out())
    shown = _facts(list(found.order_by("runs_out_at", "pk")[:MOST_RUNNING_OUT]), frame)
    numbers = oversight.overview(frame.settings, frame.now)
    with chat.speaking(incoming):
        text = texts.forecast(shown, numbers.running_out, numbers)
        keys = [
            [Press(shortened(one.server.name, 40), ShowServer(one.server.public_id))]
            for one in shown[:4]
        ]
        incoming.reply(text, keyboard=keys or None)


def _facts(servers: list[Server], frame: Frame) -> list[Facts]:
    known = facts.of(servers, frame)
    return [known[server.pk] for server in servers]

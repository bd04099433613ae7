"""/stop and /start: servers by name, asked once more, done once, followed in one message."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.incoming import Incoming
from bots.messages import Press
from bots.routing import PASS, Pass, Router
from bots.services.recipients import Role
from traffic_guard.bot import chat
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.guarding import actions
from traffic_guard.services.guarding.actions import Batch
from traffic_guard.services.telling import actions as telling
from traffic_guard.services.telling import chat_requests, facts, lookups, reasons, result_cards
from traffic_guard.services.telling.buttons import AskPower, ConfirmPower, DropPower
from traffic_guard.services.telling.chat_requests import Gone
from traffic_guard.texts import power as texts
from traffic_guard.texts import said

router = Router()
STOP, START = PowerAction.Kind.STOP, PowerAction.Kind.START


@router.command("stop", gettext_lazy("Stop servers: /stop and their names"), staff=Role.OPERATOR)
def stop(incoming: Incoming) -> None:
    if not incoming.args.strip():
        incoming.reply(said.usage("/stop web-1 web-2"))
        return
    _named(incoming, STOP, lookups.several(incoming.args))


@router.start_words(staff=Role.OPERATOR)
def start(incoming: Incoming, words: str) -> Pass | None:
    """Start servers: `/start web-1`; words that fit no server are none of ours."""
    named = lookups.several(words)
    if not any(one.servers for one in named):
        return PASS
    _named(incoming, START, named)
    return None


def _named(incoming: Incoming, kind: PowerAction.Kind, named: Sequence[lookups.Named]) -> None:
    with chat.speaking(incoming):
        if len(named) == 1 and len(named[0].servers) > 1:
            choices = [
                [Press(one.name[:40], AskPower(one.public_id, kind.value))]
                for one in named[0].servers[:12]
            ]
            question = said.which(named[0].said, len(named[0].servers))
            incoming.reply(question, keyboard=choices)
            return
        unclear = {one.said: len(one.servers) for one in named if len(one.servers) != 1}
        if unclear:
            incoming.reply(texts.not_found(unclear))
            return
        _ask(incoming, kind, [one.servers[0] for one in named])


@router.button(AskPower, staff=Role.VIEWER)
def ask_of_one(incoming: Incoming, button: AskPower) -> None:
    if button.kind not in (STOP, START) or not chat.may(incoming, Role.OPERATOR):
        return
    if (server := chat.find(incoming, button.server)) is not None:
        with chat.speaking(incoming):
            _ask(incoming, PowerAction.Kind(button.kind), [server])


def _ask(incoming: Incoming, kind: PowerAction.Kind, servers: Sequence[Server]) -> None:
    unique = list({server.pk: server for server in servers}.values())
    frame = chat.frame(incoming)
    request = chat_requests.keep(
        kind, unique, incoming.person, chat_id=incoming.chat.id, now=frame.now
    )
    known = facts.of(unique, frame)
    keyboard = [
        [Press(texts.agreed(kind, len(unique)), ConfirmPower(request.public_id))],
        [Press(_("✖ No"), DropPower(request.public_id))],
    ]
    incoming.reply(
        texts.question(kind, [known[server.pk] for server in unique]),
        keyboard=keyboard,
        slot=f"{chat_requests.slot(request)}:{incoming.chat.id}",
    )


@router.button(ConfirmPower, staff=Role.VIEWER)
def confirm(incoming: Incoming, button: ConfirmPower) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    now = timezone.now()
    try:
        request = chat_requests.take(button.request, incoming.person, now)
    except Gone as gone:
        incoming.toast(said.gone(gone.reason), alert=True)
        return
    batch = actions.request(
        chat_requests.servers_of(request),
        PowerAction.Kind(request.kind),
        origin=PowerAction.Origin.CHAT,
        requested_by=incoming.person.full_name,
        request_key=f"chat:{request.public_id}",
        now=now,
        person=incoming.person,
    )
    with chat.speaking(incoming):
        if not batch.actions:
            incoming.edit(_refused(batch), keyboard=[])
            return
        chat_requests.came_of(request, batch.batch)
        results = telling.results_of(batch.batch, now)
        incoming.edit(result_cards.progress(results), keyboard=[])
        if batch.refused:
            incoming.reply(_refused(batch))


def _refused(batch: Batch) -> SafeString:
    return texts.refused([(one.server, reasons.clause(one.why)) for one in batch.refused])


@router.button(DropPower, staff=Role.VIEWER)
def drop(incoming: Incoming, button: DropPower) -> None:
    try:
        chat_requests.take(button.request, incoming.person, timezone.now())
    except Gone as gone:
        incoming.toast(said.gone(gone.reason), alert=True)
        return
    with chat.speaking(incoming):
        incoming.edit(texts.dropped(), keyboard=[])

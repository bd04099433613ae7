"""What became of stops and starts: in a chat's message, and as blocks; in the active language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bots.blocks import Block
from bots.messages import Keyboard, Press
from bots.services.recipients import Recipient
from traffic_guard.models import PowerAction
from traffic_guard.services.telling import action_words, figures, layout, pages
from traffic_guard.services.telling.buttons import ShowServer, ShowServers
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.words import shortened

State = PowerAction.State
MOST_WHOLE = 3
MOST_BUTTONS = 4


@dataclass(frozen=True, slots=True)
class Result:
    """An action, and the server it is for."""

    action: PowerAction
    about: Facts

    @property
    def urgency(self) -> tuple[bool, bool, str]:
        """Sorts failures to the top, and what is done to the end."""
        failed = self.action.state in action_words.FAILED
        return not failed, not self.action.is_open, self.about.server.name


def text(results: Sequence[Result]) -> SafeString:
    """Return the message that says what became of some actions."""
    shown = sorted(results, key=lambda one: one.urgency)
    if len(shown) == 1:
        return layout.whole(title(shown[0]), lines(shown[0]))
    if len(shown) <= MOST_WHOLE:
        parts = [layout.whole(title(one), lines(one)) for one in shown]
        return layout.joined(heading(shown), parts)
    return layout.listing(heading(shown), [_line(one) for one in shown])


def heading(results: Sequence[Result]) -> str:
    """Return how many are done, failed and under way."""
    failed = sum(one.action.state in action_words.FAILED for one in results)
    under_way = sum(one.action.is_open for one in results)
    done = sum(one.action.state == State.DONE for one in results)
    said = []
    if failed:
        said.append("❗ " + ngettext("%(n)s failed", "%(n)s failed", failed) % {"n": failed})
    if under_way:
        word = ngettext("%(n)s under way", "%(n)s under way", under_way)
        said.append("⏳ " + word % {"n": under_way})
    if done:
        said.append("✅ " + ngettext("%(n)s done", "%(n)s done", done) % {"n": done})
    return " · ".join(said) or _("Nothing was sent to the cloud")


def title(result: Result) -> str:
    """Return what became of it: "⏹ web-1: stopped at 15:06, confirmed"."""
    frame = result.about.frame
    state = action_words.state(result.action, frame.zone, frame.now)
    return f"{action_words.mark(result.action)} {result.about.server.name}: {state}"


def lines(result: Result) -> list[figures.Line]:
    """Return where the server is, who wanted it, and what to do where it failed."""
    action, about = result.action, result.about
    found = [(pgettext("of a server", "Where"), figures.where(about.server))]
    found.append((pgettext("traffic of a server", "Left"), figures.left(about)))
    found.append((_("Wanted by"), wanted_by(action)))
    if advice := action_words.advice(action):
        found.append((_("What to do"), advice))
    return found


def wanted_by(action: PowerAction) -> str:
    """Return who or what wanted an action."""
    origin = str(PowerAction.Origin(action.origin).label)
    return f"{action.requested_by} · {origin}" if action.requested_by else origin


def _line(result: Result) -> SafeString:
    advice = action_words.advice(result.action)
    return (
        format_html("{}\n{}", title(result), advice) if advice else format_html("{}", title(result))
    )


def progress(results: Sequence[Result]) -> SafeString:
    """Return how far what somebody asked for in a chat is: a line for each server."""
    shown = sorted(results, key=lambda one: one.urgency)
    return layout.listing(heading(shown), [_line(one) for one in shown])


def keyboard(results: Sequence[Result], recipient: Recipient) -> Keyboard:
    """Return a button for each server that needs a look, then one to all of them."""
    del recipient  # what the buttons show is for everybody who reads the message
    shown = sorted(results, key=lambda one: one.urgency)[:MOST_BUTTONS]
    servers = {one.about.server.pk: one.about.server for one in shown}
    keys = [Press(shortened(one.name, 24), ShowServer(one.public_id)) for one in servers.values()]
    rows = [keys[start : start + 2] for start in range(0, len(keys), 2)]
    return rows if len(results) == 1 else [*rows, [Press(_("All servers"), ShowServers(0))]]


def block(result: Result) -> Block:
    """Return an action as channels show it."""
    action, server = result.action, result.about.server
    return Block(
        title(result),
        facts=tuple(lines(result)),
        links=((_("Open"), pages.server(server, result.about.frame.slug)),),
        key=f"action:{action.public_id}",
        data={
            **figures.data(result.about),
            "action": action.public_id,
            "kind": action.kind,
            "state": action.state,
            "origin": action.origin,
            "requested_by": action.requested_by,
            "error_code": action.error_code,
            "settled_at": action.settled_at.isoformat() if action.settled_at else None,
        },
    )


def event(action: PowerAction) -> str:
    """Return through which event channels hear of it; empty: it is none of theirs."""
    if action.state in action_words.FAILED:
        return "traffic.failed"
    if action.state != State.DONE or action.kind == PowerAction.Kind.REBOOT:
        return ""
    return "traffic.stopped" if action.kind == PowerAction.Kind.STOP else "traffic.started"


COLOURS = {"traffic.failed": "red", "traffic.stopped": "blue", "traffic.started": "green"}

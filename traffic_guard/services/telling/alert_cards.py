"""What alerts say: in a chat's message, and as blocks for channels; in the active language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bots.blocks import Block
from bots.messages import Keyboard, Press
from bots.services.recipients import Recipient, Role
from traffic_guard.models import PowerAction
from traffic_guard.services.readings.words import rate
from traffic_guard.services.telling import (
    figures,
    layout,
    outlook,
    pages,
    topics,
    trouble_words,
)
from traffic_guard.services.telling.buttons import AskPower, Protect, ShowServer, ShowServers
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.words import shortened

# Servers that are shown with all figures; of more each gets a line.
MOST_WHOLE = 3
MOST_WHOLE_BLOCKS = 8
MOST_BUTTONS = 4
FIRST = (
    topics.START_HELD,
    topics.THRESHOLD,
    topics.LEVEL,
    topics.FORECAST,
    topics.SPIKE,
    topics.UNKNOWN,
    topics.KNOWN_AGAIN,
)


@dataclass(frozen=True, slots=True)
class Alert:
    """What was raised of one server, together; `facts` of each topic as its line keeps them."""

    about: Facts
    topics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to worry about."""
        return set(self.topics) == {topics.KNOWN_AGAIN}

    @property
    def urgency(self) -> tuple[bool, bool, float, str]:
        """Sorts the worst first: least left, then unknown ones, then good news."""
        left = self.about.standing.percent_left
        return self.is_good, left is None, left or 0, self.about.server.name


def text(alerts: Sequence[Alert]) -> SafeString:
    """Return the message of some alerts, the worst first."""
    shown = sorted(alerts, key=lambda one: one.urgency)
    if len(shown) == 1:
        return layout.whole(title(shown[0]), _lines(shown[0]))
    if len(shown) <= MOST_WHOLE:
        parts = [layout.whole(title(one), _lines(one)) for one in shown]
        return layout.joined(heading(shown), parts)
    return layout.listing(heading(shown), [_line(one) for one in shown])


def heading(alerts: Sequence[Alert]) -> str:
    """Return the first line of a message of several alerts."""
    if all(one.is_good for one in alerts):
        said = ngettext(
            "✅ Known again: what %(n)s server has left",
            "✅ Known again: what %(n)s servers have left",
            len(alerts),
        )
    else:
        said = ngettext("⚠️ %(n)s server needs a look", "⚠️ %(n)s servers need a look", len(alerts))
    return said % {"n": len(alerts)}


def title(alert: Alert) -> str:
    """Return what is up with a server: "🟠 web-1: 90 % used"."""
    said = [_said(topic, alert) for topic in FIRST if topic in alert.topics]
    return f"{_mark(alert)} {alert.about.server.name}: {' · '.join(said)}"


def _said(topic: str, alert: Alert) -> str:
    facts = alert.topics[topic]
    if topic == topics.LEVEL:
        return _("%(level)s %% used") % {"level": facts.get("level")}
    return {
        topics.THRESHOLD: _("below its threshold"),
        topics.FORECAST: _("will not last until the reset"),
        topics.SPIKE: _("uses much more than it used to"),
        topics.UNKNOWN: _("not known what is left"),
        topics.KNOWN_AGAIN: _("known again what is left"),
        topics.START_HELD: _("not started at the reset, it was changed since its stop"),
    }[topic]


def _mark(alert: Alert) -> str:
    if alert.is_good:
        return "✅"
    left = alert.about.standing.percent_left
    if left is None:
        return "❔"
    return "🔴" if left <= 10 else "🟠" if left <= 20 else "🟡"


def _lines(alert: Alert) -> list[figures.Line]:
    found = figures.lines(alert.about)
    if topics.SPIKE in alert.topics:
        found.append((_("Now"), rate(alert.topics[topics.SPIKE].get("rate"))))
    found.append(
        (pgettext("what happens next", "Then"), outlook.words(alert.about, _verdict(alert)))
    )
    if topics.START_HELD in alert.topics:
        advice = _("Somebody may have started and stopped it since. Start it if it is to run.")
        found.append((_("What to do"), advice))
    if topics.UNKNOWN in alert.topics:
        advice = trouble_words.advice(alert.topics[topics.UNKNOWN].get("trouble", ""))
        found.append((_("What to do"), advice or _("Wait: it usually comes back by itself.")))
    return found


def _verdict(alert: Alert) -> str:
    found = (kept.get("outlook", "") for kept in alert.topics.values())
    return str(next(filter(None, found), ""))


def _line(alert: Alert) -> SafeString:
    return format_html("{}\n{}", title(alert), figures.briefly(alert.about))


def keyboard(alerts: Sequence[Alert], recipient: Recipient) -> Keyboard:
    """Return a button for each of the worst servers, then one to all of them.

    Of a single server: what can be done about it, for those who may.
    """
    shown = sorted(alerts, key=lambda one: one.urgency)[:MOST_BUTTONS]
    servers = [one.about.server for one in shown]
    if len(alerts) == 1:
        acts = _acts(alerts[0]) if recipient.shows(Role.OPERATOR) else []
        return [[Press(_("Details"), ShowServer(servers[0].public_id))], *([acts] if acts else [])]
    keys = [Press(shortened(one.name, 24), ShowServer(one.public_id)) for one in servers]
    rows = [keys[start : start + 2] for start in range(0, len(keys), 2)]
    return [*rows, [Press(_("All servers"), ShowServers(0))]]


def _acts(alert: Alert) -> list[Press]:
    server = alert.about.server
    if topics.START_HELD in alert.topics and server.power == server.Power.STOPPED:
        return [Press(_("▶️ Start"), AskPower(server.public_id, PowerAction.Kind.START.value))]
    if alert.about.left is None or server.power != server.Power.RUNNING:
        return []
    keys = [Press(_("⏹ Stop"), AskPower(server.public_id, PowerAction.Kind.STOP.value))]
    if not server.is_protected:
        keys.append(Press(_("🛡 Protect"), Protect(server.public_id, 1)))
    return keys


def blocks(alerts: Sequence[Alert]) -> list[Block]:
    """Return alerts as channels show them, the worst first; of many only those with all figures."""
    shown = sorted(alerts, key=lambda one: one.urgency)
    return [
        _block(one, topic, is_brief=number >= MOST_WHOLE_BLOCKS)
        for number, one in enumerate(shown)
        for topic in one.topics
    ]


def _block(alert: Alert, topic: str, *, is_brief: bool) -> Block:
    """Return one topic of an alert as channels show it."""
    mine = Alert(alert.about, {topic: alert.topics[topic]})
    server = alert.about.server
    return Block(
        title(mine),
        facts=() if is_brief else tuple(_lines(mine)),
        text=figures.briefly(alert.about) if is_brief else "",
        links=((_("Open"), pages.server(server, alert.about.frame.slug)),),
        key=f"{server.public_id}:{topic}",
        data={**figures.data(alert.about), "topic": topic, **alert.topics[topic]},
    )


def colour(alerts: Sequence[Alert]) -> str:
    """Return the colour of a card of alerts: that of the worst."""
    if all(one.is_good for one in alerts):
        return "green"
    left = [one.about.standing.percent_left for one in alerts if not one.is_good]
    known = [one for one in left if one is not None]
    if not known:
        return "yellow"
    return "red" if min(known) <= 10 else "orange" if min(known) <= 20 else "yellow"

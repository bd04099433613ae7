"""What planned stops say: in a chat's message, and as blocks for channels; in the active language.

A message is true at any moment: it shows what each plan has become.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bots.blocks import Block
from bots.messages import Keyboard, Press
from bots.services.recipients import Recipient, Role
from traffic_guard.models import PlannedStop
from traffic_guard.services.telling import (
    action_words,
    costs_while_off,
    figures,
    layout,
    links,
    pages,
    plan_words,
)
from traffic_guard.services.telling.buttons import (
    Approve,
    Postpone,
    PostponeAll,
    ProtectPlanned,
    ShowPlan,
    ShowServers,
    SkipCycle,
    StopNow,
)
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.links import Deed
from traffic_guard.services.telling.words import shortened

State = PlannedStop.State
MOST_WHOLE = 3
MOST_WHOLE_BLOCKS = 8
MOST_BUTTONS = 8


@dataclass(frozen=True, slots=True)
class Stop:
    """A plan, and the server it is for; load its action with it."""

    plan: PlannedStop
    about: Facts

    @property
    def is_open(self) -> bool:
        """Whether people can still change it."""
        return self.plan.state in PlannedStop.OPEN

    @property
    def urgency(self) -> tuple[bool, object, str]:
        """Sorts what comes first to the top, and what is settled to the end."""
        return not self.is_open, self.plan.execute_at, self.about.server.name


def text(stops: Sequence[Stop]) -> SafeString:
    """Return the message of some plans as they are now."""
    shown = sorted(stops, key=lambda one: one.urgency)
    if len(shown) == 1:
        return layout.whole(title(shown[0]), lines(shown[0]))
    if len(shown) <= MOST_WHOLE:
        parts = [layout.whole(title(one), lines(one)) for one in shown]
        return layout.joined(heading(shown), parts)
    return layout.listing(heading(shown), [_line(one) for one in shown])


def heading(stops: Sequence[Stop]) -> str:
    """Return the first line of a message of several plans."""
    plans = [one.plan for one in stops]
    dry = sum(one.state == State.WAITING and one.is_dry_run for one in plans)
    waiting = sum(one.state == State.WAITING for one in plans) - dry
    held = sum(one.state == State.HELD for one in plans)
    going = sum(one.action is not None and one.action.is_open for one in plans)
    counted = (
        (waiting, "⏰", ngettext("%(n)s will be stopped", "%(n)s will be stopped", waiting)),
        (held, "✋", ngettext("%(n)s waits for your word", "%(n)s wait for your word", held)),
        (dry, "🧪", ngettext("dry run of %(n)s stop", "dry run of %(n)s stops", dry)),
        (going, "⏳", ngettext("%(n)s being stopped", "%(n)s being stopped", going)),
    )
    said = [f"{mark} {word % {'n': count}}" for count, mark, word in counted if count]
    if said:
        return " · ".join([_("Planned stops"), *said])
    return "🏁 " + _("Planned stops: all settled")


def title(stop: Stop) -> str:
    """Return what becomes of a server: "⏰ web-1 will be stopped at 15:05"."""
    return plan_words.title(stop.plan, stop.about)


def lines(stop: Stop) -> list[figures.Line]:
    """Return the figures of the server, and what happens next."""
    found = figures.lines(stop.about)
    found.append((pgettext("what happens next", "Then"), plan_words.outlook(stop.plan, stop.about)))
    action = stop.plan.action
    if action is not None and (advice := action_words.advice(action)):
        found.append((_("What to do"), advice))
    if stop.is_open:
        costs = costs_while_off.text(stop.about.server)
        found.append((pgettext("a stopped server", "Costs"), costs))
    return found


def _line(stop: Stop) -> SafeString:
    return format_html("{}\n{}", title(stop), figures.briefly(stop.about))


# --- Buttons


def keyboard(stops: Sequence[Stop], recipient: Recipient, bulletin: str) -> Keyboard:
    """Return what can be done about the plans that are open, for those who may."""
    shown = [one for one in sorted(stops, key=lambda one: one.urgency) if one.is_open]
    if not shown:
        return []
    if len(stops) == 1:
        return keys_of(shown[0].plan) if recipient.shows(Role.OPERATOR) else []
    keys = [
        Press(shortened(one.about.server.name, 24), ShowPlan(one.plan.public_id))
        for one in shown[:MOST_BUTTONS]
    ]
    rows = [keys[start : start + 2] for start in range(0, len(keys), 2)]
    if recipient.shows(Role.OPERATOR):
        times = sum(one.plan.postponed for one in stops)
        rows.append([Press(_("⏳ Postpone all by 1 h"), PostponeAll(bulletin, times))])
    return [*rows, [Press(_("All servers"), ShowServers(0))]]


def keys_of(plan: PlannedStop) -> list[list[Press]]:
    """Return the buttons of one open plan."""
    name = plan.public_id
    if plan.state == State.HELD:
        first = [Press(_("⏹ Let it be stopped"), Approve(name))]
    else:
        first = [Press(_("⏳ Postpone 1 h"), Postpone(name, plan.postponed))]
    last = [Press(_("🛡 Protect"), ProtectPlanned(name))]
    if not plan.is_dry_run:
        last.insert(0, Press(_("⏹ Stop now"), StopNow(name)))
    return [[*first, Press(_("⏭ Skip this cycle"), SkipCycle(name))], last]


# --- Channels


def blocks(stops: Sequence[Stop]) -> list[Block]:
    """Return plans as channels show them; of many only the first with all figures and links."""
    shown = sorted(stops, key=lambda one: one.urgency)
    return [_block(one, is_brief=number >= MOST_WHOLE_BLOCKS) for number, one in enumerate(shown)]


def _block(stop: Stop, *, is_brief: bool) -> Block:
    """Return a plan with links that act while it is open; briefly only the first of them."""
    plan, server = stop.plan, stop.about.server
    acts = _acts(plan) if stop.is_open else ()
    open_page = (_("Open"), pages.server(server, stop.about.frame.slug))
    return Block(
        title(stop),
        facts=() if is_brief else tuple(lines(stop)),
        text=figures.briefly(stop.about) if is_brief else "",
        links=(*(acts[:1] if is_brief else acts), open_page),
        key=f"stop:{plan.public_id}",
        data={
            **figures.data(stop.about),
            "plan": plan.public_id,
            "state": plan.state,
            "execute_at": plan.execute_at.isoformat(),
            "is_dry_run": plan.is_dry_run,
            "settled_by": plan.settled_by,
        },
    )


def _acts(plan: PlannedStop) -> tuple[tuple[str, str], ...]:
    if plan.state == State.HELD:
        first = (_("Let it be stopped"), links.url(plan, Deed.APPROVE))
    else:
        first = (_("Postpone 1 h"), links.url(plan, Deed.POSTPONE))
    now = () if plan.is_dry_run else ((_("Stop now"), links.url(plan, Deed.STOP_NOW)),)
    return (
        first,
        (_("Skip this cycle"), links.url(plan, Deed.SKIP)),
        *now,
        (_("Protect"), links.url(plan, Deed.PROTECT)),
    )


def colour(stops: Sequence[Stop]) -> str:
    """Return the colour of a card of plans."""
    if not any(one.is_open for one in stops):
        return "grey"
    return "blue" if all(one.plan.is_dry_run for one in stops) else "red"

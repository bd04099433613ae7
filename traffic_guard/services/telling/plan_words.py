"""What became of a planned stop, in the active language."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from traffic_guard.models import PlannedStop, Policy
from traffic_guard.services.telling import action_words, links, reasons
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.words import clock

State = PlannedStop.State
MARKS = {
    State.WAITING: "⏰",
    State.HELD: "✋",
    State.DRY: "🧪",
    State.CANCELLED: "↩️",
    State.DROPPED: "✅",
}
# one that waits for so long is told of for the second time
STILL = timedelta(hours=1)
MODES = {
    Policy.StopMode.SOFT: gettext_lazy("Its system is asked to shut down."),
    Policy.StopMode.HARD: gettext_lazy("Its power is cut."),
    Policy.StopMode.SOFT_THEN_HARD: gettext_lazy(
        "Its system is asked to shut down; its power is cut where it does not."
    ),
}


def title(plan: PlannedStop, about: Facts) -> str:
    """Return what becomes of a server: "⏰ web-1 will be stopped at 15:05"."""
    if plan.state == State.EXECUTED and plan.action is not None:
        state = action_words.state(plan.action, about.frame.zone, about.frame.now)
        return f"{action_words.mark(plan.action)} {about.server.name}: {state}"
    mark = "🧪" if plan.is_dry_run else MARKS.get(State(plan.state), "⏳")
    return f"{mark} {_said(plan, about)}"


def _said(plan: PlannedStop, about: Facts) -> str:
    given = {
        "name": about.server.name,
        "at": clock(plan.execute_at, about.frame.zone, about.frame.now),
        "by": by(plan),
    }
    if plan.state == State.WAITING:
        return _waiting(plan) % given
    if plan.state == State.CANCELLED and plan.settled_by:
        return _("%(name)s is not stopped: cancelled by %(by)s") % given
    is_old = about.frame.now >= plan.created_at + STILL
    return {
        State.HELD: _("%(name)s is to be stopped: still waits for your word")
        if is_old
        else _("%(name)s is to be stopped: waits for your word"),
        State.DRY: _("Dry run: %(name)s would have been stopped at %(at)s"),
        State.CANCELLED: _("%(name)s is not stopped: cancelled"),
        State.DROPPED: _("%(name)s is not stopped: no longer needed"),
        State.EXECUTED: _("%(name)s is being stopped"),
    }[State(plan.state)] % given


def by(plan: PlannedStop) -> str:
    """Return who settled a plan: a name, or a link in a message; empty: the guard."""
    return _("a link in a message") if plan.settled_by == links.BY else plan.settled_by


def _waiting(plan: PlannedStop) -> str:
    if plan.is_dry_run:
        return _("Dry run: %(name)s would be stopped at %(at)s")
    if plan.is_hastened:
        return _("%(name)s is stopped now")
    if plan.postponed:
        return _("%(name)s will be stopped at %(at)s (postponed)")
    return _("%(name)s will be stopped at %(at)s")


def outlook(plan: PlannedStop, about: Facts) -> str:
    """Return what happens next, or why nothing does."""
    if plan.state == State.WAITING:
        return _then(plan, about)
    if plan.state == State.HELD:
        most = about.frame.settings.stops_per_run
        return ngettext(
            "Nothing until you say so: more than %(n)s server would be stopped at once.",
            "Nothing until you say so: more than %(n)s servers would be stopped at once.",
            most,
        ) % {"n": most}
    if plan.state == State.DRY:
        return _("Nothing: the dry run only says what would be done.")
    if plan.state == State.EXECUTED:
        return _executed(plan)
    return _settled(plan)


def _then(plan: PlannedStop, about: Facts) -> str:
    at = clock(plan.execute_at, about.frame.zone, about.frame.now)
    if plan.is_dry_run:
        return _("At %(at)s you are told that it would have been stopped: dry run.") % {"at": at}
    if plan.is_hastened:
        return _("It is stopped as soon as everything was looked at once more.")
    mode = MODES[Policy.StopMode(about.policy.stop_mode.value)]
    said = _("It is stopped at %(at)s unless somebody postpones it or more traffic is left.")
    return f"{said % {'at': at}} {mode}"


def _executed(plan: PlannedStop) -> str:
    if plan.action is None or plan.action.is_open:
        return _("The cloud was asked; the server’s own state is waited for.")
    if plan.action.state == plan.action.State.DONE:
        return _("It stays off until the reset, or until somebody starts it.")
    if plan.action.state == plan.action.State.REFUSED:
        return _("The guard plans it anew in an hour, three times in a cycle at most.")
    return _("The guard does not try again by itself in this cycle.")


def _settled(plan: PlannedStop) -> str:
    if why := reasons.clause(plan.settled_reason):
        return _("Nothing is stopped: %(why)s.") % {"why": why}
    return _("Nothing: the stop was called off.")

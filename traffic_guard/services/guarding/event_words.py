"""What each event says, in the active language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from traffic_guard.models import Decision, PowerAction, Server
from traffic_guard.services.guarding.history import ALREADY, STARTED
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.readings.words import one_full_stop
from traffic_guard.services.telling import action_words, reasons

Kind, State = PowerAction.Kind, PowerAction.State
DEEDS = {
    Kind.STOP: pgettext_lazy("a deed", "Stop"),
    Kind.START: pgettext_lazy("a deed", "Start"),
    Kind.REBOOT: pgettext_lazy("a deed", "Reboot"),
}
WORDS = {
    Event.PLANNED: gettext_lazy(
        "Stop planned for %(at)s: %(left)s left, below the threshold of %(threshold)s. Confirmed by"
        " %(basis)s."
    ),
    Event.PLANNED_DRY: gettext_lazy(
        "Dry run: a stop would be planned for %(at)s. %(left)s left, below %(threshold)s."
    ),
    Event.HELD: gettext_lazy(
        "Stop held: more servers would be stopped at once than the settings allow. It waits for"
        " somebody’s word."
    ),
    Event.REMINDED: gettext_lazy("It still waits for somebody’s word: people were reminded."),
    Event.APPROVED: gettext_lazy("%(by)s let the stop happen, at %(at)s."),
    Event.POSTPONED: gettext_lazy("%(by)s postponed the stop to %(at)s."),
    Event.WAITS_FOR_OPENING: gettext_lazy(
        "Stops are not allowed at this time: it waits until %(at)s."
    ),
    Event.BROUGHT_FORWARD: gettext_lazy("%(by)s wanted the stop at once."),
    Event.CANCELLED: gettext_lazy("%(by)s called the stop off."),
    Event.SKIPPED_BY: gettext_lazy("%(by)s chose to leave it alone until the reset."),
    Event.DROPPED: gettext_lazy("The planned stop was given up: %(why)s."),
    Event.DRY_RUN: gettext_lazy(
        "Dry run: it would have been stopped now. %(left)s left, below %(threshold)s."
    ),
    Event.ORDERED: gettext_lazy(
        "Looked at once more and ordered: %(left)s left, below %(threshold)s, it runs, and nobody"
        " objected."
    ),
    Event.REQUESTED: gettext_lazy("%(kind)s asked for by %(by)s."),
    Event.SENT: gettext_lazy("%(kind)s sent; the cloud accepted it. The live state must prove it."),
    Event.UNCLEAR: gettext_lazy(
        "%(kind)s: the cloud’s answer was lost. Its live state is looked up; nothing is sent again"
        " blindly."
    ),
    Event.SENT_AGAIN: gettext_lazy(
        "%(kind)s: minutes later nothing had happened to it, so it is asked for once more."
    ),
    Event.CUT_POWER: gettext_lazy(
        "Its system was asked to shut down and did not in time: the power is cut."
    ),
    Event.WITHDRAWN: gettext_lazy("%(kind)s taken back before it was sent: %(why)s."),
    Event.LATE: gettext_lazy(
        "It is off now: the stop that was not confirmed in time took effect after all."
    ),
    Event.STARTED_BY_HAND: gettext_lazy(
        "It runs again: somebody started it. The guard does not keep it off any more."
    ),
    Event.STAYS_OFF: gettext_lazy("%(by)s wants it off: the reset will not start it."),
    Event.RESUMING: gettext_lazy(
        "Started again: the guard had stopped it, and the new cycle shows quota."
    ),
    Event.RESUMED: gettext_lazy("It runs again after the reset."),
    Event.PROTECTED_BY: gettext_lazy("%(by)s protected it: it is never stopped automatically."),
    Event.UNPROTECTED_BY: gettext_lazy("%(by)s lifted its protection."),
    Event.PAUSED_BY: gettext_lazy("%(by)s let its automatic stops rest until %(until)s."),
    Event.UNPAUSED_BY: gettext_lazy("%(by)s allowed its automatic stops again."),
}
WAITS = {
    "resume_off": gettext_lazy("starting again is off"),
    "account_unusable": gettext_lazy("its account cannot start servers"),
    "halted": gettext_lazy("the stops and starts of its account rest"),
    "not_off": gettext_lazy("its live state is not “off”"),
    "unknown": gettext_lazy("it is not known what the new cycle has left"),
    "old_cycle": gettext_lazy("nothing was read of the new cycle yet"),
    "no_quota": gettext_lazy("no more is left than the threshold"),
    "not_ours": gettext_lazy("the guard did not stop it"),
    "changed": gettext_lazy("somebody may have started and stopped it since, so people were asked"),
}
CODES = {
    "unreachable": gettext_lazy("the cloud could not be reached"),
    "busy": gettext_lazy("the cloud was busy for too long"),
    "not_listed": gettext_lazy("the cloud did not list the server"),
    "own_machine": gettext_lazy("this service itself runs on it"),
    "off": gettext_lazy("it is off"),
    "job_failed": gettext_lazy("the cloud’s job failed"),
    "no_effect": gettext_lazy("the cloud says that it is done, and the server’s state is the same"),
    "timeout": gettext_lazy("its state did not change in time"),
    "on_the_way": gettext_lazy("it is still on its way"),
    "lost": gettext_lazy("the answer was lost, and its state shows no effect"),
    "unreadable": gettext_lazy("its live state could not be read"),
    "crossed": gettext_lazy("somebody did the opposite meanwhile"),
    "too_late": gettext_lazy("it came too late to be sent"),
    "stays_off": gettext_lazy("somebody wants it off, or has started it"),
    STARTED: gettext_lazy("somebody started it meanwhile"),
}


def sentence(decision: Decision, given: dict[str, Any]) -> str:
    """Return what happened; `given` is what it may name."""
    code = Event(decision.code)
    if code is Event.RESUME_WAITS:
        why = str(WAITS.get(decision.facts.get("reason", ""), decision.facts.get("reason", "")))
        return _("Stays off after the reset: %(why)s.") % {"why": why}
    if code in ENDS:
        return _end(decision, code, given)
    if code is Event.WITHDRAWN:
        given = {**given, "why": _why(decision) or given["why"]}
    return one_full_stop(str(WORDS[code]) % given)


def _end(decision: Decision, code: Event, given: dict[str, Any]) -> str:
    if code is Event.DONE:
        if decision.facts.get("code") == ALREADY:
            return _("%(kind)s: nothing to do, its live state was so already.") % given
        return _("%(kind)s done: the live state proves it.") % given
    why = _why(decision)
    given = {**given, "why": why}
    if code is Event.REFUSED:
        return _("%(kind)s refused: %(why)s.") % given
    return _("%(kind)s not confirmed: %(why)s. Somebody must look at it.") % given


ENDS = {Event.DONE, Event.REFUSED, Event.UNVERIFIED}


def _why(decision: Decision) -> str:
    code = str(decision.facts.get("code", ""))
    if code in CODES:
        return str(CODES[code])
    if code in action_words.REASONS:
        return str(action_words.REASONS[code]).rstrip(".")
    if said := reasons.clause(code):
        return said
    return str(decision.facts.get("error", "")).rstrip(".") or code


def deed(kind: str) -> str:
    """Return what was wanted: Stop, Start, Reboot."""
    return str(DEEDS[Kind(kind)])


def power(word: str) -> str:
    """Return a live state."""
    return str(Server.Power(word).label)

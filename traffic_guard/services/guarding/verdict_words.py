"""What each verdict says of a server, in the active language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.telling import reasons, trouble_words

TWO_READINGS = _("two readings in a row, of different times")
LIVE = _("the bill and the live counter, each for itself")
EXHAUSTED = _("nothing left at all, and the server was just seen to run")

WORDS = {
    Verdict.ABOVE: _("Not stopped: %(left)s left, more than the threshold of %(threshold)s."),
    Verdict.LIVE_ONLY: _(
        "Not stopped: only the live counter says less than %(threshold)s (%(live)s); the bill still"
        " says %(left)s, and both must agree."
    ),
    Verdict.GONE: _("Not stopped: the cloud does not know this server any more."),
    Verdict.NO_PACKAGE: _("Not stopped: no traffic package is linked to it."),
    Verdict.UNKNOWN: _(
        "Not stopped: it is unknown what is left (%(trouble)s), and unknown never stops a server."
    ),
    Verdict.CYCLE_OVER: _(
        "Not stopped: the cycle has ended and nothing was read of the new one yet; an old figure"
        " says nothing."
    ),
    Verdict.NO_THRESHOLD: _("Not stopped: the policy names no threshold for it."),
    Verdict.THRESHOLD_TOO_HIGH: _(
        "Not stopped: the threshold of %(threshold)s is not below its whole package, so it says"
        " nothing."
    ),
    Verdict.UNCONFIRMED: _(
        "Not stopped yet: %(left)s left, less than %(threshold)s, but only one reading says so."
        " The next one decides."
    ),
    Verdict.POWER_UNKNOWN: _("Not stopped: below the threshold, but its live state is not known."),
    Verdict.KEPT_OFF: _("Nothing to stop: the guard keeps it off until the reset."),
    Verdict.ALREADY_OFF: _("Nothing to stop: it is off already, or on its way."),
    Verdict.NOT_RUNNING: _("Not stopped: it is being started, rebooted or rebuilt right now."),
    Verdict.OWN_MACHINE: _(
        "Not stopped: this service itself runs on it. %(left)s left, below %(threshold)s."
    ),
    Verdict.PROTECTED: _("Not stopped: it is protected. %(left)s left, below %(threshold)s."),
    Verdict.TAGGED_OFF: _(
        "Not stopped: its tag traffic_guard=off at the cloud forbids it. %(left)s left, below"
        " %(threshold)s."
    ),
    Verdict.AUTO_OFF: _(
        "Not stopped: automatic stops are off (%(auto_from)s). %(left)s left, below %(threshold)s."
    ),
    Verdict.WATCH_ONLY: _("Not stopped: the account’s keys are for watching only."),
    Verdict.LEFT: _("Not stopped: its account was disconnected."),
    Verdict.HIDDEN: _("Not stopped: it was taken off the list."),
    Verdict.NOT_CHOSEN: _(
        "Not stopped: its package is shared, and nobody chose this server to be stopped for it."
    ),
    Verdict.SUSPENDED: _("Not stopped: the workspace is suspended."),
    Verdict.ACCOUNT_UNUSABLE: _("Not stopped: the cloud does not accept the account’s keys."),
    Verdict.HALTED: _(
        "Not stopped: the cloud refused a stop for the whole account, and its automatic stops rest"
        " until somebody allows them again."
    ),
    Verdict.LOCKED: _("Not stopped: the server is locked at the cloud."),
    Verdict.FROZEN: _("Not stopped: the server is frozen by the cloud, which refuses every act."),
    Verdict.PAUSED_ALL: _("Not stopped: all automatic stops rest."),
    Verdict.PAUSED: _("Not stopped: its automatic stops rest."),
    Verdict.SKIPPED: _("Not stopped: somebody chose to leave it alone until the reset."),
    Verdict.ACTING: _("Below the threshold: its stop is under way."),
    Verdict.RESTARTED: _(
        "Not stopped again: somebody started it after the guard had stopped it in this cycle, and"
        " stopping again is off."
    ),
    Verdict.UNVERIFIED_BEFORE: _(
        "Not stopped again: a stop in this cycle could not be confirmed, and one stop a cycle is"
        " all. Somebody must look."
    ),
    Verdict.REFUSED_BEFORE: _("Not stopped: the cloud refused it before in this cycle."),
    Verdict.DRY_DONE: _(
        "Not stopped: dry run. In this cycle it would have been stopped already, and you were told."
    ),
    Verdict.DRY_CHANGED: _("The dry run began or ended meanwhile: planned anew."),
    Verdict.NO_OPENING: _(
        "Not stopped: %(left)s left, below %(threshold)s, but stops are allowed again only after"
        " the reset."
    ),
    Verdict.STOP: _(
        "To be stopped: %(left)s left, below the threshold of %(threshold)s. Confirmed by"
        " %(basis)s."
    ),
}


def trouble(word: str) -> str:
    """Return why it is unknown what is left."""
    return str(trouble_words.REASONS.get(word, word))  # type: ignore[call-overload]


def clause(word: str) -> str:
    """Return a reason, to stand after a colon; the word itself where none is known."""
    return reasons.clause(word) or word

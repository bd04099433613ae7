"""The words of `Decision.code`, `Server.verdict` and `PlannedStop.settled_reason`."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What one look at a server came to: the first thing that decides it."""

    # --- nothing calls for a stop
    ABOVE = "above"
    LIVE_ONLY = "live_only"  # the live counter says below, the bill does not yet
    # --- nothing is known well enough
    GONE = "gone"
    NO_PACKAGE = "no_package"
    UNKNOWN = "unknown"  # facts: trouble
    CYCLE_OVER = "cycle_over"  # nothing was read of the new cycle yet
    NO_THRESHOLD = "no_threshold"
    THRESHOLD_TOO_HIGH = "threshold_too_high"  # not below the whole package
    UNCONFIRMED = "unconfirmed"  # one reading alone
    POWER_UNKNOWN = "power_unknown"
    # --- nothing to stop
    KEPT_OFF = "kept_off"  # by a stop of ours
    ALREADY_OFF = "already_off"  # by somebody else, or on its way
    NOT_RUNNING = "not_running"  # being started, rebooted, rebuilt...
    # --- somebody or something says no
    OWN_MACHINE = "own_machine"
    PROTECTED = "protected"
    TAGGED_OFF = "tagged_off"
    AUTO_OFF = "auto_off"
    WATCH_ONLY = "watch_only"
    LEFT = "left"  # the account was disconnected
    HIDDEN = "hidden"
    NOT_CHOSEN = "not_chosen"  # nobody named it for the shared package
    SUSPENDED = "suspended"
    ACCOUNT_UNUSABLE = "account_unusable"
    HALTED = "halted"
    LOCKED = "locked"
    FROZEN = "frozen"
    PAUSED_ALL = "paused_all"
    PAUSED = "paused"
    SKIPPED = "skipped"  # this cycle
    # --- it was tried in this cycle
    ACTING = "acting"
    RESTARTED = "restarted"  # by hand after our stop, and `restop` is off
    UNVERIFIED_BEFORE = "unverified_before"
    REFUSED_BEFORE = "refused_before"
    DRY_DONE = "dry_done"
    DRY_CHANGED = "dry_changed"  # a plan was made as a dry run, or as none, and is the other now
    # --- when
    NO_OPENING = "no_opening"  # stops are allowed again only after the reset
    STOP = "stop"


class Event(StrEnum):
    """What happened to a plan, an action or a server."""

    PLANNED = "planned"
    PLANNED_DRY = "planned_dry"
    HELD = "held"
    REMINDED = "reminded"  # that it is held
    APPROVED = "approved"
    POSTPONED = "postponed"
    WAITS_FOR_OPENING = "waits_for_opening"
    BROUGHT_FORWARD = "brought_forward"
    CANCELLED = "cancelled"
    SKIPPED_BY = "skipped_by"
    DROPPED = "dropped"  # facts: reason, a Verdict
    DRY_RUN = "dry_run"
    ORDERED = "ordered"  # the plan became an action
    REQUESTED = "requested"  # by a person
    SENT = "sent"
    UNCLEAR = "unclear"
    SENT_AGAIN = "sent_again"
    CUT_POWER = "cut_power"
    DONE = "done"
    REFUSED = "refused"
    UNVERIFIED = "unverified"
    WITHDRAWN = "withdrawn"
    LATE = "late"  # a stop that was given up took effect after all
    STARTED_BY_HAND = "started_by_hand"
    STAYS_OFF = "stays_off"  # a person wants it off
    RESUME_WAITS = "resume_waits"  # facts: reason
    RESUMING = "resuming"
    RESUMED = "resumed"
    PROTECTED_BY = "protected_by"
    UNPROTECTED_BY = "unprotected_by"
    PAUSED_BY = "paused_by"
    UNPAUSED_BY = "unpaused_by"


# below the threshold, and yet nothing will be stopped: people are told why
OUTLOOKS = frozenset(
    {
        Verdict.OWN_MACHINE,
        Verdict.PROTECTED,
        Verdict.TAGGED_OFF,
        Verdict.AUTO_OFF,
        Verdict.WATCH_ONLY,
        Verdict.SUSPENDED,
        Verdict.ACCOUNT_UNUSABLE,
        Verdict.HALTED,
        Verdict.LOCKED,
        Verdict.FROZEN,
        Verdict.PAUSED_ALL,
        Verdict.PAUSED,
        Verdict.SKIPPED,
        Verdict.RESTARTED,
        Verdict.UNVERIFIED_BEFORE,
        Verdict.REFUSED_BEFORE,
        Verdict.NO_OPENING,
        Verdict.KEPT_OFF,
        Verdict.ALREADY_OFF,
    }
)
# A plan that waits is not given up for these: one lost poll is no reason to begin the grace anew.
# Nothing is stopped on them all the same: executing looks again.
PASSING = frozenset(
    {
        Verdict.STOP,
        Verdict.UNKNOWN,
        Verdict.UNCONFIRMED,
        Verdict.POWER_UNKNOWN,
        Verdict.NOT_RUNNING,
        Verdict.ACTING,
    }
)

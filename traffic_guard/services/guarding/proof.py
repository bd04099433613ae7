"""What a live state proves about an action that was sent, or may have been. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from traffic_guard.gateways.cloud import Kind as Why
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.guarding.ahead import FIRST_LOOK, VERIFY
from traffic_guard.services.guarding.expected import Stage, is_crossed, stage
from traffic_guard.services.guarding.history import ALREADY, STARTED
from traffic_guard.services.guarding.outcomes import Outcome
from traffic_guard.services.guarding.verdicts import Event

State, Kind, Power = PowerAction.State, PowerAction.Kind, Server.Power
# A call that was sent may arrive late: before this nothing counts as not asked for.
SETTLED = timedelta(minutes=3)
# A lost answer is looked up in this time; later somebody may have undone what it did.
RESEND_WITHIN = timedelta(minutes=8)
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen at one moment; `power` None: the state could not be read."""

    power: str | None
    now: datetime
    # nobody objects to it any more or yet: asked before a stop is repeated or the power cut
    is_wanted: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """That it goes on: changes of the row, and what to note of it."""

    changes: dict[str, Any] = field(default_factory=dict)
    event: Event | None = None


def judge(action: PowerAction, look: Look) -> Outcome | Step:
    """Return how an action ends, or how it goes on."""
    if look.power is None:
        return _unread(action, look)
    at = stage(action.kind, look.power)
    seen = {"seen_power": look.power}
    if at is Stage.GONE:
        return Outcome(action, State.REFUSED, Why.NOT_FOUND)
    if at is Stage.THERE:
        action.seen_power = look.power
        return Outcome(action, State.DONE, _kept(action))
    if is_crossed(action.kind, look.power):
        action.seen_power = look.power
        return _end_unverified(action, STARTED if action.kind == Kind.STOP else "crossed")
    if at is Stage.ON_THE_WAY and action.state == State.UNCLEAR:
        # it arrived after all
        until = max(look.now, action.hard_at or look.now) + VERIFY
        changes = {"state": State.SENT, "verify_until": until, "due_at": look.now + FIRST_LOOK}
        return Step({**seen, **changes})
    judged = _unclear if action.state == State.UNCLEAR else _sent
    return judged(action, look, at, seen)


def _sent(action: PowerAction, look: Look, at: Stage, seen: dict[str, Any]) -> Outcome | Step:
    if action.kind == Kind.REBOOT and at is Stage.READY and _has_rebooted(action):
        action.seen_power = Power.RUNNING
        return Outcome(action, State.DONE)
    if at is Stage.READY and action.job_state == "failed":
        action.seen_power = look.power or ""
        return Outcome(action, State.REFUSED, "job_failed", action.error)
    if action.hard_at is not None and not action.is_hard and look.now >= action.hard_at:
        return _cut(look, seen)
    if look.now >= _deadline(action):
        action.seen_power = look.power or ""
        return _end_unverified(action, _why_unverified(action, at))
    return Step(seen)


def _has_rebooted(action: PowerAction) -> bool:
    return action.job_state == "done" or action.seen_power == Power.REBOOTING


def _cut(look: Look, seen: dict[str, Any]) -> Step:
    """Have the power cut, if that is still wanted: the system was asked and does not shut down."""
    if not look.is_wanted:
        return Step({**seen, "hard_at": None})
    changes = {"state": State.INTENDED, "is_hard": True, "due_at": look.now}
    return Step({**seen, **changes}, Event.CUT_POWER)


def _unclear(action: PowerAction, look: Look, at: Stage, seen: dict[str, Any]) -> Outcome | Step:
    """Judge an action whose answer was lost, and of which nothing is seen."""
    sent_at = action.sent_at or action.created_at
    if at is not Stage.READY or look.now < sent_at + SETTLED:
        return _lost(action) if look.now >= sent_at + VERIFY else Step(seen)
    can_repeat = (
        action.kind != Kind.REBOOT
        and action.attempts < MOST_ATTEMPTS
        and look.now < sent_at + RESEND_WITHIN
        and look.is_wanted
    )
    if can_repeat:
        return Step({**seen, "state": State.INTENDED, "due_at": look.now}, Event.SENT_AGAIN)
    action.seen_power = look.power or ""
    return _lost(action)


def _unread(action: PowerAction, look: Look) -> Outcome | Step:
    if look.now < _deadline(action):
        return Step()
    return _end_unverified(action, "unreadable")


def _lost(action: PowerAction) -> Outcome:
    return _end_unverified(action, "lost")


def _end_unverified(action: PowerAction, code: str) -> Outcome:
    return Outcome(action, State.UNVERIFIED, _kept(action) or code, action.error)


def _kept(action: PowerAction) -> str:
    """Return the mark of an action that was somebody else's doing from the start."""
    return ALREADY if action.error_code == ALREADY else ""


def _why_unverified(action: PowerAction, at: Stage) -> str:
    if at is Stage.ON_THE_WAY:
        return "on_the_way"
    return "no_effect" if action.job_state == "done" else "timeout"


def _deadline(action: PowerAction) -> datetime:
    return action.verify_until or (action.sent_at or action.created_at) + VERIFY

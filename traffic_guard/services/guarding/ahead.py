"""What a server's live state says about an action before it is sent: plain but for its words."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

from traffic_guard.gateways.cloud import Kind as Why
from traffic_guard.gateways.cloud import LiveServer, Power
from traffic_guard.models import PowerAction
from traffic_guard.services.guarding import own, refusals
from traffic_guard.services.guarding.expected import Stage, stage
from traffic_guard.services.guarding.history import ALREADY
from traffic_guard.services.guarding.outcomes import Outcome

State, Kind = PowerAction.State, PowerAction.Kind
FIRST_LOOK = timedelta(seconds=10)
# the wished state must be seen within this
VERIFY = timedelta(minutes=10)


class Ahead(Enum):
    """That an action is ready."""

    SEND = "send"


# ready, an end, or changes of the row
Found = Literal[Ahead.SEND] | Outcome | dict[str, Any]


def ahead(
    action: PowerAction, live: LiveServer | None, objection: str | None, now: datetime
) -> Found:
    """Return what to do with an action that is about to be sent."""
    if objection:
        return _back(action, now) or Outcome(action, State.WITHDRAWN, objection)
    if live is None:
        return _later(action, now, Outcome(action, State.REFUSED, "not_listed"))
    if action.kind != Kind.START and own.is_own(action.server, live.addresses):
        return Outcome(action, State.REFUSED, "own_machine")
    at = stage(action.kind, live.power.value)
    return _ready(action, live, now) if at is Stage.READY else _by_stage(action, at, live, now)


def _by_stage(action: PowerAction, at: Stage, live: LiveServer, now: datetime) -> Found:
    """Return what to do where the server is not waiting to be asked."""
    if at is Stage.GONE:
        return Outcome(action, State.REFUSED, Why.NOT_FOUND)
    if at is Stage.THERE:
        # after a call of ours it is our doing, else somebody else's
        return Outcome(action, State.DONE, "" if action.attempts else ALREADY)
    if at is Stage.ON_THE_WAY:
        return Ahead.SEND if action.is_hard else _under_way(action, now)
    if action.kind == Kind.REBOOT and live.power == Power.STOPPED:
        return Outcome(action, State.REFUSED, "off")
    return _later(action, now, Outcome(action, State.REFUSED, Why.CONFLICT))


def _ready(action: PowerAction, live: LiveServer, now: datetime) -> Found:
    """Return what to do where it can be asked for."""
    if live.is_locked or live.is_frozen:
        why = Why.LOCKED if live.is_locked else Why.FROZEN
        return _back(action, now) or Outcome(action, State.REFUSED, why)
    if refusals.is_stale(action, now):
        # its workers were away: what was wished then may not be wished now
        end = State.UNVERIFIED if action.attempts else State.WITHDRAWN
        return _back(action, now) or Outcome(action, end, "too_late")
    return Ahead.SEND


def is_escalated(action: PowerAction) -> bool:
    """Tell whether it is a stop that was asked for, and now is to cut the power."""
    return action.is_hard and action.hard_at is not None


def _under_way(action: PowerAction, now: datetime) -> dict[str, Any]:
    """Return the changes that have it watched without a call: it happens already."""
    return {
        "state": State.SENT,
        "sent_at": action.sent_at or now,
        "verify_until": now + VERIFY,
        "due_at": now + FIRST_LOOK,
        "error_code": "" if action.attempts else ALREADY,
        "seen_power": action.seen_power,
    }


def _back(action: PowerAction, now: datetime) -> dict[str, Any] | None:
    """Return the changes that leave a soft stop as it was asked for, without cutting the power."""
    if not is_escalated(action):
        return None
    return {"state": State.SENT, "is_hard": False, "hard_at": None, "due_at": now + FIRST_LOOK}


def _later(action: PowerAction, now: datetime, end: Outcome) -> Outcome | dict[str, Any]:
    if refusals.is_late(action, now):
        return _back(action, now) or end
    return {"due_at": now + refusals.AGAIN, "seen_power": action.seen_power}

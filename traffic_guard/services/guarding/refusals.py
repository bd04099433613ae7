"""What is done about each way in which the cloud refuses a stop, a start or a reboot."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from traffic_guard.gateways.cloud import Kind
from traffic_guard.models import PowerAction

# An action that could not be sent for so long is given up: the moment has passed.
LIFE = timedelta(minutes=10)
AGAIN = timedelta(minutes=1)
SOON = timedelta(seconds=5)


class Reaction(StrEnum):
    """What to do with an action that was refused."""

    ALONE = "alone"  # one of many was the reason: ask for each by itself
    LATER = "later"
    END = "end"


# of one server, and not of those that were named with it
OF_ONE = frozenset(
    {
        Kind.BATCH,
        Kind.CONFLICT,
        Kind.LOCKED,
        Kind.RUNNING_COMMAND,
        Kind.NOT_FOUND,
        Kind.OTHER,
    }
)
# may be otherwise in a minute: the live state is read again before it is tried again
PASSING = frozenset({Kind.CONFLICT, Kind.RUNNING_COMMAND, Kind.CREDENTIAL})


def reaction(kind: Kind, *, is_alone: bool, is_late: bool) -> Reaction:
    """Return what to do; `is_late`: it was tried for long enough."""
    if not is_alone and kind in OF_ONE:
        return Reaction.ALONE
    if kind in PASSING and not is_late:
        return Reaction.LATER
    return Reaction.END


def is_late(action: PowerAction, now: datetime) -> bool:
    """Tell whether an action was tried for long enough."""
    return _begun(action) <= now - LIFE


def is_stale(action: PowerAction, now: datetime) -> bool:
    """Tell whether nobody has tried an action for so long that it must not be sent any more."""
    return max(_begun(action), action.sent_at or action.created_at) <= now - LIFE


def _begun(action: PowerAction) -> datetime:
    # one that is to cut the power now began with that
    return action.hard_at if action.is_hard and action.hard_at else action.created_at

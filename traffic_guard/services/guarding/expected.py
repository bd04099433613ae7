"""How a live state stands to what was asked for; plain."""

from __future__ import annotations

from enum import StrEnum

from traffic_guard.models import PowerAction, Server

Kind, Power = PowerAction.Kind, Server.Power


class Stage(StrEnum):
    """Where a server is on the way to what is wanted."""

    THERE = "there"
    ON_THE_WAY = "on_the_way"
    READY = "ready"  # nothing has begun: it can be asked for
    GONE = "gone"
    OTHER = "other"  # something else happens to it, or it is in no state to be asked


STAGES: dict[str, dict[str, Stage]] = {
    Kind.STOP: {
        Power.STOPPED: Stage.THERE,
        Power.STOPPING: Stage.ON_THE_WAY,
        Power.RUNNING: Stage.READY,
    },
    Kind.START: {
        Power.RUNNING: Stage.THERE,
        Power.STARTING: Stage.ON_THE_WAY,
        Power.STOPPED: Stage.READY,
    },
    # a server that was rebooted runs, as it did before: only the way is seen
    Kind.REBOOT: {Power.REBOOTING: Stage.ON_THE_WAY, Power.RUNNING: Stage.READY},
}
# what somebody else does meanwhile, and what wins over us
CROSSED: dict[str, frozenset[str]] = {
    Kind.STOP: frozenset({Power.STARTING, Power.REBOOTING}),
    Kind.START: frozenset({Power.STOPPING}),
    Kind.REBOOT: frozenset({Power.STOPPING, Power.STOPPED}),
}


def stage(kind: str, power: str) -> Stage:
    """Return where a server is on its way."""
    if power == Power.GONE:
        return Stage.GONE
    return STAGES[kind].get(power, Stage.OTHER)


def is_crossed(kind: str, power: str) -> bool:
    """Tell whether somebody does the opposite."""
    return power in CROSSED[kind]

"""Planned stops as lists and a server's page show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traffic_guard.models import PlannedStop
from traffic_guard.services.readings import words
from traffic_guard.services.telling.facts import Frame

State = PlannedStop.State
TONES = {
    State.WAITING: "warn",
    State.HELD: "bad",
    State.EXECUTED: "good",
    State.DRY: "info",
}


def lines(plans: Sequence[PlannedStop], frame: Frame) -> list[dict[str, Any]]:
    """Return what is shown of planned stops."""
    return [line(plan, frame) for plan in plans]


def line(plan: PlannedStop, frame: Frame) -> dict[str, Any]:
    """Return what is shown of a planned stop."""
    return {
        "plan": plan,
        "server": plan.server,
        "tone": TONES.get(State(plan.state), ""),
        "is_held": plan.state == State.HELD,
        "in": words.distance(plan.execute_at, frame.now),
    }

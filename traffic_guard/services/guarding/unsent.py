"""Takes back stops of the guard's that are written and that nobody has sent yet.

The condition on the state is what decides between this and the worker that is about to send.
"""

from __future__ import annotations

from datetime import datetime

from traffic_guard.models import PlannedStop, PowerAction, Server
from traffic_guard.services.guarding import decisions
from traffic_guard.services.guarding.verdicts import Event

State = PowerAction.State


def withdraw(plan: PlannedStop, reason: str, now: datetime) -> bool:
    """Take the stop of a plan back; False: it was sent, or may have been."""
    action = plan.action
    return action is not None and _take_back(action, plan.server, reason, now)


def _take_back(action: PowerAction, server: Server, reason: str, now: datetime) -> bool:
    # one that was sent before, and is to be sent again, may have been carried out
    mine = PowerAction.objects.filter(pk=action.pk, state=State.INTENDED, attempts=0)
    if not mine.update(state=State.WITHDRAWN, error_code=reason[:40], settled_at=now, due_at=None):
        return False
    decisions.note(
        server, Event.WITHDRAWN, now, action=action, cycle_end=action.cycle_end, code=reason
    )
    return True

"""When people are reminded of stops that wait for their word.

`due_at` of a plan that is held is its next reminder, or the end of its cycle. So it is looked at
like any plan whose time has come: what is no longer so is given up, and nobody is reminded of it.
The reminder and the time of the next one are written together, so it comes once, whoever dies.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from traffic_guard.models import PlannedStop

FIRST, NEXT = timedelta(hours=1), timedelta(days=1)


def first_due(plan: PlannedStop, now: datetime) -> datetime:
    """Return when somebody is to look at a plan that is held from now on."""
    return min(now + FIRST, plan.cycle_end)


def put_off(plan: PlannedStop, at: datetime) -> datetime:
    """Return when somebody is to look at it again after it was put off until then."""
    return min(max(plan.due_at or at, at), plan.cycle_end)


def next_due(plan: PlannedStop, now: datetime) -> datetime:
    """Return when somebody is to look at it again after a reminder."""
    return min(now + NEXT, plan.cycle_end)

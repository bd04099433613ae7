"""How many servers the guard may stop at once; above that people are asked.

Count in the tenant's turn (telling/preferences.py): of two workers the second counts the first's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from traffic_guard.models import PlannedStop, PowerAction, Preferences

# Stops within this long of each other are one run, whichever worker or account they come from.
RUN = timedelta(minutes=5)
HOUR = timedelta(hours=1)
State = PlannedStop.State
# what certainly stopped nothing
HARMLESS = (PowerAction.State.REFUSED, PowerAction.State.WITHDRAWN)


def room_to_plan(limits: Preferences, execute_at: datetime) -> int:
    """Return how many more stops may be planned for a moment; plans that wait count."""
    waiting = PlannedStop.objects.filter(state=State.WAITING, is_dry_run=False, approved_by="")
    same_run = waiting.filter(execute_at__gt=execute_at - RUN, execute_at__lt=execute_at + RUN)
    same_hour = waiting.filter(execute_at__gt=execute_at - HOUR, execute_at__lt=execute_at + HOUR)
    run = limits.stops_per_run - _stopped_since(execute_at - RUN) - same_run.count()
    hour = limits.stops_per_hour - _stopped_since(execute_at - HOUR) - same_hour.count()
    return max(min(run, hour), 0)


def room_to_stop(limits: Preferences, now: datetime) -> int:
    """Return how many servers may be stopped now."""
    run = limits.stops_per_run - _stopped_since(now - RUN)
    hour = limits.stops_per_hour - _stopped_since(now - HOUR)
    return max(min(run, hour), 0)


def _stopped_since(since: datetime) -> int:
    """Count the guard's own stops; those that a person approved or hastened are his."""
    actions = PowerAction.objects.filter(
        kind=PowerAction.Kind.STOP,
        origin=PowerAction.Origin.GUARD,
        requested_by="",
        created_at__gt=since,
    )
    return actions.exclude(state__in=HARMLESS).count()

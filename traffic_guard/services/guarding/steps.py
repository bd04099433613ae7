"""How an action moves on: by conditional UPDATEs, so that no late word undoes a newer one."""

from __future__ import annotations

from typing import Any

from traffic_guard.models import PowerAction


def move(action: PowerAction, **values: Any) -> bool:
    """Change an action that still is as this worker has it; False: another one has gone on.

    The state and `due_at`, the worker's hold, are what prove it. `action` is brought up to date.
    """
    mine = PowerAction.objects.filter(pk=action.pk, state=action.state, due_at=action.due_at)
    if not mine.update(**values):
        return False
    for name, value in values.items():
        setattr(action, name, value)
    return True

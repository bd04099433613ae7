"""What became of actions, written once with all that follows from it, and told together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.guarding import decisions, restarts, steps
from traffic_guard.services.guarding.history import ALREADY
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.telling import actions as telling
from traffic_guard.services.telling import preferences

State, Origin, Kind = PowerAction.State, PowerAction.Origin, PowerAction.Kind
EVENTS = {
    State.DONE: Event.DONE,
    State.REFUSED: Event.REFUSED,
    State.UNVERIFIED: Event.UNVERIFIED,
    State.WITHDRAWN: Event.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one action: `code` is the gateway's Kind or a word of ours, `error` words."""

    action: PowerAction
    state: str
    code: str = ""
    error: str = ""


def settle(found: Sequence[Outcome], now: datetime) -> list[PowerAction]:
    """Write ends and tell of them; return those that this call wrote.

    In the tenant's scope. All in one transaction: an end that is written is told, whenever the
    process dies.
    """
    if not found:
        return []
    with transaction.atomic():
        preferences.take_turn(found[0].action.tenant_id)
        preferences.hold_servers(one.action.server_id for one in found if one.state == State.DONE)
        written = [one.action for one in found if _write(one, now)]
        if written:
            telling.settled(written, now)
    return written


def _write(one: Outcome, now: datetime) -> bool:
    action = one.action
    if not steps.move(
        action,
        state=one.state,
        error_code=one.code[:40],
        error=one.error[:300],
        seen_power=action.seen_power,
        settled_at=now,
        # as it was read with what proves the end
        server_changed_at=action.server.changed_at,
        due_at=None,
    ):
        return False
    _note(one, now)
    if one.state == State.DONE:
        _take_effect(action, now)
    return True


def _note(one: Outcome, now: datetime) -> None:
    action = one.action
    said: dict[str, Any] = {
        "kind": action.kind,
        "origin": action.origin,
        "code": one.code,
        "job": action.job_id,
    }
    decisions.note(
        action.server,
        EVENTS[State(one.state)],
        now,
        action=action,
        cycle_end=action.cycle_end,
        actor=action.requested_by,
        error=one.error,
        job_state=action.job_state,
        power=action.seen_power,
        attempts=action.attempts,
        **said,
    )
    if one.state != State.WITHDRAWN:
        name = f"traffic_action.{one.state}"
        audit.record(name, actor=Actor.system(), target=action.server, **said)


def _take_effect(action: PowerAction, now: datetime) -> None:
    """Keep note of who keeps a server off: only what we stopped is started at the reset."""
    server = action.server
    if action.kind == Kind.STOP and action.origin == Origin.GUARD:
        if action.error_code != ALREADY:
            Server.objects.filter(pk=server.pk).update(kept_off_by=action)
            server.kept_off_by = action
    elif action.kind == Kind.STOP:
        restarts.release(server, Event.STAYS_OFF, now, action=action, actor=action.requested_by)
    elif action.origin == Origin.RESUME and action.error_code != ALREADY:
        restarts.release(server, Event.RESUMED, now, action=action)
    else:
        restarts.release(
            server, Event.STARTED_BY_HAND, now, action=action, actor=action.requested_by
        )

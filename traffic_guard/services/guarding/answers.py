"""What the cloud's answer to one call means for each action in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.gateways.cloud import Busy, CloudError, Place, Refused, Unreachable
from traffic_guard.gateways.cloud import Kind as Why
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.guarding import decisions, outcomes, refusals, steps
from traffic_guard.services.guarding.ahead import FIRST_LOOK, VERIFY, is_escalated
from traffic_guard.services.guarding.outcomes import Outcome
from traffic_guard.services.guarding.refusals import Reaction
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.telling import actions as telling
from traffic_guard.services.telling import preferences

State = PowerAction.State
# `error_code` of an action that spoilt a call for others
ALONE = "alone"
# a lost answer is looked up this soon
LOOK_UP = timedelta(seconds=15)
UNREAD_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the cloud: the same deed for servers of one place."""

    place: Place
    kind: str
    is_hard: bool
    actions: tuple[PowerAction, ...]


def accepted(call: Call, job_id: str, now: datetime) -> None:
    """Note that the cloud took it. That is no stop yet."""
    with transaction.atomic():
        preferences.take_turn(call.actions[0].tenant_id)
        for action in call.actions:
            if steps.move(
                action,
                state=State.SENT,
                job_id=job_id[:80],
                job_state="running",
                due_at=now + FIRST_LOOK,
                verify_until=max(now, action.hard_at or now) + VERIFY,
                error_code="",
                error="",
            ):
                _note(action, Event.SENT, now, job=job_id)
        for batch in sorted({action.batch for action in call.actions} - {""}):
            telling.progress(batch, now)


def unclear(action: PowerAction, reason: str, now: datetime) -> None:
    """Note that nobody knows whether the cloud did it: the live state is looked up, no more."""
    with transaction.atomic():
        if steps.move(action, state=State.UNCLEAR, error=reason[:300], due_at=now + LOOK_UP):
            _note(action, Event.UNCLEAR, now, error=reason)


def not_carried_out(call: Call, wait: float, reason: str, now: datetime) -> None:
    """Begin again later what the cloud has certainly not heard of."""
    ends = []
    for action in call.actions:
        if refusals.is_late(action, now) or wait > refusals.LIFE.total_seconds():
            ends.append(Outcome(action, State.REFUSED, "unreachable", reason))
            continue
        steps.move(
            action,
            state=State.INTENDED,
            attempts=action.attempts - 1,
            due_at=now + timedelta(seconds=max(wait, 1.0)),
            error=reason[:300],
        )
    _settle(ends, now)


def unread(actions: Sequence[PowerAction], error: CloudError, now: datetime) -> None:
    """Begin again later, since the live state could not be had; nothing was sent."""
    wait = error.retry_after if isinstance(error, Busy) else UNREAD_WAIT
    code, words = _told(error)
    ends = []
    for action in actions:
        if refusals.is_late(action, now) or code in {Why.BLANK_KEYS, Why.DENIED}:
            ends.append(Outcome(action, State.REFUSED, code, words))
        else:
            steps.move(action, due_at=now + timedelta(seconds=max(wait, 1.0)), error=words[:300])
    _settle(ends, now)


def refused(call: Call, error: Refused, now: datetime) -> list[PowerAction]:
    """React to a refusal; return the actions that are to be asked for alone, held as they were."""
    alone: list[PowerAction] = []
    ends: list[Outcome] = []
    is_alone = len(call.actions) == 1
    for action in call.actions:
        late = refusals.is_late(action, now)
        what = refusals.reaction(error.kind, is_alone=is_alone, is_late=late)
        if what is Reaction.END:
            ends.append(Outcome(action, State.REFUSED, error.kind, error.message))
            continue
        is_moved = steps.move(
            action,
            state=State.INTENDED,
            # a call for many that failed may have reached some
            attempts=action.attempts - (what is Reaction.LATER),
            # held where it is asked for at once
            due_at=action.due_at if what is Reaction.ALONE else now + refusals.AGAIN,
            error_code=ALONE if what is Reaction.ALONE else "",
            error=str(error)[:300],
        )
        if is_moved and what is Reaction.ALONE:
            alone.append(action)
    _settle(ends, now)
    _mark_gone(call, error)
    return alone


def _settle(ends: Sequence[Outcome], now: datetime) -> None:
    """Write ends; a stop that was asked for before its power was to be cut goes on as it was."""
    final = []
    for one in ends:
        if is_escalated(one.action):
            steps.move(
                one.action,
                state=State.SENT,
                is_hard=False,
                hard_at=None,
                due_at=now + FIRST_LOOK,
                error=one.error[:300],
            )
        else:
            final.append(one)
    outcomes.settle(final, now)


def _mark_gone(call: Call, error: Refused) -> None:
    if error.kind is Why.NOT_FOUND and len(call.actions) == 1:
        server = call.actions[0].server
        Server.objects.filter(pk=server.pk).update(power=Server.Power.GONE)


def _told(error: CloudError) -> tuple[str, str]:
    if isinstance(error, Refused):
        return error.kind, error.message
    if isinstance(error, Unreachable):
        return "unreachable", error.reason
    return "busy", str(error)


def _note(action: PowerAction, code: str, now: datetime, **facts: Any) -> None:
    decisions.note(
        action.server,
        code,
        now,
        action=action,
        cycle_end=action.cycle_end,
        kind=action.kind,
        is_hard=action.is_hard,
        attempts=action.attempts,
        power=action.seen_power,
        **facts,
    )
    if code == Event.SENT:
        audit.record(
            "traffic_action.sent",
            actor=Actor.system(),
            target=action.server,
            kind=action.kind,
            job=action.job_id,
        )

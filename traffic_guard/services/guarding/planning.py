"""What people do about a planned stop: postpone, skip, cancel, approve, hasten.

Each needs the tenant's open scope, in a transaction, and may be repeated: a second press changes
nothing. Whether somebody may is the edge's to check. `plan` is brought up to date, and the messages
that stand are made true.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bots.nudging import wake_after_commit
from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import Decision, PlannedStop, Server
from traffic_guard.services.guarding import decisions, reminding, unsent
from traffic_guard.services.guarding.executing import EXECUTE
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.telling import preferences, stops

State = PlannedStop.State
# The same press by the same person within this is one press.
REPEAT = timedelta(seconds=10)
# A stop that was called off is not planned again for so long.
CALLED_OFF = timedelta(hours=24)


class TooLate(Exception):
    """The plan is no longer what the press was about; `plan.state` says what became of it."""

    def __init__(self, plan: PlannedStop) -> None:
        super().__init__(plan.state)
        self.plan = plan
        self.state = plan.state


def postpone(plan: PlannedStop, *, by: Actor, now: datetime, hours: int = 1) -> PlannedStop:
    """Put a stop off by some hours from when it would happen.

    Raises:
        TooLate: it is settled.
    """
    locked = _locked(plan)
    if locked.state not in PlannedStop.OPEN:
        raise TooLate(locked)
    if _was_pressed(locked, Event.POSTPONED, by, now):
        return _now_as(plan, locked)
    at = max(locked.execute_at, now) + timedelta(hours=hours)
    _change(
        locked,
        execute_at=at,
        due_at=at if locked.state == State.WAITING else reminding.put_off(locked, at),
        postponed=locked.postponed + 1,
        is_hastened=False,
    )
    _note(locked, Event.POSTPONED, "postponed", by, now, execute_at=at.isoformat(), hours=hours)
    return _now_as(plan, locked)


def skip_cycle(plan: PlannedStop, *, by: Actor, now: datetime) -> PlannedStop:
    """Leave its server alone until its cycle ends.

    Raises:
        TooLate: it was carried out, or settled otherwise.
    """
    locked, is_new = _call_off(plan, "skipped", by, now)
    if not is_new:
        return _now_as(plan, locked)
    Server.objects.filter(pk=locked.server_id).update(skipped_cycle_end=locked.cycle_end)
    _note(locked, Event.SKIPPED_BY, "skipped", by, now)
    return _now_as(plan, locked)


def cancel(plan: PlannedStop, *, by: Actor, now: datetime) -> PlannedStop:
    """Call a stop off; no other one of its server is planned for a day.

    Raises:
        TooLate: it was carried out, or settled otherwise.
    """
    locked, is_new = _call_off(plan, "cancelled", by, now)
    if not is_new:
        return _now_as(plan, locked)
    until = now + CALLED_OFF
    Server.objects.filter(pk=locked.server_id).update(paused_until=until)
    _note(locked, Event.CANCELLED, "cancelled", by, now, until=until.isoformat())
    return _now_as(plan, locked)


def stop_now(plan: PlannedStop, *, by: Actor, now: datetime) -> PlannedStop:
    """Bring a stop forward: caps and hours no longer matter, everything else is checked again.

    Raises:
        TooLate: it is settled, or a dry run, which stops nothing.
    """
    locked = _locked(plan)
    if locked.state not in PlannedStop.OPEN or locked.is_dry_run:
        raise TooLate(locked)
    if not locked.is_hastened:
        _change(
            locked,
            state=State.WAITING,
            execute_at=now,
            due_at=now,
            is_hastened=True,
            approved_by=(by.name or by.kind)[:120],
        )
        _note(locked, Event.BROUGHT_FORWARD, "now", by, now)
    wake_after_commit(EXECUTE, (locked.tenant_id, locked.server.account_id))
    return _now_as(plan, locked)


def approve(plan: PlannedStop, *, by: Actor, now: datetime) -> PlannedStop:
    """Let a stop happen that is above the cap; everything is checked again.

    Raises:
        TooLate: it is settled.
    """
    locked = _locked(plan)
    if locked.state not in PlannedStop.OPEN:
        raise TooLate(locked)
    if locked.state == State.HELD:
        at = max(locked.execute_at, now)
        _change(
            locked,
            state=State.WAITING,
            execute_at=at,
            due_at=at,
            approved_by=(by.name or by.kind)[:120],
        )
        _note(locked, Event.APPROVED, "approved", by, now, execute_at=at.isoformat())
        wake_after_commit(EXECUTE, (locked.tenant_id, locked.server.account_id))
    return _now_as(plan, locked)


def call_off(plan: PlannedStop, reason: str, *, by: Actor, now: datetime) -> PlannedStop | None:
    """Cancel an open plan because of what somebody did to its server; None: it was settled.

    One whose stop is written and not sent yet is called off, too. Tells nobody.
    """
    try:
        locked, is_new = _call_off(plan, reason, by, now)
    except TooLate:
        return None
    if not is_new:
        return None
    decisions.note(locked.server, Event.CANCELLED, now, plan=locked, actor=by.name, reason=reason)
    return locked


def _call_off(plan: PlannedStop, reason: str, by: Actor, now: datetime) -> tuple[PlannedStop, bool]:
    """Cancel a plan; return it, and whether it was this call that did."""
    locked = _locked(plan)
    if locked.state == State.CANCELLED and locked.settled_reason == reason:
        return locked, False
    if locked.state not in PlannedStop.OPEN and not unsent.withdraw(locked, reason, now):
        raise TooLate(locked)
    _change(
        locked,
        state=State.CANCELLED,
        settled_reason=reason,
        settled_by=(by.name or by.kind)[:120],
        settled_at=now,
        due_at=None,
    )
    return locked, True


def _locked(plan: PlannedStop) -> PlannedStop:
    """Take the tenant's turn, and return the plan as it is then, locked."""
    preferences.take_turn(plan.tenant_id)
    rows = PlannedStop.objects.select_for_update(of=("self",)).select_related("server", "action")
    found: PlannedStop = rows.get(pk=plan.pk)
    return found


def _change(plan: PlannedStop, **values: Any) -> None:
    for name, value in values.items():
        setattr(plan, name, value)
    plan.save(update_fields=list(values))


def _was_pressed(plan: PlannedStop, code: str, by: Actor, now: datetime) -> bool:
    return Decision.objects.filter(
        planned_stop=plan, code=code, actor=by.name[:120], at__gt=now - REPEAT
    ).exists()


def _note(plan: PlannedStop, code: Event, act: str, by: Actor, now: datetime, **facts: Any) -> None:
    decisions.note(plan.server, code, now, plan=plan, actor=by.name, **facts)
    audit.record(f"traffic_stop.{act}", actor=by, target=plan.server, **facts)
    stops.changed(plan, now)


def _now_as(plan: PlannedStop, locked: PlannedStop) -> PlannedStop:
    """Bring the caller's row up to date."""
    for field in PlannedStop._meta.concrete_fields:
        setattr(plan, field.attname, getattr(locked, field.attname))
    return plan

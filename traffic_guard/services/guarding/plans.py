"""Planned stops as the guard itself makes and gives them up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import Package, PlannedStop, Preferences, Server
from traffic_guard.services.guarding import caps, decisions, openings, reminding
from traffic_guard.services.guarding.verdicts import Event, Verdict
from traffic_guard.services.policies.resolving import Effective

State = PlannedStop.State
# A stop this short before the reset would cost an outage and save nothing.
NOT_BEFORE_RESET = timedelta(minutes=10)


@dataclass(slots=True)
class Planner:
    """The plans of one look, made in the tenant's turn; `limits` are its settings."""

    limits: Preferences
    zone: ZoneInfo
    now: datetime
    made: list[PlannedStop] = field(default_factory=list)

    def plan(
        self,
        server: Server,
        effective: Effective,
        cycle_end: datetime,
        facts: dict[str, Any],
        *,
        packages: tuple[Package, ...],
        is_dry_run: bool,
    ) -> str:
        """Plan a stop of a server; return the verdict to log: `stop`, or why there is no plan."""
        execute_at = openings.next_open(effective, self.zone, self.now + effective.grace)
        if execute_at is None or execute_at >= cycle_end - NOT_BEFORE_RESET:
            return Verdict.NO_OPENING
        is_held = not is_dry_run and caps.room_to_plan(self.limits, execute_at) < 1
        plan = PlannedStop(
            tenant_id=server.tenant_id,
            server=server,
            package=packages[0] if packages else None,
            cycle_end=cycle_end,
            state=State.HELD if is_held else State.WAITING,
            is_dry_run=is_dry_run,
            execute_at=execute_at,
            due_at=execute_at,
            facts=facts,
        )
        if is_held:
            plan.due_at = reminding.first_due(plan, self.now)
        if _write(plan):
            self.made.append(plan)
            self._note(plan, is_waiting=execute_at > self.now + effective.grace)
        return Verdict.STOP

    def _note(self, plan: PlannedStop, *, is_waiting: bool) -> None:
        code = Event.PLANNED_DRY if plan.is_dry_run else Event.PLANNED
        if plan.state == State.HELD:
            code = Event.HELD
        decisions.note(
            plan.server,
            code,
            self.now,
            plan=plan,
            execute_at=plan.execute_at.isoformat(),
            is_outside=is_waiting,
            per_run=self.limits.stops_per_run,
            per_hour=self.limits.stops_per_hour,
            **plan.facts,
        )
        audit.record(
            "traffic_stop.planned",
            actor=Actor.system(),
            target=plan.server,
            at=plan.execute_at.isoformat(),
            state=plan.state,
            is_dry_run=plan.is_dry_run,
        )


def _write(plan: PlannedStop) -> bool:
    """Store a plan; False: the server has one already."""
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def drop(plan: PlannedStop, reason: str, now: datetime, **facts: Any) -> bool:
    """Give a plan up because a look said so; False: it is no longer open. Tells nobody.

    `plan` is brought up to date.
    """
    mine = PlannedStop.objects.filter(pk=plan.pk, state__in=PlannedStop.OPEN)
    if not mine.update(
        state=State.DROPPED, settled_reason=reason[:40], settled_at=now, due_at=None
    ):
        return False
    plan.refresh_from_db(fields=["state", "settled_reason", "settled_at", "due_at"])
    decisions.note(plan.server, Event.DROPPED, now, plan=plan, reason=str(reason), **facts)
    return True


def open_of(servers: list[Server]) -> dict[int, PlannedStop]:
    """Return the open plan of each server that has one; one query."""
    by_id = {one.pk: one for one in servers}
    found: dict[int, PlannedStop] = {}
    for plan in PlannedStop.objects.filter(server__in=by_id, state__in=PlannedStop.OPEN):
        plan.server = by_id[plan.server_id]
        found[plan.server_id] = plan
    return found

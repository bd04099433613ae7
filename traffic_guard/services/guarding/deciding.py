"""What becomes of a planned stop whose time has come, by what is so at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenants.ids import public_id
from traffic_guard.models import Account, PlannedStop, Policy, PowerAction, Preferences, Server
from traffic_guard.services.guarding import (
    actions,
    caps,
    decisions,
    drafting,
    openings,
    plans,
    reminding,
)
from traffic_guard.services.guarding.actions import Order
from traffic_guard.services.guarding.claims import Clock
from traffic_guard.services.guarding.drafting import Draft
from traffic_guard.services.guarding.verdicts import PASSING, Event, Verdict
from traffic_guard.services.telling import preferences, stops

State = PlannedStop.State
# nothing is stopped on a reading that is older
FRESH = timedelta(minutes=5)
# nor on a live state that is
LIVE = timedelta(minutes=2)
AGAIN = timedelta(seconds=30)
# a plan whose facts cannot be had for so long is given up, and made anew once they can
GIVE_UP = timedelta(minutes=30)


@dataclass(slots=True)
class Decider:
    """One worker's decisions on the due plans of one account; in one transaction."""

    account: Account
    mine: list[PlannedStop]
    clock: Clock
    changed: list[PlannedStop] = field(default_factory=list)
    # those that wait for a word: people are told aloud
    held: list[PlannedStop] = field(default_factory=list)
    # servers that were stopped together are told of together
    batch: str = field(default_factory=public_id)

    def run(self) -> list[PlannedStop]:
        """Judge every plan, write what follows, and tell of it; return those that changed."""
        self.decide()
        self.tell()
        return self.changed

    def _servers(self) -> list[Server]:
        ids = [plan.server_id for plan in self.mine]
        found = list(Server.objects.filter(pk__in=ids).order_by("pk"))
        for server in found:
            server.account = self.account
        return found

    def decide(self) -> None:
        """Judge every plan by what is so now."""
        now = self.clock()
        limits = preferences.take_turn(self.account.tenant_id)
        # read again in the turn: people may have acted while the cloud was asked
        account = Account.objects.select_related("tenant").defer("access_key", "secret_key")
        self.account = account.get(pk=self.account.pk)
        servers = self._servers()
        found = drafting.drafts(self.account, servers, limits, now)
        drafts = {one.seen.server.pk: one for one in found}
        busy = set(
            PowerAction.objects.filter(server__in=servers, state__in=PowerAction.OPEN).values_list(
                "server_id", flat=True
            )
        )
        for plan in self._still_mine():
            draft = drafts[plan.server_id]
            plan.server = draft.seen.server
            self._decide(plan, draft, limits, now, is_busy=plan.server_id in busy)

    def _still_mine(self) -> Sequence[PlannedStop]:
        """Return the plans that nobody took over or changed, least left first; locked."""
        holds = {plan.pk: plan.due_at for plan in self.mine}
        rows = PlannedStop.objects.select_for_update(of=("self",)).filter(
            pk__in=holds, state__in=PlannedStop.OPEN
        )
        mine = [plan for plan in rows.select_related("server") if plan.due_at == holds[plan.pk]]
        return sorted(mine, key=lambda plan: plan.server.remaining_bytes or 0)

    def _decide(
        self,
        plan: PlannedStop,
        draft: Draft,
        limits: Preferences,
        now: datetime,
        *,
        is_busy: bool,
    ) -> None:
        reason = _against(plan, draft, now)
        if reason:
            self._drop(plan, draft, reason, now)
        elif plan.state == State.HELD:
            self._remind(plan, now)
        elif is_busy or not _is_certain(draft, now):
            self._wait(plan, draft, now)
        elif not plan.is_hastened and (at := self._closed_until(draft, now)) is not None:
            self._wait_for_opening(plan, at, now)
        elif plan.is_dry_run:
            self._rehearse(plan, draft, now)
        elif not plan.approved_by and caps.room_to_stop(limits, now) < 1:
            self._hold(plan, limits, now)
        else:
            self._order(plan, draft, now)

    def _drop(self, plan: PlannedStop, draft: Draft, reason: str, now: datetime) -> None:
        if plans.drop(plan, reason, now, **draft.facts):
            self.changed.append(plan)

    def _wait(self, plan: PlannedStop, draft: Draft, now: datetime) -> None:
        """Look again soon; in the end give it up: unknown is no reason to stop anything."""
        if now >= plan.execute_at + GIVE_UP:
            verdict = draft.seen.judgement.verdict
            self._drop(plan, draft, Verdict.UNKNOWN if verdict is Verdict.STOP else verdict, now)
        else:
            _set(plan, due_at=now + AGAIN)

    def _closed_until(self, draft: Draft, now: datetime) -> datetime | None:
        """Return when stops are allowed again; None: they are now."""
        zone = ZoneInfo(self.account.tenant.time_zone)
        at = openings.next_open(draft.seen.effective, zone, now)
        return None if at == now else at or now + timedelta(days=366)

    def _wait_for_opening(self, plan: PlannedStop, at: datetime, now: datetime) -> None:
        if at >= plan.cycle_end - plans.NOT_BEFORE_RESET:
            if plans.drop(plan, Verdict.NO_OPENING, now):
                self.changed.append(plan)
            return
        _set(plan, execute_at=at, due_at=at)
        decisions.note(
            plan.server, Event.WAITS_FOR_OPENING, now, plan=plan, execute_at=at.isoformat()
        )
        self.changed.append(plan)

    def _rehearse(self, plan: PlannedStop, draft: Draft, now: datetime) -> None:
        _set(plan, state=State.DRY, settled_at=now, due_at=None)
        decisions.note(plan.server, Event.DRY_RUN, now, plan=plan, **draft.facts)
        self.changed.append(plan)

    def _hold(self, plan: PlannedStop, limits: Preferences, now: datetime) -> None:
        _set(plan, state=State.HELD, due_at=reminding.first_due(plan, now))
        decisions.note(
            plan.server,
            Event.HELD,
            now,
            plan=plan,
            per_run=limits.stops_per_run,
            per_hour=limits.stops_per_hour,
        )
        self.held.append(plan)
        self.changed.append(plan)

    def _remind(self, plan: PlannedStop, now: datetime) -> None:
        """Say once more that it waits for a word."""
        _set(plan, due_at=reminding.next_due(plan, now))
        decisions.note(plan.server, Event.REMINDED, now, plan=plan)
        self.held.append(plan)

    def _order(self, plan: PlannedStop, draft: Draft, now: datetime) -> None:
        """Write the intent, and end the plan with it: both or neither."""
        order = Order(
            PowerAction.Kind.STOP,
            PowerAction.Origin.GUARD,
            requested_by=plan.approved_by,
            is_hard=draft.seen.effective.stop_mode.value == Policy.StopMode.HARD,
            batch=self.batch,
        )
        # one plan is one stop, whoever executes it how often
        key = f"guard:{plan.public_id}"
        action = actions.intend(plan.server, order, key, now, cycle_end=plan.cycle_end)
        if action is None:
            _set(plan, due_at=now + AGAIN)
            return
        _set(plan, state=State.EXECUTED, action=action, settled_at=now, due_at=None)
        decisions.note(
            plan.server,
            Event.ORDERED,
            now,
            plan=plan,
            action=action,
            actor=plan.approved_by,
            **draft.facts,
        )
        self.changed.append(plan)

    def tell(self) -> None:
        """Make the messages say what became of the plans; last in the transaction."""
        now = self.clock()
        stops.all_changed([plan for plan in self.changed if plan not in self.held], now)
        if self.held:
            stops.held(self.held, now)


def _against(plan: PlannedStop, draft: Draft, now: datetime) -> str:
    """Return why a plan is given up; "": nothing speaks against it for good."""
    if plan.cycle_end <= now:
        return Verdict.CYCLE_OVER
    if draft.is_dry != plan.is_dry_run:
        return Verdict.DRY_CHANGED
    verdict = draft.seen.judgement.verdict
    return "" if verdict in PASSING else verdict


def _is_certain(draft: Draft, now: datetime) -> bool:
    """Tell whether a stop rests on a reading and a live state of this very moment."""
    read_at, power_at = draft.seen.standing.read_at, draft.seen.server.power_at
    return (
        draft.seen.judgement.is_stop
        and read_at is not None
        and read_at >= now - FRESH
        and power_at is not None
        and power_at >= now - LIVE
    )


def _set(plan: PlannedStop, **values: object) -> None:
    """Change a plan that is locked."""
    for name, value in values.items():
        setattr(plan, name, value)
    plan.save(update_fields=list(values))

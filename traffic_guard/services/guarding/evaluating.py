"""One look at an account after it was read: verdicts, alerts, plans. It may be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from tenants.models import Tenant
from tenants.scoping import unscoped
from traffic_guard.models import Account, PlannedStop, Preferences, Server
from traffic_guard.services.forecasting import forecast
from traffic_guard.services.guarding import alarms, decisions, drafting, plans, restarts
from traffic_guard.services.guarding.decisions import Verdicts
from traffic_guard.services.guarding.drafting import Draft
from traffic_guard.services.guarding.marks import Marks
from traffic_guard.services.guarding.verdicts import PASSING, Verdict
from traffic_guard.services.telling import actions as telling_actions
from traffic_guard.services.telling import alerts, stops
from traffic_guard.services.telling import preferences as settings_of

# An account whose readings fail is looked at all the same: what was known grows old.
AT_LEAST = timedelta(minutes=10)
SECRETS = ("access_key", "secret_key")


def due(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (tenant id, account id) of accounts that were read, or not judged for a while."""
    unjudged = Q(evaluated_at=None) | Q(evaluated_at__lt=F("polled_at"))
    with unscoped("the clock looks for accounts of all tenants"):
        rows = Account.objects.filter(
            # the last one: this machine's clock was wrong
            unjudged | Q(evaluated_at__lt=now - AT_LEAST) | Q(evaluated_at__gt=now + AT_LEAST),
            left_at=None,
            polled_at__isnull=False,
            tenant__state=Tenant.State.ACTIVE,
        )
        found = rows.order_by(F("evaluated_at").asc(nulls_first=True))
        return list(found.values_list("tenant_id", "pk")[:limit])


def evaluate_account(account_id: int, now: datetime) -> list[PlannedStop]:
    """Judge every server of an account, and tell and plan what follows; return the new plans.

    Needs the tenant's open scope, in a transaction: all of it happens or nothing. Two workers take
    turns; the second one finds everything said and planned.
    """
    accounts = Account.objects.select_for_update(of=("self",)).defer(*SECRETS)
    account = accounts.select_related("tenant").filter(pk=account_id, left_at=None).first()
    if account is None:
        return []
    return Look(account, now).run()


class Look:
    """One look at an account's servers; what it reads does not grow with their number."""

    def __init__(self, account: Account, now: datetime) -> None:
        self.account, self.now = account, now
        self.preferences: Preferences = settings_of.take_turn(account.tenant_id)
        # as they are in this turn: people may have acted just before
        rows = Server.objects.filter(account=account, hidden_at=None)
        self.servers = list(rows.order_by("pk"))
        for server in self.servers:
            server.account = account

    def run(self) -> list[PlannedStop]:
        """Judge, plan, log, tell."""
        late = restarts.observe(self.servers, self.now)
        drafts = drafting.drafts(self.account, self.servers, self.preferences, self.now)
        forecast.keep(self.servers, {one.seen.server.pk: one.seen.forecast for one in drafts})
        waiting = plans.open_of(self.servers)
        made = self._plan([one for one in drafts if one.seen.judgement.is_stop], waiting)
        dropped = self._give_up(drafts, waiting)
        self._log(drafts)
        raised = self._alarms(drafts, {plan.server_id for plan in made})
        Account.objects.filter(pk=self.account.pk).update(evaluated_at=self.now)
        self._tell(raised, made, dropped)
        if late:
            telling_actions.settled(late, self.now)
        return made

    # --- What follows

    def _plan(
        self, drafts: Sequence[Draft], waiting: Mapping[int, PlannedStop]
    ) -> list[PlannedStop]:
        """Plan stops of servers without a plan; those with the least left come first."""
        wanted = [one for one in drafts if one.seen.server.pk not in waiting]
        if not wanted:
            return []
        zone = ZoneInfo(self.account.tenant.time_zone)
        planner = plans.Planner(self.preferences, zone, self.now)
        for draft in sorted(wanted, key=lambda one: one.seen.standing.left or 0):
            seen = draft.seen
            if seen.standing.cycle_end is None:
                continue
            seen.outcome = planner.plan(
                seen.server,
                seen.effective,
                seen.standing.cycle_end,
                draft.facts,
                packages=seen.standing.packages,
                is_dry_run=draft.is_dry,
            )
        return planner.made

    def _give_up(
        self, drafts: Sequence[Draft], waiting: Mapping[int, PlannedStop]
    ) -> list[PlannedStop]:
        """Drop the plans that nothing speaks for any more."""
        dropped = []
        for draft in drafts:
            plan = waiting.get(draft.seen.server.pk)
            if plan is None:
                continue
            reason = self._against(draft, plan)
            if reason and plans.drop(plan, reason, self.now, **draft.facts):
                dropped.append(plan)
        return dropped

    def _against(self, draft: Draft, plan: PlannedStop) -> str:
        if plan.cycle_end <= self.now:
            return Verdict.CYCLE_OVER
        if draft.is_dry != plan.is_dry_run:
            # the grace of a rehearsal was announced to nobody as one of a stop, and the reverse
            return Verdict.DRY_CHANGED
        verdict = draft.seen.judgement.verdict
        return "" if verdict in PASSING else verdict

    # --- What is written and told

    def _log(self, drafts: Sequence[Draft]) -> None:
        found, changed = [], []
        for draft in drafts:
            seen = draft.seen
            code = str(seen.outcome)
            found.append(Verdicts(seen.server, code, seen.standing.cycle_end, draft.facts))
            if seen.server.verdict != code:
                seen.server.verdict, seen.server.verdict_at = code, self.now
                changed.append(seen.server)
        decisions.note_verdicts(found, self.now)
        Server.objects.bulk_update(changed, ["verdict", "verdict_at"])

    def _alarms(self, drafts: Sequence[Draft], planned: set[int]) -> list[alerts.Raised]:
        marks = Marks(self.servers, self.now)
        raised = []
        for draft in drafts:
            found = alarms.of(draft.seen, marks, self.now)
            # the plan's own message says more of it
            if draft.seen.server.pk not in planned:
                raised += found
        marks.save()
        return raised

    def _tell(
        self,
        raised: Sequence[alerts.Raised],
        made: Sequence[PlannedStop],
        dropped: Sequence[PlannedStop],
    ) -> None:
        stops.all_changed(dropped, self.now)
        if raised:
            alerts.raised(self.account, raised, self.now)
        held = [plan for plan in made if plan.state == PlannedStop.State.HELD]
        if others := [plan for plan in made if plan.state != PlannedStop.State.HELD]:
            stops.planned(others, self.now)
        if held:
            stops.held(held, self.now)

"""Proves what became of actions by the live state of their servers, whatever their jobs say.

A stop whose answer was lost is looked up here, too. It is asked for once more only when the server
still runs, without any task, minutes later; and never after so long that somebody may have started
it meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from traffic_guard.gateways.cloud import CloudError, CloudProvider, Job, LiveServer, Place, Refused
from traffic_guard.models import PowerAction
from traffic_guard.services.accounts import access
from traffic_guard.services.accounts.access import Connect
from traffic_guard.services.guarding import claims, decisions, outcomes, states, steps, wanted
from traffic_guard.services.guarding.claims import Clock, Key
from traffic_guard.services.guarding.outcomes import Outcome
from traffic_guard.services.guarding.proof import Look, Step, judge
from traffic_guard.services.guarding.verdicts import Event

log = logging.getLogger(__name__)

State = PowerAction.State
# how often a server is looked at while it is on its way
SOONEST, LATEST = timedelta(seconds=10), timedelta(seconds=60)
UNFINISHED = ("", "running")


def due(now: datetime, limit: int) -> list[Key]:
    """Return (tenant id, account id) of accounts whose servers are to be looked at."""
    return claims.due((State.SENT, State.UNCLEAR), now, limit)


def verify(
    account_id: int, *, clock: Clock = timezone.now, connect: Connect = access.provider_of
) -> bool:
    """Look at what was sent; tell whether something is to be sent again at once.

    Needs the tenant's scope without a transaction: it calls the cloud.
    """
    account = access.load(account_id)
    actions = claims.claim(account, [State.SENT, State.UNCLEAR], clock())
    if not actions:
        return False
    try:
        return Verifier(connect(account), clock).run(actions)
    except Refused as error:
        # not even a client: nothing can be known
        return Verifier(None, clock).unread(actions, error)


@dataclass(slots=True)
class Verifier:
    """One worker's look at the claimed actions of one account."""

    provider: CloudProvider | None
    clock: Clock

    def run(self, actions: Sequence[PowerAction]) -> bool:
        """Read jobs and states, and judge each action by them."""
        assert self.provider is not None  # noqa: S101 - for the reader: `unread` has none
        self._read_jobs(actions)
        seen = states.look(self.provider, [one.server for one in actions], self.clock())
        for place, error in seen.errors.items():
            log.info("servers in %s cannot be looked at: %s", place.region, error)
        return self._judge(actions, seen.servers)

    def unread(self, actions: Sequence[PowerAction], error: CloudError) -> bool:
        """Go on without a live state: in the end that is no proof either."""
        log.info("servers cannot be looked at: %s", error)
        return self._judge(actions, {})

    def _judge(self, actions: Sequence[PowerAction], seen: Mapping[int, LiveServer]) -> bool:
        now = self.clock()
        against = wanted.objections(actions, now)
        ends, resend = list[Outcome](), False
        for action in actions:
            live = seen.get(action.server_id)
            look = Look(
                # one that the cloud left out of its answer is not seen
                power=None if live is None else live.power.value,
                now=now,
                is_wanted=action.pk not in against,
            )
            found = judge(action, look)
            if isinstance(found, Outcome):
                ends.append(found)
            else:
                resend |= self._go_on(action, found, now)
        outcomes.settle(ends, now)
        return resend

    def _go_on(self, action: PowerAction, step: Step, now: datetime) -> bool:
        """Write what is next; tell whether that is another call."""
        changes = {"due_at": _next_look(action, now), **step.changes}
        if not steps.move(action, **changes):
            return False
        if step.event is not None:
            decisions.note(
                action.server,
                step.event,
                now,
                action=action,
                cycle_end=action.cycle_end,
                kind=action.kind,
                attempts=action.attempts,
                power=action.seen_power,
            )
        return step.event in {Event.SENT_AGAIN, Event.CUT_POWER}

    def _read_jobs(self, actions: Sequence[PowerAction]) -> None:
        """Note how far the jobs are; what they say proves nothing, so that none is missed."""
        jobs: dict[tuple[Place, str], Job | None] = {}
        for action in actions:
            if not action.job_id or action.job_state not in UNFINISHED:
                continue
            key = (Place(*action.server.place), action.job_id)
            if key not in jobs:
                jobs[key] = self._job(*key)
            if (job := jobs[key]) is not None:
                _take_job(action, job)

    def _job(self, place: Place, job_id: str) -> Job | None:
        try:
            return self.provider.job(place, job_id) if self.provider else None
        except CloudError as error:
            log.info("job %s cannot be read: %s", job_id, error)
            return None


def _take_job(action: PowerAction, job: Job) -> None:
    one = job.servers.get(action.server.cloud_id)
    said = one if one is not None else job
    values = {
        "job_state": said.state,
        "error": f"{said.code} {said.reason}".strip()[:300] if said.state == "failed" else "",
    }
    steps.move(action, **values)


def _next_look(action: PowerAction, now: datetime) -> datetime:
    """Return when to look again: ever more seldom, and at the moment in which something is due."""
    age = now - (action.sent_at or now)
    at = now + min(max(age / 4, SOONEST), LATEST)
    marks = [one for one in (action.hard_at, action.verify_until) if one is not None and one > now]
    return min([at, *marks])

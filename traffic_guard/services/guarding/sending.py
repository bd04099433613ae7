"""Asks the cloud for what was intended: one call for many servers, and each intent only once.

The order of things is what keeps `kill -9` harmless. Up to the commit of state `sending` nothing
can have happened, so an intent whose worker died is begun again. From there on the call may have
arrived: a lost answer or a dead worker leaves a row that verifying.py looks up by the live state,
and only what that shows decides whether it is asked for once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from traffic_guard.gateways.cloud import (
    Busy,
    CloudError,
    CloudProvider,
    LiveServer,
    Place,
    Refused,
    Unreachable,
)
from traffic_guard.models import Policy, PowerAction
from traffic_guard.services.accounts import access, halting
from traffic_guard.services.accounts.access import Connect
from traffic_guard.services.guarding import answers, claims, outcomes, states, steps, wanted
from traffic_guard.services.guarding.ahead import Ahead, ahead
from traffic_guard.services.guarding.answers import Call
from traffic_guard.services.guarding.claims import HOLD, Clock, Key
from traffic_guard.services.guarding.outcomes import Outcome
from traffic_guard.services.policies import resolving
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.telling import accounts as telling
from traffic_guard.services.telling import preferences

State, Kind = PowerAction.State, PowerAction.Kind
AT_ONCE = 100


def due(now: datetime, limit: int) -> list[Key]:
    """Return (tenant id, account id) of accounts with something to send, or left by the dead."""
    return claims.due((State.INTENDED, State.SENDING), now, limit)


def send(
    account_id: int, *, clock: Clock = timezone.now, connect: Connect = access.provider_of
) -> None:
    """Send what an account's servers are to do; whoever calls how often.

    Needs the tenant's scope without a transaction: it calls the cloud.
    """
    account = access.load(account_id)
    for action in claims.claim(account, [State.SENDING], clock()):
        # its worker died in the call, or before, or after: nobody knows
        answers.unclear(action, "", clock())
    actions = claims.claim(account, [State.INTENDED], clock())
    if not actions:
        return
    try:
        provider = connect(account)
    except Refused as refused:
        # no client could be built: the keys are not whole
        _note_failure(actions[0], refused, clock())
        ends = [Outcome(one, State.REFUSED, refused.kind, refused.message) for one in actions]
        outcomes.settle(ends, clock())
    else:
        Sender(provider, clock).run(actions)


@dataclass(slots=True)
class Sender:
    """One worker's run over the claimed actions of one account."""

    provider: CloudProvider
    clock: Clock

    def run(self, actions: Sequence[PowerAction]) -> None:
        """Look at the servers, then call for those that are ready, group by group."""
        seen, looked_at = self._look(actions)
        against = wanted.objections(looked_at, self.clock())
        ready, ends = list[PowerAction](), list[Outcome]()
        for action in looked_at:
            found = ahead(action, seen.get(action.server_id), against.get(action.pk), self.clock())
            if found is Ahead.SEND:
                ready.append(action)
            elif isinstance(found, Outcome):
                ends.append(found)
            else:
                steps.move(action, **found)
        outcomes.settle(ends, self.clock())
        for call in _calls(ready):
            self._call(call)

    def _look(
        self, actions: Sequence[PowerAction]
    ) -> tuple[dict[int, LiveServer], list[PowerAction]]:
        """Return the live states, and the actions of places that gave any: others begin later."""
        live = states.look(self.provider, [one.server for one in actions], self.clock())
        looked_at = []
        unread: dict[Place, list[PowerAction]] = {}
        for action in actions:
            place = Place(*action.server.place)
            if place in live.errors:
                unread.setdefault(place, []).append(action)
                continue
            looked_at.append(action)
            if (state := live.servers.get(action.server_id)) is not None:
                action.seen_power = state.power.value
        for place, mine in unread.items():
            answers.unread(mine, live.errors[place], self.clock())
        self._note_refusal(actions[0], live.errors.values())
        return live.servers, looked_at

    def _note_refusal(self, action: PowerAction, errors: Iterable[CloudError]) -> None:
        """Note one refusal of a look, whatever the number of its places."""
        refused = next((one for one in errors if isinstance(one, Refused)), None)
        if refused is not None:
            _note_failure(action, refused, self.clock())

    def _call(self, call: Call) -> None:
        """Commit that these are being sent, and call; what was taken back meanwhile falls out."""
        now = self.clock()
        policies = resolving.effective_many([one.server for one in call.actions])
        with transaction.atomic():
            preferences.take_turn(call.actions[0].tenant_id)
            mine = [one for one in call.actions if _commit(one, policies[one.server_id], now)]
        if not mine:
            return
        call = Call(call.place, call.kind, call.is_hard, tuple(mine))
        try:
            job_id = self._ask(call)
        except Busy as busy:
            answers.not_carried_out(call, busy.retry_after, str(busy), self.clock())
        except Unreachable as error:
            if error.unclear:
                for action in mine:
                    answers.unclear(action, error.reason, self.clock())
            else:
                answers.not_carried_out(call, 30.0, error.reason, self.clock())
        except Refused as refused:
            self._refused(call, refused)
        else:
            answers.accepted(call, job_id, self.clock())

    def _ask(self, call: Call) -> str:
        ids = [one.server.cloud_id for one in call.actions]
        if call.kind == Kind.START:
            return self.provider.start(call.place, ids)
        if call.kind == Kind.REBOOT:
            return self.provider.reboot(call.place, ids, hard=call.is_hard)
        return self.provider.stop(call.place, ids, hard=call.is_hard)

    def _refused(self, call: Call, refused: Refused) -> None:
        # a right to start or reboot that is missing says nothing of stops
        is_stop = call.kind == Kind.STOP
        _note_failure(call.actions[0], refused, self.clock(), acting=is_stop)
        alone = answers.refused(call, refused, self.clock())
        for action in alone:
            # each with its own look: the call that failed may have done some of them
            self._again_alone(action)

    def _again_alone(self, action: PowerAction) -> None:
        if self._still_mine(action):
            self.run([action])

    def _still_mine(self, action: PowerAction) -> bool:
        return steps.move(action, due_at=self.clock() + HOLD)


def _commit(action: PowerAction, effective: Effective, now: datetime) -> bool:
    """Write that it is being sent, and when its power is cut: a lost answer changes neither."""
    return steps.move(
        action,
        state=State.SENDING,
        attempts=action.attempts + 1,
        sent_at=now,
        due_at=now + HOLD,
        job_id="",
        job_state="",
        seen_power=action.seen_power,
        hard_at=action.hard_at if action.is_hard else _hard_at(action, effective, now),
    )


def _hard_at(action: PowerAction, effective: Effective, now: datetime) -> datetime | None:
    """Return when a stop of the guard's cuts the power; None: it never does by itself."""
    if action.kind != Kind.STOP or action.origin != PowerAction.Origin.GUARD:
        return None
    if effective.stop_mode.value != Policy.StopMode.SOFT_THEN_HARD:
        return None
    return now + timedelta(minutes=effective.hard_after_minutes.value)


def _calls(actions: Sequence[PowerAction]) -> list[Call]:
    """Return the calls to make: the same deed in the same place is one, up to 100 servers."""
    groups: dict[tuple[Place, str, bool, int], list[PowerAction]] = {}
    for one in actions:
        # one that spoilt a call for others is asked for by itself
        alone = one.pk if one.error_code == answers.ALONE else 0
        key = (Place(*one.server.place), one.kind, one.is_hard, alone)
        groups.setdefault(key, []).append(one)
    return [
        Call(place, kind, is_hard, tuple(group[start : start + AT_ONCE]))
        for (place, kind, is_hard, _alone), group in groups.items()
        for start in range(0, len(group), AT_ONCE)
    ]


def _note_failure(
    action: PowerAction, error: Refused, now: datetime, *, acting: bool = False
) -> None:
    with transaction.atomic():
        account = action.server.account
        news = halting.note_failure(account, error, now, acting=acting)
        telling.news(account, news)

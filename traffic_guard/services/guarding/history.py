"""What the guard tried with servers in the cycle that runs: the cooldown.

A stop counts until the end of the cycle in which it was made, as that was known then: should the
cloud name another end meanwhile, that is no reason to stop a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from traffic_guard.models import PlannedStop, PowerAction, Server
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.policies.resolving import Effective

State = PowerAction.State
# A stop that the cloud refused is planned anew, but neither at once nor for ever.
AFTER_REFUSAL, MOST_REFUSALS = timedelta(hours=1), 3
# `error_code` of an action whose server was as wished already: nothing was sent
ALREADY = "already"
# ... of a stop that was not confirmed since somebody started the server meanwhile
STARTED = "started"


class History:
    """The guard's stops and rehearsals of servers in their running cycles; two queries for all."""

    def __init__(self, servers: Iterable[Server], now: datetime) -> None:
        self._now = now
        ids = [server.pk for server in servers]
        self._stops: dict[int, list[PowerAction]] = {}
        for one in PowerAction.objects.filter(
            server__in=ids,
            origin=PowerAction.Origin.GUARD,
            kind=PowerAction.Kind.STOP,
            cycle_end__gt=now,
        ).order_by("pk"):
            self._stops.setdefault(one.server_id, []).append(one)
        self._rehearsed = set(
            PlannedStop.objects.filter(
                server__in=ids, cycle_end__gt=now, state=PlannedStop.State.DRY
            ).values_list("server_id", flat=True)
        )

    def word(self, server: Server, effective: Effective, *, is_dry: bool) -> str:
        """Return the verdict that keeps a server that runs from being stopped again; "": none."""
        if is_dry:
            return Verdict.DRY_DONE if server.pk in self._rehearsed else ""
        stops = self._stops.get(server.pk, [])
        tried = [one for one in stops if one.state not in {State.REFUSED, State.WITHDRAWN}]
        if tried:
            return self._of_tried(tried[-1], effective)
        return self._of_refused([one for one in stops if one.state == State.REFUSED])

    def restarted(self, server: Server) -> PowerAction | None:
        """Return the stop of ours after which somebody started the server in this cycle."""
        stops = [one for one in self._stops.get(server.pk, []) if took_effect(one)]
        if not stops or server.power != Server.Power.RUNNING or not _is_since(server, stops[-1]):
            return None
        return stops[-1]

    def _of_tried(self, last: PowerAction, effective: Effective) -> str:
        if last.is_open:
            return Verdict.ACTING
        if took_effect(last):
            return "" if effective.restop.value else Verdict.RESTARTED
        # one that was off when we came was stopped by somebody else
        return "" if last.error_code == ALREADY else Verdict.UNVERIFIED_BEFORE

    def _of_refused(self, refused: list[PowerAction]) -> str:
        if not refused:
            return ""
        settled_at = refused[-1].settled_at
        is_recent = settled_at is None or settled_at > self._now - AFTER_REFUSAL
        is_enough = len(refused) >= MOST_REFUSALS
        return Verdict.REFUSED_BEFORE if is_recent or is_enough else ""


def took_effect(action: PowerAction) -> bool:
    """Tell whether a stop of the guard's was the one that switched the server off."""
    if action.state == State.DONE:
        return action.error_code != ALREADY
    return action.state == State.UNVERIFIED and action.error_code == STARTED


def _is_since(server: Server, action: PowerAction) -> bool:
    """Tell whether a server's state was read after a stop had ended: an older one means nothing."""
    if server.power_at is None or action.settled_at is None:
        return False
    return server.power_at > action.settled_at

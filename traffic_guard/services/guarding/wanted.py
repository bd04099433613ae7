"""Whether a stop of the guard's is still wanted at the moment in which it would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from traffic_guard.models import PowerAction
from traffic_guard.services.guarding import gates
from traffic_guard.services.guarding.gates import Setting
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.policies import resolving
from traffic_guard.services.telling import preferences


def objections(actions: Sequence[PowerAction], now: datetime) -> dict[int, str]:
    """Return why automatic stops are not sent any more, by action id; people's own always are.

    Actions with their server, its account and tenant; a few queries for all.
    """
    found = {
        one.pk: "stays_off"
        for one in actions
        # somebody wants it off, or has started it, since the reset was acted upon
        if one.origin == PowerAction.Origin.RESUME and one.server.kept_off_by_id is None
    }
    ours = [
        one
        for one in actions
        if one.origin == PowerAction.Origin.GUARD and one.kind == PowerAction.Kind.STOP
    ]
    return found | _of_stops(ours, now) if ours else found


def _of_stops(ours: Sequence[PowerAction], now: datetime) -> dict[int, str]:
    policies = resolving.effective_many([one.server for one in ours])
    limits = preferences.of(ours[0].tenant_id)
    found: dict[int, str] = {}
    for action in ours:
        server = action.server
        setting = Setting(
            server.account.tenant,
            server.account,
            limits,
            policies[server.pk],
            now,
        )
        word = gates.objection(server, setting)
        if not word and action.cycle_end is not None and action.cycle_end <= now:
            # its quota is full again: what was read before says nothing any more
            word = Verdict.CYCLE_OVER
        if word:
            found[action.pk] = str(word)
    return found

"""Dry runs: at first, or always, a stop is only logged and told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from traffic_guard.models import Policy, Server, ServerPackage
from traffic_guard.services.policies import first_cycles
from traffic_guard.services.policies.resolving import Effective

FIRST, ALWAYS = Policy.DryRun.FIRST_CYCLE.value, Policy.DryRun.ALWAYS.value


def is_dry(effective: Effective, first_cycle_end: datetime | None, now: datetime) -> bool:
    """Tell whether a stop would only be said; `first_cycle_end` None: nothing was read yet."""
    if effective.dry_run.value == ALWAYS:
        return True
    if effective.dry_run.value != FIRST:
        return False
    return first_cycle_end is None or now < first_cycle_end


def first_cycle_ends(servers: Iterable[Server]) -> dict[int, datetime]:
    """Return the end of the first cycle in which each server was watched, by its id; one query.

    All its packages count, also those that were renewed or have ended: the cycle of a renewed one
    is not the first that we see.
    """
    links = ServerPackage.objects.filter(
        server__in=list(servers), package__first_cycle_end__isnull=False
    ).values_list(
        "server_id", "package__first_cycle_end", "package__is_resetting", "package__created_at"
    )
    ends: dict[int, datetime] = {}
    for server_id, end, is_resetting, since in links:
        if end is None:
            continue
        found = first_cycles.end(end, since, is_resetting=is_resetting)
        ends[server_id] = min(found, ends.get(server_id, found))
    return ends

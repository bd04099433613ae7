"""The live state of servers, asked for and written at once: what every act begins with."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from traffic_guard.gateways.cloud import Busy, CloudError, CloudProvider, LiveServer, Place
from traffic_guard.models import Server
from traffic_guard.services.readings import regions
from traffic_guard.services.readings.budget import Budget, Stopwatch
from traffic_guard.services.readings.writing import STATE_FIELDS, take_state

# with a poll before it, it stays below the limit of a task
LONGEST = timedelta(seconds=60)
# seconds until a place that was not asked any more has its turn
AGAIN = 30.0


@dataclass(frozen=True, slots=True)
class Live:
    """Servers as they are, by our id; one may be absent. `errors`: places that gave no answer."""

    servers: dict[int, LiveServer] = field(default_factory=dict)
    errors: dict[Place, CloudError] = field(default_factory=dict)


def look(
    provider: CloudProvider,
    servers: Iterable[Server],
    now: datetime,
    stopwatch: Stopwatch = time.monotonic,
) -> Live:
    """Return servers as they are now, and write it; trouble in one place is no other place's.

    Outside a transaction: it asks the cloud, once a place and 100 servers. They are one account's,
    with it. Places that did not answer come last; what is not asked when the time is spent is Busy:
    it was not carried out.
    """
    found, budget = Live(), Budget(LONGEST, stopwatch)
    chosen = list(servers)
    away = chosen[0].account.away if chosen else []
    for place, there in regions.in_order(by_place(chosen).items(), away):
        if budget.is_spent:
            found.errors[place] = Busy(AGAIN)
            continue
        try:
            states = provider.states(place, [one.cloud_id for one in there])
        except CloudError as error:
            found.errors[place] = error
            continue
        if place.region in regions.failures(away):
            regions.heard(there[0].account_id, place.region)
        for server in there:
            if (state := states.get(server.cloud_id)) is not None:
                found.servers[server.pk] = state
                _write(server, state, now)
    return found


def _write(server: Server, state: LiveServer, now: datetime) -> None:
    take_state(server, state, now)
    values = {name: getattr(server, name) for name in STATE_FIELDS}
    Server.objects.filter(pk=server.pk).update(**values)


def by_place(servers: Iterable[Server]) -> dict[Place, list[Server]]:
    """Return servers by where they are: calls about servers go to one region's project."""
    found: dict[Place, list[Server]] = {}
    for server in servers:
        found.setdefault(Place(*server.place), []).append(server)
    return found

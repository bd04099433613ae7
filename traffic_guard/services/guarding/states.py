"""The live state of servers, asked for and written at once: what every act begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from traffic_guard.gateways.cloud import CloudError, CloudProvider, LiveServer, Place
from traffic_guard.models import Server
from traffic_guard.services.readings.writing import STATE_FIELDS, take_state


@dataclass(frozen=True, slots=True)
class Live:
    """Servers as they are, by our id; one may be absent. `errors`: places that gave no answer."""

    servers: dict[int, LiveServer] = field(default_factory=dict)
    errors: dict[Place, CloudError] = field(default_factory=dict)


def look(provider: CloudProvider, servers: Iterable[Server], now: datetime) -> Live:
    """Return servers as they are now, and write it; trouble in one place is no other place's.

    Outside a transaction: it asks the cloud, once a place and 100 servers.
    """
    found = Live()
    for place, there in by_place(servers).items():
        try:
            states = provider.states(place, [one.cloud_id for one in there])
        except CloudError as error:
            found.errors[place] = error
            continue
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

"""How often an account is read: as its servers ask, sooner near a threshold, seldom when off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from traffic_guard.models import Account, Server
from traffic_guard.services.policies.resolving import Effective, effective_many
from traffic_guard.services.policies.thresholds import bytes_of

# Billing moves once an hour: sooner than this it is only load, later too late near a threshold.
SOONEST, LATEST_NEAR = timedelta(minutes=5), timedelta(minutes=60)
OFF = timedelta(hours=6)
# one that we stopped may be started by hand, and then it sends at once
OFF_BY_US = timedelta(hours=1)
RESTING = frozenset({Server.Power.STOPPED, Server.Power.GONE})
LONGEST = timedelta(days=366)


def of_account(account: Account, now: datetime | None = None) -> timedelta:
    """Return how long to wait until an account is read again, in the tenant's open scope.

    The shortest that any of its servers asks for: its interval, or a quarter of the time until its
    traffic reaches the threshold, if that is sooner; hours where all of them are off.
    """
    servers = list(Server.objects.filter(account=account, hidden_at=None))
    return shortest(servers, effective_many(servers), now or timezone.now())


def shortest(
    servers: Iterable[Server], policies: Mapping[int, Effective], now: datetime
) -> timedelta:
    """Return the shortest wait of servers; the longest one where there are none."""
    return min((of_server(one, policies[one.pk], now) for one in servers), default=OFF)


def of_server(server: Server, effective: Effective, now: datetime) -> timedelta:
    """Return how long a server can wait for its next reading.

    Never so long that the last one grows too old meanwhile, should the next one fail.
    """
    wished = min(timedelta(minutes=effective.interval_minutes.value), effective.max_age / 2)
    if server.power in RESTING:
        longest = OFF if server.kept_off_by_id is None else OFF_BY_US
        # once the cycle has ended its new figure is waited for: the server may start again
        is_over = server.cycle_end is not None and server.cycle_end <= now
        return wished if is_over else max(wished, longest)
    near = _time_to_threshold(server, effective)
    return wished if near is None else min(wished, max(min(near / 4, LATEST_NEAR), SOONEST))


def _time_to_threshold(server: Server, effective: Effective) -> timedelta | None:
    left = server.live_remaining_bytes
    left = server.remaining_bytes if left is None else left
    threshold = bytes_of(effective, server.total_bytes)
    if left is None or threshold is None:
        return None
    if left <= threshold:
        return timedelta(0)
    if server.burn_rate is None or server.burn_rate <= 0:
        return None
    # a rate next to nothing: no date can hold the answer
    return timedelta(hours=min((left - threshold) / server.burn_rate, LONGEST.days * 24))

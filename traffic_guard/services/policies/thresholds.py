"""Below how many bytes a server is stopped, and what its readings can promise about that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max

from traffic_guard.models import OutboundHour, Server
from traffic_guard.services.policies.resolving import Effective

# Billing is up to so many hours late (the reference says one to three).
LAG_HOURS = 2
RECENT = timedelta(days=7)


def bytes_of(effective: Effective, total: int | None) -> int | None:
    """Return the rest at which to stop: the larger of GB and percent, since it comes first.

    None where the policy names only a share and the total is not known.
    """
    return larger(effective.threshold_bytes.value, effective.threshold_percent.value, total)


def larger(size: int | None, percent: float | None, total: int | None) -> int | None:
    """Return the larger of a size and a share of a total, in bytes; None where neither is known."""
    share = None if percent is None or not total else int(total * percent / 100)
    known = [one for one in (size, share) if one is not None]
    return max(known, default=None)


def least_safe(servers: Iterable[Server], now: datetime) -> dict[int, int]:
    """Return the bytes that may be gone before billing shows them, by server id; one query.

    Billing's delay at the busiest hour of the last week: below that a stop can come too late. A
    server of which nothing is known is absent.
    """
    hours = OutboundHour.objects.filter(server__in=list(servers), hour__gte=now - RECENT)
    peaks = hours.order_by().values_list("server").annotate(peak=Max("sent_bytes"))
    return {server_id: peak * LAG_HOURS for server_id, peak in peaks}

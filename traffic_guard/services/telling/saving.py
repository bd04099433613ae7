"""What stops in time have saved, as far as one can tell: an estimate, and said to be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Avg

from traffic_guard.models import OutboundHour, PowerAction, Preferences
from traffic_guard.services.readings.words import GB

State, Kind = PowerAction.State, PowerAction.Kind
# how fast a server was going is judged by this long before its stop
BEFORE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Saved:
    """Bytes above the packages that were not sent, and what they would have cost.

    `amount` None: no price is set.
    """

    size: int = 0
    amount: Decimal | None = None


def between(since: datetime, until: datetime, settings: Preferences) -> Saved:
    """Return what the guard's stops saved in a time; in the tenant's open scope.

    A server that was going at some rate would have gone on like that; what its package still holds
    would have been used first. Without figures of the live counter nothing is counted.
    """
    stops = PowerAction.objects.filter(
        origin=PowerAction.Origin.GUARD,
        kind=Kind.STOP,
        state=State.DONE,
        settled_at__lt=until,
        cycle_end__gt=since,
    ).select_related("server")
    size = sum(_saved_by(stop, since, until) for stop in stops)
    price = settings.excess_price
    if price is None:
        return Saved(size)
    return Saved(size, (price * Decimal(size) / GB).quantize(Decimal("0.01")))


def _saved_by(stop: PowerAction, since: datetime, until: datetime) -> int:
    at = stop.settled_at
    if at is None or stop.cycle_end is None:
        return 0
    hours = OutboundHour.objects.filter(server=stop.server_id, hour__gte=at - BEFORE, hour__lt=at)
    rate: float | None = hours.aggregate(rate=Avg("sent_bytes"))["rate"]
    if rate is None:
        return 0
    end = min(until, stop.cycle_end, *_started(stop, at))
    left = stop.server.remaining_bytes or 0

    def above(moment: datetime) -> float:
        return max(rate * max((moment - at).total_seconds() / 3600, 0) - left, 0)

    # what was saved before this time was told of in the digest before
    return int(above(end) - above(max(since, at)))


def _started(stop: PowerAction, at: datetime) -> Sequence[datetime]:
    """Return when somebody started the server again; empty: nobody did."""
    starts = PowerAction.objects.filter(
        server=stop.server_id, kind=Kind.START, state=State.DONE, settled_at__gt=at
    )
    found = starts.order_by("settled_at").values_list("settled_at", flat=True).first()
    return [] if found is None else [found]

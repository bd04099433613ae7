"""When a server's traffic runs out, what is left at the reset, and what may be used a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from traffic_guard.models import Server
from traffic_guard.services.forecasting import rates, spikes
from traffic_guard.services.forecasting.rates import Basis, Rate
from traffic_guard.services.readings import history, live, sums
from traffic_guard.services.readings.history import Point
from traffic_guard.services.readings.live import HOUR, Hours
from traffic_guard.services.readings.saving import Changes
from traffic_guard.services.readings.sums import Standing

LOOK_BACK = timedelta(days=7)
# a rest is used up later than this at a rate next to nothing: no date says it
FURTHEST = timedelta(days=366)
# one that is read near the reset says nothing of a day
SHORTEST_DAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come, in bytes and bytes an hour; None where it cannot be told.

    `runs_out_at` only where that is before the cycle ends. `projected_left_at_reset` is negative by
    what will be missing. `safe_daily_bytes` may be used each day until the reset.
    """

    rate: float | None = None
    window_hours: int | None = None
    basis: Basis | None = None
    runs_out_at: datetime | None = None
    projected_left_at_reset: int | None = None
    safe_daily_bytes: int | None = None
    is_spike: bool = False
    # by window: 1, 24 and 168 hours
    rates: Mapping[int, Rate] = field(default_factory=dict)


def of_server(server: Server, now: datetime, standing: Standing | None = None) -> Forecast:
    """Return a server's forecast."""
    known = None if standing is None else {server.pk: standing}
    return of_servers([server], now, known)[server.pk]


def of_servers(
    servers: Sequence[Server], now: datetime, standings: Mapping[int, Standing] | None = None
) -> dict[int, Forecast]:
    """Return forecasts by the servers' ids; at most five queries for all."""
    known = sums.standings(servers, now) if standings is None else standings
    # a bit more: an hour before the window tells that the server was there already
    hours = live.hours_of([one.pk for one in servers], now - LOOK_BACK - 2 * HOUR)
    # a week of readings is a lot: only where the counter does not tell enough
    billed = [one for one in servers if not rates.is_covered(hours.get(one.pk, {}), now)]
    points = history.of_servers(billed, now - LOOK_BACK, now) if billed else {}
    return {
        one.pk: foretell(known[one.pk], hours.get(one.pk, {}), points.get(one.pk, []), now)
        for one in servers
    }


def foretell(standing: Standing, hours: Hours, points: Sequence[Point], now: datetime) -> Forecast:
    """Return what follows from what is left and how fast it goes; pure."""
    # the hour in which it was last read is not whole
    read_at = min(standing.read_at or now, now)
    found = rates.of_windows(hours, points, read_at)
    chosen = rates.chosen(found)
    is_spike = spikes.is_spike(hours, read_at)
    left, end = standing.left, standing.cycle_end
    if chosen is None:
        return Forecast(safe_daily_bytes=safe_daily(left, end, now), is_spike=is_spike, rates=found)
    return Forecast(
        rate=chosen.bytes_an_hour,
        window_hours=chosen.window_hours,
        basis=chosen.basis,
        runs_out_at=runs_out(left, chosen.bytes_an_hour, end, now),
        projected_left_at_reset=left_at(left, chosen.bytes_an_hour, end, now),
        safe_daily_bytes=safe_daily(left, end, now),
        is_spike=is_spike,
        rates=found,
    )


def runs_out(left: int | None, rate: float, end: datetime | None, now: datetime) -> datetime | None:
    """Return when nothing is left; None: unknown, or not before the end of the cycle."""
    if left is None or end is None or rate <= 0 or left / rate > FURTHEST / HOUR:
        return None
    at = now + HOUR * (left / rate)
    return at if at < end else None


def left_at(left: int | None, rate: float, end: datetime | None, now: datetime) -> int | None:
    """Return what is left at the end of the cycle; negative: so much will be missing."""
    if left is None or end is None or end <= now:
        return None
    return int(left - rate * ((end - now) / HOUR))


def safe_daily(left: int | None, end: datetime | None, now: datetime) -> int | None:
    """Return the bytes that may be used each day until the end of the cycle."""
    if left is None or end is None or end - now < SHORTEST_DAY:
        return None
    days = (end - now) / timedelta(days=1)
    # what is left is all there is, also for a part of a day
    return int(left / max(days, 1.0))


def refresh(account_id: int, now: datetime) -> None:
    """Write rate and end of what is left on the rows of an account's servers."""
    servers = list(Server.objects.filter(account=account_id, hidden_at=None))
    keep(servers, of_servers(servers, now))


def keep(servers: Sequence[Server], forecasts: Mapping[int, Forecast | None]) -> None:
    """Write what was foretold on the servers' rows."""
    changes = Changes(servers, ("burn_rate", "runs_out_at"))
    for server in servers:
        found = forecasts.get(server.pk) or Forecast()
        server.burn_rate, server.runs_out_at = found.rate, found.runs_out_at
    changes.save()

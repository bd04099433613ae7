"""What one look at a server raises: levels, the threshold, forecasts, figures that are missing.

Each is told once a cycle, and again only after the rest has risen by the margin in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from traffic_guard.models import PowerAction, Server
from traffic_guard.services.forecasting.forecast import Forecast
from traffic_guard.services.guarding.judging import Case, Judgement
from traffic_guard.services.guarding.marks import NO_CYCLE, Marks
from traffic_guard.services.guarding.verdicts import OUTLOOKS, Verdict
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings.judging import Trouble
from traffic_guard.services.readings.sums import Standing
from traffic_guard.services.telling import alerts
from traffic_guard.services.telling.alerts import Raised

# A poll can be lost; only what stays unknown for so many is told.
LOST_POLLS = 3
# The first reading of a new cycle comes this long after the reset at the latest.
NEW_CYCLE = timedelta(hours=3)
SENDING = frozenset({Server.Power.RUNNING, Server.Power.REBOOTING})


@dataclass(slots=True)
class Seen:
    """One server as this look sees it."""

    server: Server
    standing: Standing
    effective: Effective
    case: Case
    judgement: Judgement
    forecast: Forecast | None
    # the verdict, unless planning found a better word
    outcome: str
    # the stop of ours after which somebody started it
    restarted: PowerAction | None = None

    @property
    def margin(self) -> float:
        """Points of percent by which the rest must rise."""
        return self.effective.margin_percent.value


def of(seen: Seen, marks: Marks, now: datetime) -> list[Raised]:
    """Return what is to be told of a server now, and mark it as told."""
    if seen.standing.is_known and seen.judgement.verdict is not Verdict.CYCLE_OVER:
        return [
            *_known_again(seen, marks),
            *_restarted(seen, marks),
            *_threshold(seen, marks),
            *_levels(seen, marks),
            *_ahead(seen, marks),
        ]
    return list(_unknown(seen, marks, now))


def _known_again(seen: Seen, marks: Marks) -> Iterator[Raised]:
    if marks.release(seen.server, alerts.UNKNOWN, NO_CYCLE):
        yield Raised(seen.server, alerts.KNOWN_AGAIN, standing=seen.standing)


def _restarted(seen: Seen, marks: Marks) -> Iterator[Raised]:
    """Say once for each stop of ours that its server runs again, and is below all the same."""
    end, stop = seen.standing.cycle_end, seen.restarted
    if end is None or stop is None or seen.judgement.verdict is not Verdict.RESTARTED:
        return
    if marks.raise_(seen.server, f"again{stop.pk % 10**7}", end):
        yield Raised(seen.server, alerts.THRESHOLD, standing=seen.standing, outlook=seen.outcome)


def _unknown(seen: Seen, marks: Marks, now: datetime) -> Iterator[Raised]:
    if not is_worth_telling(seen, now):
        return
    if marks.raise_(seen.server, alerts.UNKNOWN, NO_CYCLE):
        yield Raised(seen.server, alerts.UNKNOWN, standing=seen.standing, outlook=seen.outcome)


def is_worth_telling(seen: Seen, now: datetime) -> bool:
    """Tell whether it is unknown for so long, or in such a way, that somebody must know."""
    trouble = seen.standing.trouble
    if trouble in {Trouble.NO_PACKAGE, Trouble.UNREAD} or seen.server.power == Server.Power.GONE:
        return False
    if trouble == Trouble.CYCLE_OVER:
        ends = [one.cycle_end for one in seen.standing.packages if one.cycle_end]
        return bool(ends) and min(ends) + NEW_CYCLE <= now
    if trouble in {Trouble.STALE, Trouble.UNKNOWN_UNIT, Trouble.MIXED, Trouble.TYPES}:
        return True
    return max((one.misses for one in seen.standing.packages), default=0) >= LOST_POLLS


def _threshold(seen: Seen, marks: Marks) -> Iterator[Raised]:
    end, threshold, left = seen.standing.cycle_end, seen.case.threshold, seen.standing.left
    if end is None or threshold is None or left is None:
        return
    if seen.judgement.verdict is Verdict.THRESHOLD_TOO_HIGH:
        return
    margin = (seen.standing.total or 0) * seen.margin / 100
    if left > threshold + margin:
        marks.release(seen.server, alerts.THRESHOLD, end)
    # the live counter may be the first to know; it is told of the same
    if left <= threshold and marks.raise_(seen.server, alerts.THRESHOLD, end):
        outlook = seen.outcome if seen.outcome in OUTLOOKS else ""
        yield Raised(
            seen.server,
            alerts.THRESHOLD,
            standing=seen.standing,
            forecast=seen.forecast,
            outlook=outlook,
        )


def _levels(seen: Seen, marks: Marks) -> Iterator[Raised]:
    """Raise the highest level that was reached; those below it are told with it."""
    end, left = seen.standing.cycle_end, seen.standing.percent_left
    if end is None or left is None:
        return
    used, raised = 100 - left, 0
    for level in seen.effective.alert_levels.value:
        if used < level - seen.margin:
            marks.release(seen.server, str(level), end)
        if used >= level and marks.raise_(seen.server, str(level), end):
            raised = level
    if raised:
        yield Raised(
            seen.server,
            alerts.LEVEL,
            level=raised,
            standing=seen.standing,
            forecast=seen.forecast,
        )


def _ahead(seen: Seen, marks: Marks) -> Iterator[Raised]:
    """Raise what a server that runs is going to use, apart from what it has used."""
    end, forecast = seen.standing.cycle_end, seen.forecast
    if end is None or forecast is None or seen.server.power not in SENDING:
        return
    if seen.judgement.verdict is not Verdict.ABOVE:
        return
    if forecast.runs_out_at is not None and forecast.runs_out_at < end:
        if marks.raise_(seen.server, alerts.FORECAST, end):
            yield Raised(seen.server, alerts.FORECAST, standing=seen.standing, forecast=forecast)
    elif _will_do(seen, forecast):
        marks.release(seen.server, alerts.FORECAST, end)
    if not forecast.is_spike:
        marks.release(seen.server, alerts.SPIKE, end)
    elif marks.raise_(seen.server, alerts.SPIKE, end):
        yield Raised(seen.server, alerts.SPIKE, standing=seen.standing, forecast=forecast)


def _will_do(seen: Seen, forecast: Forecast) -> bool:
    """Tell whether more than the margin is left at the reset, going on like this."""
    left = forecast.projected_left_at_reset
    return left is not None and left > (seen.standing.total or 0) * seen.margin / 100

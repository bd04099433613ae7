"""Replays stored readings with the guard's own judge: what would another threshold have done?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from traffic_guard.models import OutboundHour, Package, Server
from traffic_guard.services.guarding import samples
from traffic_guard.services.guarding.judging import Basis, Case, Sample, judge
from traffic_guard.services.policies import resolving, thresholds
from traffic_guard.services.readings import live, sums

# Old readings are thinned to one a day; two that follow each other so still confirm each other.
THINNED = timedelta(hours=25)
HOUR = timedelta(hours=1)
# readings before one that tell when its bill moved
BACK = 12


@dataclass(frozen=True, slots=True)
class WouldStop:
    """One stop as it would have been; bytes. One a cycle, as the guard does it."""

    decided_at: datetime
    stopped_at: datetime  # after the grace period
    cycle_end: datetime
    basis: Basis
    threshold: int
    left: int  # by the reading that decided
    # at the stop, by the newest reading before it
    left_at_stop: int
    # what was sent beyond the package after that moment; None: the live counter does not tell
    excess_avoided: int | None

    @property
    def off_for(self) -> timedelta:
        """How long it would have been off until the reset."""
        return max(self.cycle_end - self.stopped_at, timedelta(0))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a threshold would have done over a time."""

    since: datetime
    until: datetime
    readings: int
    stops: tuple[WouldStop, ...]
    # the lowest rest that was read; None: nothing was
    least: int | None


def replay(
    server: Server,
    *,
    since: datetime,
    until: datetime,
    threshold_bytes: int | None = None,
    threshold_percent: float | None = None,
    grace: timedelta | None = None,
) -> WhatIf:
    """Return what would have happened with another threshold or grace period; nothing is written.

    As if the server had run all the time, with automatic stops on. What is not given holds as the
    policy says. Four queries.
    """
    effective = resolving.effective(server)
    if threshold_bytes is None and threshold_percent is None:
        threshold_bytes = effective.threshold_bytes.value
        threshold_percent = effective.threshold_percent.value
    packages = all_packages(server)
    read = samples.between(packages, since, until)
    is_shared = any(one.kind == Package.Kind.SHARED for one in packages)
    hours = _hours(server, since, until)
    grace = effective.grace if grace is None else grace
    stops = list[WouldStop]()
    for number, sample in enumerate(read):
        if stops and sample.cycle_end == stops[-1].cycle_end:
            continue
        threshold = thresholds.larger(threshold_bytes, threshold_percent, sample.total)
        counted = {} if is_shared else _until(hours, sample.at)
        case = _case(read, number, threshold, counted, effective.max_age)
        judgement = judge(case)
        if judgement.is_stop and threshold is not None:
            found = _stop(read, number, threshold, grace, judgement.basis, hours)
            stops += [found] if found is not None else []
    least = min((one.remaining for one in read), default=None)
    return WhatIf(since, until, len(read), tuple(stops), least)


def all_packages(server: Server) -> Sequence[Package]:
    """Return the packages that count for a server now."""
    return sums.in_effect([server.pk]).get(server.pk, [])


def _case(
    read: Sequence[Sample],
    number: int,
    threshold: int | None,
    hours: live.Hours,
    max_age: timedelta,
) -> Case:
    newest = read[number]
    shown = read[max(number - BACK, 0) : number + 1][::-1]
    return Case(
        now=newest.at,
        samples=shown,
        trouble="",
        threshold=threshold,
        counted_left=samples.counted_left(shown, hours, newest.at, is_off=False),
        max_age=max(max_age, THINNED) if _is_thinned(shown, max_age) else max_age,
        power=Server.Power.RUNNING,
        power_at=newest.at,
    )


def _is_thinned(shown: Sequence[Sample], max_age: timedelta) -> bool:
    return len(shown) > 1 and max_age < shown[0].at - shown[1].at <= THINNED


def _stop(
    read: Sequence[Sample],
    number: int,
    threshold: int,
    grace: timedelta,
    basis: Basis,
    hours: dict[datetime, int],
) -> WouldStop | None:
    """Return the stop that a verdict would have led to; None: the grace period saved it."""
    decided = read[number]
    stopped_at = decided.at + grace
    if stopped_at >= decided.cycle_end:
        return None
    within = [one for one in read[number:] if one.at <= stopped_at]
    if within[-1].remaining > threshold or within[-1].cycle_end != decided.cycle_end:
        return None
    return WouldStop(
        decided_at=decided.at,
        stopped_at=stopped_at,
        cycle_end=decided.cycle_end,
        basis=basis,
        threshold=threshold,
        left=decided.remaining,
        left_at_stop=within[-1].remaining,
        excess_avoided=_excess(read[number:], stopped_at, decided.cycle_end, hours),
    )


def _excess(
    later: Sequence[Sample], stopped_at: datetime, cycle_end: datetime, hours: dict[datetime, int]
) -> int | None:
    """Return the bytes that were sent with nothing left, between the stop and the reset."""
    empty = [one.at for one in later if one.remaining == 0 and one.cycle_end == cycle_end]
    if not empty:
        return 0
    since = max(empty[0], stopped_at)
    counted = [sent for hour, sent in hours.items() if since - HOUR < hour < cycle_end]
    return sum(counted) if counted else None


def _hours(server: Server, since: datetime, until: datetime) -> dict[datetime, int]:
    rows = OutboundHour.objects.filter(server=server, hour__gte=since, hour__lt=until)
    return dict(rows.values_list("hour", "sent_bytes"))


def _until(hours: dict[datetime, int], at: datetime) -> dict[datetime, int]:
    """Return what the counter knew then: the two days that it is asked about."""
    return {hour: sent for hour, sent in hours.items() if at - live.FURTHEST <= hour <= at}

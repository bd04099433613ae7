"""Whether what was read calls for a stop. Pure: the what-if page replays it over old readings.

The billed figure decides. The live counter may confirm it and never replaces it. What is missing,
late, odd, or of a cycle that has ended is unknown, and unknown never stops a server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from traffic_guard.models import Server
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.readings.cadence import AFTER_RESET
from traffic_guard.services.readings.judging import Trouble

# "running" counts as live for so long: what an empty package needs in place of a second reading
LIVE_POWER = timedelta(minutes=30)
Power = Server.Power
Basis = Literal["", "two_readings", "live", "exhausted"]
# words of readings/judging.py with a verdict of their own; all others are `unknown`
TROUBLES: dict[str, Verdict] = {
    Trouble.NO_PACKAGE: Verdict.NO_PACKAGE,
    Trouble.CYCLE_OVER: Verdict.CYCLE_OVER,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a server's packages had left when they were read, in bytes."""

    at: datetime
    remaining: int
    total: int
    cycle_end: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """All that decides about one server at one moment."""

    now: datetime
    # newest first; the first one is the standing that is judged
    samples: Sequence[Sample]
    trouble: str  # why the standing is unknown; empty: it is known
    threshold: int | None
    # figures move for some minutes after the reset; None: nobody asks when that was
    cycle_start: datetime | None = None
    # the standing less what the live counter saw since its bill moved; None: it does not tell
    live_left: int | None = None
    # the reading before, less the same: a figure that knows nothing of the newest bill
    counted_left: int | None = None
    max_age: timedelta = timedelta(hours=3)
    power: str = Power.RUNNING
    power_at: datetime | None = None
    # a stop of ours keeps it off
    is_kept_off: bool = False
    # the first objection of people and settings (gates.py), and what was tried before: verdicts
    objection: str = ""
    history: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and what confirmed a rest that is below."""

    verdict: Verdict
    basis: Basis = ""

    @property
    def is_stop(self) -> bool:
        """Whether the server is to be stopped."""
        return self.verdict is Verdict.STOP


def judge(case: Case) -> Judgement:
    """Return what a case comes to: the first thing that decides it."""
    unknown = _unknown(case)
    if unknown is not None:
        return Judgement(unknown)
    if (above := _above(case)) is not None:
        return Judgement(above)
    basis = confirmation(case)
    against = _off(case) or case.objection or _not_running(case) or case.history
    if against:
        return Judgement(Verdict(against), basis)
    return Judgement(Verdict.STOP if basis else Verdict.UNCONFIRMED, basis)


def confirmation(case: Case) -> Basis:
    """Return what confirms that the newest reading is below: a second one, or a second source.

    The second source is the live counter, taken off the bill before: what it says of the newest
    bill itself is no second opinion, since it begins with that. Two readings count that follow each
    other, of different polls, both fresh and of the cycle that runs. An empty package needs only
    that the server was just seen to run.
    """
    newest, *older = case.samples
    threshold = case.threshold or 0
    if older and is_fresh(older[0], case) and older[0].at < newest.at:
        is_same_cycle = older[0].cycle_end == newest.cycle_end
        if is_same_cycle and older[0].remaining <= threshold:
            return "two_readings"
    if case.counted_left is not None and case.counted_left <= threshold:
        return "live"
    is_live = case.power_at is not None and case.power_at > case.now - LIVE_POWER
    if newest.remaining == 0 and case.power == Power.RUNNING and is_live:
        return "exhausted"
    return ""


def is_fresh(sample: Sample, case: Case) -> bool:
    """Tell whether a reading still says something: neither too old nor of another time."""
    return case.now - case.max_age <= sample.at <= case.now


def _unknown(case: Case) -> Verdict | None:
    if case.power == Power.GONE:
        return Verdict.GONE
    if case.trouble:
        return TROUBLES.get(case.trouble, Verdict.UNKNOWN)
    # what follows the standing already rules out, and costs a server if it ever does not
    if not case.samples or not is_fresh(case.samples[0], case) or case.samples[0].total <= 0:
        return Verdict.UNKNOWN
    if case.samples[0].cycle_end <= case.now or _is_of_the_reset(case):
        return Verdict.CYCLE_OVER
    if case.threshold is None:
        return Verdict.NO_THRESHOLD
    # else a small package would be stopped while it is full
    return Verdict.THRESHOLD_TOO_HIGH if case.threshold >= case.samples[0].total else None


def _is_of_the_reset(case: Case) -> bool:
    start = case.cycle_start
    return start is not None and case.samples[0].at < start + AFTER_RESET


def _above(case: Case) -> Verdict | None:
    threshold = case.threshold or 0
    if case.samples[0].remaining <= threshold:
        return None
    is_live_below = case.live_left is not None and case.live_left <= threshold
    return Verdict.LIVE_ONLY if is_live_below else Verdict.ABOVE


def _off(case: Case) -> str:
    if case.power not in {Power.STOPPED, Power.STOPPING}:
        return ""
    return Verdict.KEPT_OFF if case.is_kept_off else Verdict.ALREADY_OFF


def _not_running(case: Case) -> str:
    """Return why a server that is not off cannot be stopped now either."""
    is_old = case.power_at is None or case.power_at < case.now - case.max_age
    if case.power == Power.UNKNOWN or is_old:
        return Verdict.POWER_UNKNOWN
    return "" if case.power == Power.RUNNING else Verdict.NOT_RUNNING

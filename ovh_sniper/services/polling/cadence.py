"""When a poller looks at what: the whole stock list of a host, or the list of one armed plan.

Plain arithmetic, in seconds of any clock. OVH publishes no limit; its staff called 60 calls a
minute fair (github.com/ovh/python-ovh/issues/81), so all hosts together stay below that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf

from ovh_sniper.services.polling import shares

# The whole list has no plan code.
EVERYTHING = ""
# Seconds between two looks at the whole list: while nothing is armed, and the bounds otherwise.
IDLE = 60.0
QUICKEST_FULL, SLOWEST_FULL = 15.0, 60.0
# While something is armed, the whole list is looked at once in so many intervals.
INTERVALS_A_FULL = 6
# Calls a minute from this address, over all hosts, and the shortest time between two to one host.
CALLS_A_MINUTE = 50
SHORTEST_GAP = 1.0
# Each wait is up to this much shorter or longer, so that we are no metronome.
JITTER = 0.1
# After a 429 everything takes twice as long, at most so many times; each success takes a bit back.
MOST_STRAIN, RELIEF = 8.0, 0.95


@dataclass(frozen=True, slots=True)
class Demand:
    """What is wanted of one host's poller."""

    is_armed: bool = False  # somebody waits for something
    plans: tuple[str, ...] = ()  # what it is, as far as it has lists of its own
    # the plans of each tenant: what he orders or is asked about comes before what he only watches.
    # Needed where there are too many for all to be looked at as often as wanted.
    ordered: tuple[tuple[str, ...], ...] = ()
    watched: tuple[tuple[str, ...], ...] = ()
    interval: float = IDLE  # seconds, the shortest that a tenant with an armed wish asked for
    armed_hosts: int = 1  # they share this address


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at next, and when."""

    plan_code: str
    at: float


@dataclass(slots=True)
class Cadence:
    """The rhythm of one host. `luck` gives random numbers from 0 to 1."""

    luck: Callable[[], float]
    strain: float = 1.0
    _called: float | None = None
    _counted: dict[str, float] = field(default_factory=dict)  # plan code -> its interval's start
    _turns: dict[str, float] = field(default_factory=dict)  # plan code -> its own last look

    def next(self, demand: Demand, now: float) -> Look:
        """Return the next look; one whose time is over is due now."""
        every = dict(plan_intervals(demand))
        every[EVERYTHING] = full_interval(demand)
        due = {
            code: self._counted[code] + seconds * self.strain if code in self._counted else now
            for code, seconds in every.items()
        }
        # of equals the whole list first, since it shows the others; then whose turn it is
        code = min(due, key=lambda one: (due[one], one != EVERYTHING, self._turns.get(one, 0.0)))
        soonest = now if self._called is None else self._called + gap(demand) * self.strain
        return Look(code, max(due[code], soonest))

    def looked(self, demand: Demand, plan_code: str, now: float, *, worked: bool) -> None:
        """Take note of a call that was made; a list that cannot be had is not asked for at once."""
        self._called = now
        is_whole = plan_code == EVERYTHING
        if is_whole and worked:
            self._begin_anew(demand, now)
        wait = full_interval(demand) if is_whole else plan_intervals(demand).get(plan_code, IDLE)
        spread = min(wait, IDLE) * JITTER
        self._counted[plan_code] = now + (2 * self.luck() - 1) * spread
        self._turns[plan_code] = now

    def _begin_anew(self, demand: Demand, now: float) -> None:
        """Have all plans follow the whole list, which showed them, one by one.

        Plans that are armed no more are forgotten.
        """
        self._turns = {code: self._turns.get(code, 0.0) for code in demand.plans}
        alike: dict[float, list[str]] = {}
        for code in sorted(self._turns, key=self._turns.__getitem__):
            alike.setdefault(plan_intervals(demand)[code], []).append(code)
        self._counted = {
            code: now - interval + interval / len(codes) * number
            for interval, codes in alike.items()
            if interval < inf
            for number, code in enumerate(codes, 1)
        } | dict.fromkeys(alike.get(inf, ()), now)

    def again(self, plan_code: str) -> None:
        """Have a list looked at as soon as a call may be made: what it showed is in doubt."""
        self._counted.pop(plan_code, None)

    def throttled(self) -> None:
        """Slow down: OVH said that there are too many calls."""
        self.strain = min(self.strain * 2, MOST_STRAIN)

    def relieved(self) -> None:
        """Go back to the usual pace, a bit with each success."""
        self.strain = max(self.strain * RELIEF, 1.0)


def gap(demand: Demand) -> float:
    """Return the shortest time between two calls to the host."""
    return max(SHORTEST_GAP, demand.armed_hosts * 60 / CALLS_A_MINUTE)


@lru_cache(8)
def plan_intervals(demand: Demand) -> dict[str, float]:
    """Return how often each armed plan is looked at: as wanted, or as often as calls allow.

    Infinity: only the whole list shows it.
    """
    if is_enough(demand):
        return dict.fromkeys(demand.plans, demand.interval)
    known = set(demand.plans)
    ordered, watched = (
        [mine for plans in each if (mine := [one for one in plans if one in known])]
        for each in (demand.ordered, demand.watched)
    )
    rest = sorted(known.difference(*ordered, *watched))
    found = shares.rates(
        [ordered, watched, [rest]], calls=1 / gap(demand), most=1 / demand.interval
    )
    return {code: 1 / rate if rate > 0 else inf for code, rate in found.items()}


def is_enough(demand: Demand) -> bool:
    """Tell whether all armed plans can be looked at as often as wanted."""
    return len(demand.plans) * gap(demand) <= demand.interval


def plan_interval(demand: Demand) -> float:
    """Return how often each armed plan is looked at, at least."""
    return max(plan_intervals(demand).values(), default=demand.interval)


def full_interval(demand: Demand) -> float:
    """Return how often the whole list is looked at."""
    if not demand.is_armed:
        return IDLE
    if plan_interval(demand) > max(demand.interval, QUICKEST_FULL):
        # so many plans take turns that the whole list shows each of them sooner
        return QUICKEST_FULL
    return min(SLOWEST_FULL, max(QUICKEST_FULL, demand.interval * INTERVALS_A_FULL))


def usual_interval(demand: Demand) -> float:
    """Return how often what is armed is looked at, or the whole list where nothing is."""
    return min(plan_interval(demand), full_interval(demand))

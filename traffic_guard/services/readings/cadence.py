"""When an account is read next; plain arithmetic on times.

How often an account is read is a matter of its policies (services/policies/intervals.py, above us);
here are the reset, the pauses after failures, and a little luck, so that accounts spread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from traffic_guard.models import Account, Package

# Return how long an account can wait after this reading.
IntervalOf = Callable[[Account], timedelta]
USUAL, QUICKEST = timedelta(minutes=15), timedelta(minutes=5)
# so long after the end of a cycle the new one is looked for
AFTER_RESET = timedelta(minutes=10)
# each wait is up to this much shorter
JITTER = 0.1
# until the clock has handed it out and a worker has its turn
HANDED_OUT = timedelta(seconds=10)
# after some failures in a row the pause grows no more
LONGEST_PAUSE = timedelta(hours=1)


def usual(account: Account) -> timedelta:
    """Return how long an account waits where no policy is asked."""
    del account
    return USUAL


def until_reset(wait: timedelta, packages: Iterable[Package], now: datetime) -> timedelta:
    """Return a wait that ends soon after the next end of a cycle, if that is sooner."""
    ends = [one.cycle_end for one in packages if one.cycle_end and one.cycle_end > now]
    return min(wait, min(ends) + AFTER_RESET - now) if ends else wait


def in_time(wait: timedelta, luck: float) -> timedelta:
    """Return how long to wait so that the reading is there when it is wanted; see `jittered`."""
    return jittered(wait, luck) - min(HANDED_OUT, wait / 2)


def jittered(wait: timedelta, luck: float) -> timedelta:
    """Return a wait a bit shortened; `luck` is from 0 to 1."""
    return wait * (1 - JITTER * luck)


def pause(failures: int, wait: timedelta, asked: float = 0.0) -> timedelta:
    """Return how long to wait after so many failures in a row; `asked`: seconds by the cloud."""
    grown = QUICKEST * (1 << min(max(failures - 1, 0), 8))
    return max(min(grown, max(wait, LONGEST_PAUSE)), timedelta(seconds=asked))

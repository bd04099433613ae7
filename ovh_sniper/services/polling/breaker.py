"""How long a poller waits after failures, and when it counts OVH as away."""

from __future__ import annotations

# So many failures in a row open the breaker: from then on single probes, far apart.
OPENS_AFTER = 5
# Seconds after the first failure; each further one doubles it.
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 120.0
# Up to so much longer, so that pollers that failed together do not come back together.
SPREAD = 0.25


def is_open(failures: int) -> bool:
    """Tell whether OVH counts as away after so many failures in a row.

    One look that succeeds closes it: it sets the failures back to none.
    """
    return failures >= OPENS_AFTER


def pause(failures: int, asked: float, luck: float) -> float:
    """Return the seconds to wait after so many failures in a row (1 or more).

    `asked` is how long OVH told us to wait, 0 where it named no time: never less than that.
    `luck` is a random number from 0 to 1.
    """
    if is_open(failures):
        own = LONGEST_PAUSE
    else:
        own = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
    return max(own, asked) * (1 + SPREAD * luck)

"""Until when a package is in the first cycle that we saw of it: dry runs last so long."""

from __future__ import annotations

from datetime import datetime, timedelta

# The first "cycle" of a package that never resets would last for a year.
LONGEST = timedelta(days=31)


def end(first_cycle_end: datetime, since: datetime, *, is_resetting: bool) -> datetime:
    """Return when the first cycle of a package is over that is known since a time."""
    return first_cycle_end if is_resetting else min(first_cycle_end, since + LONGEST)

"""What a cloud's answer on a package is worth: bytes, or the word for why it is not known.

Unknown is never zero: only a figure that is whole, of a unit that we know and of the cycle that
runs becomes a reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from traffic_guard.gateways.cloud import Usage

# a billed figure is as old as this when it is still believed, where no policy says otherwise
MAX_AGE = timedelta(hours=3)
# a cloud's clock may be a little ahead of ours
SKEW = timedelta(minutes=10)
# bytes: no package is that large, and sums of a few still fit a column
LARGEST = 2**56


class Trouble(StrEnum):
    """Why it is unknown what is left; `Package.trouble` and `Standing.trouble` hold these words."""

    NONE = ""
    MISSING = "missing"  # the cloud did not answer for this id
    NO_AMOUNT = "no_amount"  # the rest is absent or no number
    NEGATIVE = "negative"
    NO_TOTAL = "no_total"  # the quota is absent, 0, or more than there can be
    ABOVE_TOTAL = "above_total"  # more is left than the package has
    UNKNOWN_UNIT = "unknown_unit"
    NO_CYCLE = "no_cycle"  # begin or end of the cycle is absent or odd
    CYCLE_OVER = "cycle_over"  # nothing was read of the new cycle yet
    NOT_BEGUN = "not_begun"  # the cycle begins later
    # --- of what is stored, not of an answer
    UNREAD = "unread"  # never read so far
    STALE = "stale"  # the newest reading is too old
    NO_PACKAGE = "no_package"  # the server has none that is in effect
    MIXED = "mixed"  # its packages are of several regions: no sum means anything
    # its shared packages are of several types, or of unknown ones: they pay for different addresses
    TYPES = "types"


@dataclass(frozen=True, slots=True)
class Judged:
    """What an answer says, in bytes; all None where there is trouble."""

    remaining: int | None
    total: int | None
    trouble: Trouble = Trouble.NONE


def judge(usage: Usage, unit_bytes: int | None, now: datetime) -> Judged:
    """Return what an answer says; `unit_bytes` None: its unit is unknown or none of traffic."""
    trouble = _trouble(usage, unit_bytes, now)
    if trouble:
        return Judged(None, None, trouble)
    remaining, total = _bytes(usage.remaining, unit_bytes), _bytes(usage.total, unit_bytes)
    if total is not None and total > LARGEST:
        return Judged(None, None, Trouble.NO_TOTAL)
    return Judged(remaining, total)


def _trouble(usage: Usage, unit_bytes: int | None, now: datetime) -> Trouble:
    return (
        (Trouble.UNKNOWN_UNIT if not unit_bytes else Trouble.NONE)
        or _odd_amounts(usage.remaining, usage.total)
        or odd_cycle(usage.cycle_start, usage.cycle_end, now)
    )


def _odd_amounts(remaining: Decimal | None, total: Decimal | None) -> Trouble:
    if remaining is None or not remaining.is_finite():
        return Trouble.NO_AMOUNT
    if remaining < 0:
        return Trouble.NEGATIVE
    if total is None or not total.is_finite() or total <= 0:
        return Trouble.NO_TOTAL
    return Trouble.ABOVE_TOTAL if remaining > total else Trouble.NONE


def odd_cycle(start: datetime | None, end: datetime | None, now: datetime) -> Trouble:
    """Return what is wrong with a cycle at a moment; nothing while it runs."""
    if start is None or end is None or start >= end:
        return Trouble.NO_CYCLE
    if end <= now:
        return Trouble.CYCLE_OVER
    return Trouble.NOT_BEGUN if start > now + SKEW else Trouble.NONE


def _bytes(amount: Decimal | None, unit_bytes: int | None) -> int | None:
    return None if amount is None or unit_bytes is None else int(amount * unit_bytes)

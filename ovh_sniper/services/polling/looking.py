"""One look at a host's stock list: asked for, doubted or believed, and written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import Shelf, StockRow
from ovh_sniper.gateways.stock import Stock
from ovh_sniper.services.polling.cadence import EVERYTHING
from ovh_sniper.services.stock import intervals
from ovh_sniper.services.stock.intervals import Known, StockChange

# A list this long does not lose half of its rows between two looks.
LONG = 100
# A list that lacks so much is believed once it has been so for this long, never at one look.
BELIEVED_AFTER = timedelta(seconds=45)


class Doubtful(Exception):
    """The list lacks so much that it is looked at again before it is believed."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a list is told from the next one: OVH's ETag and our digest of its bytes."""

    etag: str = ""
    digest: str = ""


class Eyes:
    """One process's looks at a host, with what it remembers of the last ones."""

    def __init__(self, host: Host, open_shelf: Callable[[Host], Shelf]) -> None:
        self.host = host
        self.shelf = open_shelf(host)
        self.known: Known | None = None
        self.marks: dict[str, Mark] = {}
        self.plans: dict[str, tuple[int, int]] = {}  # plan code -> how many rows, hash of them
        self.doubted: dict[str, datetime] = {}

    def prepare(self) -> Known:
        """Return what is known, read anew where it was forgotten."""
        if self.known is None:
            self.known = intervals.load(self.host)
            gone = self.known.gone
            self.plans = _grouped(row for fqn, row in self.known.rows.items() if fqn not in gone)
        return self.known

    def forget(self) -> None:
        """Have everything read anew: another process wrote, or nobody knows what was written."""
        self.known = None
        self.marks.clear()
        self.doubted.clear()

    def ask(self, plan_code: str) -> Stock:
        """Ask OVH for a list; no database, any thread.

        Raises:
            OvhError: see gateways/errors.py.
        """
        mark = self.marks.get(plan_code, Mark())
        return self.shelf.availabilities(plan_code, etag=mark.etag, digest=mark.digest)

    def take(self, plan_code: str, answer: Stock, at: datetime) -> list[StockChange]:
        """Write what a list changed, and return it; `remember` it when that was acted upon.

        Raises:
            Doubtful: nothing was written, look again.
            intervals.Superseded: another process writes this host; call `forget`.
        """
        known = self.prepare()
        if answer.is_unchanged:
            intervals.unchanged(known, at, plan_code=plan_code)
            return []
        self._doubt(plan_code, len(answer.rows), at)
        return intervals.apply(known, answer.rows, at, plan_code=plan_code)

    def remember(self, plan_code: str, answer: Stock) -> frozenset[str]:
        """Keep what the next look is compared with; return plans that were never listed before."""
        self.doubted.pop(plan_code, None)
        self.marks[plan_code] = Mark(answer.etag, answer.digest)
        if answer.is_unchanged:
            return frozenset()
        before, found = self.plans, _grouped(answer.rows)
        if plan_code != EVERYTHING:
            self.plans = {**before, plan_code: found.get(plan_code, (0, 0))}
            if before.get(plan_code) != self.plans[plan_code]:
                # the whole list as it was last shows what is no longer so
                self.marks.pop(EVERYTHING, None)
        else:
            self.plans = found
            for code in before.keys() | found.keys():
                if before.get(code) != found.get(code):
                    self.marks.pop(code, None)
        return frozenset(found.keys() - before.keys())

    def rows(self) -> int:
        """Return how many rows the whole list has."""
        return sum(count for count, _hash in self.plans.values())

    def _doubt(self, plan_code: str, count: int, at: datetime) -> None:
        is_whole = plan_code == EVERYTHING
        before = self.rows() if is_whole else self.plans.get(plan_code, (0, 0))[0]
        is_empty = count == 0 and (before > 0 or is_whole)
        if not is_empty and (before < LONG or count >= before / 2):
            return
        since = self.doubted.setdefault(plan_code, at)
        if at - since < BELIEVED_AFTER:
            raise Doubtful(f"{count} rows after {before}")


def _grouped(rows: Iterable[StockRow]) -> dict[str, tuple[int, int]]:
    """Return plan code -> how many rows it has, and a hash of them in any order."""
    found: dict[str, set[StockRow]] = defaultdict(set)
    for row in rows:
        found[row.plan_code].add(row)
    return {code: (len(some), hash(frozenset(some))) for code, some in found.items()}

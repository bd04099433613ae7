"""A poller's turn in time that a test moves, and a shelf that shows what a test puts there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import Catalogue, StockRow, VpsStock, shelf
from ovh_sniper.gateways.stock import Stock
from ovh_sniper.models import Poller, Wish
from ovh_sniper.services.polling import serving
from ovh_sniper.services.polling.serving import End
from ovh_sniper.tests.shelves import START, at
from tenants.models import Tenant
from tenants.scoping import scope

Act = Callable[[], Any]
PLAN = "27sk15"


class Time:
    """Time that passes only while a poller rests; things may be done at given seconds."""

    def __init__(self, begins: float, stop_at: float, acts: dict[float, Act]) -> None:
        self.seconds = begins
        self.stop_at = stop_at
        self.acts = dict(acts)

    def now(self) -> datetime:
        return at(self.seconds)

    def rest(self, seconds: float) -> bool:
        self.seconds += seconds
        for when in sorted(when for when in self.acts if when <= self.seconds):
            self.acts.pop(when)()
        return self.seconds >= self.stop_at


class FakeShelf:
    """Shows rows, or raises what a test wants; notes what was asked for, and in which second.

    It knows no digests: each look gets the whole answer.
    """

    def __init__(self, *rows: StockRow) -> None:
        self.rows: Sequence[StockRow] = rows
        self.asked: list[tuple[float, str]] = []
        self.error: Exception | None = None
        self.errors: dict[str, Exception] = {}
        self.time = Time(0, 0, {})

    def availabilities(self, plan_code: str = "", *, etag: str = "", digest: str = "") -> Stock:
        self.asked.append((self.time.seconds, plan_code))
        error = self.error or self.errors.get(plan_code)
        if error is not None:
            raise error
        rows = tuple(row for row in self.rows if plan_code in ("", row.plan_code))
        return Stock(rows, "", "")

    def catalogue(self, subsidiary: str) -> Catalogue:
        raise NotImplementedError

    def vps(self, subsidiary: str, plan_code: str) -> tuple[VpsStock, ...]:
        raise NotImplementedError

    def seconds(self, plan_code: str = "") -> list[float]:
        """Return when one list was asked for."""
        return [round(second, 3) for second, code in self.asked if code == plan_code]


def turn(
    seconds: float,
    acts: dict[float, Act] | None = None,
    *,
    host: Host = Host.EU,
    shown: FakeShelf | None = None,
    begins: float = 0.0,
) -> End:
    """Poll from second `begins` to second `seconds`, without jitter; return why it ended.

    What `shown` shows, or the emulated OVH.
    """
    time = Time(begins, seconds, acts or {})
    if shown is not None:
        shown.time = time
    return serving.run(
        host,
        rest=time.rest,
        now=time.now,
        open_shelf=lambda host: shown or shelf(host),
        luck=lambda: 0.5,
    )


def poller(host: Host = Host.EU) -> Poller:
    """Return what a host's poller wrote of itself."""
    return Poller.objects.get(host=host)


def arm(tenant: Tenant, **fields: Any) -> Wish:
    """Write an armed wish without an account: an alert."""
    values = {"host": "eu", "subsidiary": "FR", "plan_code": PLAN, **fields}
    with scope(tenant):
        wish: Wish = Wish.objects.create(tenant=tenant, **values)
    return wish


def since_start(moment: datetime | None) -> float | None:
    """Return the seconds from a test's start."""
    return None if moment is None else (moment - START).total_seconds()

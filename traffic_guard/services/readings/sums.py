"""What a server has left: the sum of its own packages in effect, or why it is not known.

Its own (bundled) packages count alone; a server without any counts the shared packages that its
tenant named it for. Packages of several regions are never added, nor are shared ones that pay for
addresses of several types. One that is unknown makes the sum unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from traffic_guard.models import Package, Server, ServerPackage
from traffic_guard.services.readings import live
from traffic_guard.services.readings.judging import MAX_AGE, Trouble, odd_cycle


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server has left, in bytes; remaining and total None: unknown, see `trouble`.

    `live_remaining` is the billed rest less what was sent since the bill moved; None: the live
    counter does not tell. `percent_left` is of the live figure, else of the billed one.
    """

    remaining: int | None = None
    total: int | None = None
    live_remaining: int | None = None
    percent_left: float | None = None
    cycle_start: datetime | None = None
    cycle_end: datetime | None = None
    # of the package that was read longest ago; known even where the sum is not
    read_at: datetime | None = None
    moved_at: datetime | None = None
    trouble: str = ""
    packages: tuple[Package, ...] = ()

    @property
    def left(self) -> int | None:
        """The live figure, else the billed one."""
        return self.remaining if self.live_remaining is None else self.live_remaining

    @property
    def is_known(self) -> bool:
        """Whether anything may be decided by it."""
        return not self.trouble


# How old the readings of servers may be that count, by their id.
AgesOf = Callable[[Sequence[Server]], Mapping[int, timedelta]]
# A server that is off sends nothing, and is read seldom: its last reading is good for so long.
OFF_AGE = timedelta(hours=8)


def usual_ages(servers: Sequence[Server]) -> dict[int, timedelta]:
    """Return how old readings may be where no policy is asked."""
    return dict.fromkeys((server.pk for server in servers), MAX_AGE)


def standing(server: Server, now: datetime, max_age: timedelta = MAX_AGE) -> Standing:
    """Return what a server has left; two queries."""
    return standings([server], now, lambda _server: max_age)[server.pk]


def standings(
    servers: Sequence[Server],
    now: datetime,
    max_age_of: Callable[[Server], timedelta] = lambda _server: MAX_AGE,
) -> dict[int, Standing]:
    """Return what servers have left, by their id; two queries for all."""
    packages = in_effect([server.pk for server in servers])
    hours = live.hours_of(
        [server.pk for server in servers], now - live.FURTHEST - live.LAG - live.HOUR
    )
    return {
        server.pk: add(
            server, packages.get(server.pk, []), hours.get(server.pk, {}), now, max_age_of(server)
        )
        for server in servers
    }


def in_effect(server_ids: Iterable[int]) -> dict[int, list[Package]]:
    """Return the packages that count for servers, by server; one query."""
    links = ServerPackage.objects.filter(
        server_id__in=list(server_ids), package__ended_at=None, package__successor=None
    ).select_related("package")
    found: dict[int, list[Package]] = {}
    for link in links.order_by("package_id"):
        found.setdefault(link.server_id, []).append(link.package)
    return {pk: counting(packages) for pk, packages in found.items()}


def counting(packages: list[Package]) -> list[Package]:
    """Return a server's own packages, or the shared ones where it has none of its own."""
    own = [one for one in packages if one.kind == Package.Kind.BUNDLED]
    return own or packages


def trouble_of(package: Package, now: datetime, max_age: timedelta = MAX_AGE) -> str:
    """Return why it is unknown what a package has left; nothing: it is known."""
    if package.trouble:
        return package.trouble
    if package.read_at is None or package.remaining_bytes is None or not package.total_bytes:
        return Trouble.UNREAD
    over = odd_cycle(package.cycle_start, package.cycle_end, now)
    return over or (Trouble.STALE if package.read_at < now - max_age else Trouble.NONE)


def _cannot_be_added(server: Server, packages: Sequence[Package]) -> str:
    """Return why packages that are known have no sum; nothing: they have."""
    if len({one.region or server.region for one in packages}) > 1:
        return Trouble.MIXED
    lines = {one.line for one in packages if one.kind == Package.Kind.SHARED}
    is_one_line = len(lines) <= 1 and "" not in lines
    return Trouble.NONE if len(packages) == 1 or is_one_line else Trouble.TYPES


def add(
    server: Server, packages: Sequence[Package], hours: live.Hours, now: datetime, age: timedelta
) -> Standing:
    """Return the sum of packages; pure."""
    if not packages:
        return Standing(trouble=Trouble.NO_PACKAGE)
    age = max(age, OFF_AGE) if live.is_off(server) else age
    reads = [one.read_at for one in packages]
    read_at = None if None in reads else min(at for at in reads if at)
    trouble = next(filter(None, (trouble_of(one, now, age) for one in packages)), "")
    trouble = trouble or _cannot_be_added(server, packages)
    if trouble:
        return Standing(read_at=read_at, trouble=trouble, packages=tuple(packages))
    remaining = sum(one.remaining_bytes or 0 for one in packages)
    total = sum(one.total_bytes or 0 for one in packages)
    moved_at = max((one.moved_at for one in packages if one.moved_at), default=None)
    start = max(one.cycle_start for one in packages if one.cycle_start)
    sent = None
    # nobody knows what all sent who share one
    if not any(one.kind == Package.Kind.SHARED for one in packages):
        sent = live.sent_since(hours, moved_at, now, is_off=live.is_off(server), cycle_start=start)
    left = None if sent is None else max(remaining - sent, 0)
    return Standing(
        remaining=remaining,
        total=total,
        live_remaining=left,
        percent_left=100 * (remaining if left is None else left) / total,
        cycle_start=start,
        # what runs out first decides when the sum changes
        cycle_end=min(one.cycle_end for one in packages if one.cycle_end),
        read_at=read_at,
        moved_at=moved_at,
        packages=tuple(packages),
    )

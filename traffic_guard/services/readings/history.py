"""What was read, as series: of one package, or of all packages that counted for a server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from traffic_guard.models import Package, Reading, Server

FIELDS = (
    "package_id",
    "at",
    "remaining_bytes",
    "total_bytes",
    "cycle_start",
    "cycle_end",
    "live_bytes",
)


@dataclass(frozen=True, slots=True)
class Point:
    """What was left at a moment, in bytes; `live` None: the live counter did not tell."""

    at: datetime
    remaining: int
    total: int
    live: int | None
    cycle_start: datetime
    cycle_end: datetime


def readings(subject: Package | Server, since: datetime, until: datetime) -> list[Point]:
    """Return what was read from `since` to `until`, oldest first.

    Of a server's several packages a moment counts where all were read that count at the time.
    """
    if isinstance(subject, Package):
        return of_packages([subject.pk], since, until)
    return of_servers([subject], since, until)[subject.pk]


def of_servers(
    servers: Iterable[Server], since: datetime, until: datetime
) -> dict[int, list[Point]]:
    """Return the series of servers by their id; two queries."""
    from_links = packages_of(server.pk for server in servers)
    rows = _rows({pk for packages in from_links.values() for pk in packages}, since, until)
    return {pk: _sum([rows[one] for one in packages]) for pk, packages in from_links.items()}


def of_packages(package_ids: Iterable[int], since: datetime, until: datetime) -> list[Point]:
    """Return the sum of packages; one query."""
    ids = list(package_ids)
    rows = _rows(ids, since, until)
    return _sum([rows[pk] for pk in ids])


def packages_of(server_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the packages that count or counted for servers: ended ones too, but of one kind."""
    ids = list(server_ids)
    found: dict[int, list[tuple[int, str]]] = {pk: [] for pk in ids}
    rows = Package.objects.filter(links__server__in=ids).order_by("pk")
    for server_id, pk, kind in rows.values_list("links__server", "pk", "kind"):
        if server_id in found:
            found[server_id].append((pk, kind))
    return {server_id: _counting(packages) for server_id, packages in found.items()}


def _counting(packages: list[tuple[int, str]]) -> list[int]:
    own = [pk for pk, kind in packages if kind == Package.Kind.BUNDLED]
    return own or [pk for pk, _kind in packages]


def _rows(package_ids: Iterable[int], since: datetime, until: datetime) -> dict[int, list[Point]]:
    rows = Reading.objects.filter(package__in=list(package_ids), at__gte=since, at__lte=until)
    found: dict[int, list[Point]] = defaultdict(list)
    for package_id, at, remaining, total, start, end, sent in rows.order_by("at").values_list(
        *FIELDS
    ):
        left = None if sent is None else max(remaining - sent, 0)
        found[package_id].append(Point(at, remaining, total, left, start, end))
    return found


def _sum(series: list[list[Point]]) -> list[Point]:
    """Return the sums at moments at which every package was read that has readings around it."""
    lines = [line for line in series if line]
    if len(lines) < 2:
        return lines[0] if lines else []
    by_time: dict[datetime, list[Point]] = defaultdict(list)
    for line in lines:
        for point in line:
            by_time[point.at].append(point)
    spans = [(line[0].at, line[-1].at) for line in lines]
    return [
        _added(points)
        for at, points in sorted(by_time.items())
        if len(points) == sum(first <= at <= last for first, last in spans)
    ]


def _added(points: list[Point]) -> Point:
    if len(points) == 1:
        return points[0]
    remaining = sum(one.remaining for one in points)
    sent = [one.remaining - one.live for one in points if one.live is not None]
    return Point(
        at=points[0].at,
        remaining=remaining,
        total=sum(one.total for one in points),
        # each of them says what the same server sent
        live=max(remaining - max(sent), 0) if len(sent) == len(points) else None,
        cycle_start=max(one.cycle_start for one in points),
        cycle_end=min(one.cycle_end for one in points),
    )

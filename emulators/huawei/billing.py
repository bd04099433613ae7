"""What billing has counted: whole hours, some time after they have ended."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emulators.huawei.cycles import cycle_at
from emulators.huawei.models import Package, Server
from emulators.huawei.traffic import sent

if TYPE_CHECKING:
    from emulators.huawei.state import State

HOUR = 3600.0


def billed_until(state: "State") -> float:
    """The end of the last hour that counts by now."""
    return (state.now() - state.lag) // HOUR * HOUR


def current_cycle(state: "State", package: Package) -> tuple[float, float]:
    """The cycle that billing shows: it may notice the end late."""
    if not package.server_id:
        return package.bought, package.expires
    return cycle_at(package, state.now() - state.reset_delay)


def used(state: "State", package: Package) -> int:
    """Bytes of a package that billing has counted in the cycle it shows."""
    start, end = current_cycle(state, package)
    counted = _counted(state, package, start, min(billed_until(state), end))
    if package.shift and package.shift[0] == start:
        counted += round(package.shift[1])
    return min(max(counted, 0), package.total)


def remaining(state: "State", package: Package) -> int:
    """Bytes that are left by billing's count."""
    return package.total - used(state, package)


def set_remaining(state: "State", package: Package, size: int) -> None:
    """Make billing show this now; what is sent from here on comes off it."""
    start, end = current_cycle(state, package)
    counted = _counted(state, package, start, min(billed_until(state), end))
    package.shift = [start, package.total - size - counted]
    state.keep_package(package)


def users_of(state: "State", package: Package) -> list[Server]:
    """The servers whose traffic a package pays."""
    if package.server_id:
        return [state.servers[package.server_id]]
    project_id = state.accounts[package.domain_id].projects[package.region]
    return [server for server in state.servers_in(project_id) if not server.plan_id]


def bookings(state: "State", package: Package, start: float, end: float) -> Iterator[list[float]]:
    """[hour's end, index of the server, left before, used] of a time, oldest first."""
    servers = users_of(state, package)
    hour = package.bought // HOUR * HOUR
    until = min(end, billed_until(state))
    cycle, left = 0.0, package.total
    while hour < until:
        begun = cycle_at(package, hour)[0] if package.server_id else package.bought
        if begun != cycle:
            cycle, left = begun, package.total
            if package.shift and package.shift[0] == begun:
                left -= max(round(package.shift[1]), 0)
        for index, server in enumerate(servers):
            size = min(sent(server, max(hour, package.bought), hour + HOUR), left)
            if size and hour + HOUR > start:
                yield [hour + HOUR, index, left, size]
            left -= size
        hour += HOUR


def _counted(state: "State", package: Package, start: float, end: float) -> int:
    total = sum(sent(server, start, end) for server in users_of(state, package) if start < end)
    if not package.server_id:
        return total
    # of several packages of a plan the first is used first
    for other in state.packages_on(package.server_id):
        if other.bought < package.bought:
            total -= min(other.total, total)
    return total

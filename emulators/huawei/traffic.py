"""How much a server has sent out: its rate, its ups and downs over a day, its nights off."""

import math
from collections.abc import Iterator

from emulators.huawei.models import Server

DAY = 86400.0
PEAK = 13 / 24  # of a UTC day: nine in the evening in China
TURN = 2 * math.pi


def sent(server: Server, start: float, end: float) -> int:
    """Bytes sent out between two moments; nothing while it is off."""
    total = sum(
        rate * (_area(until, swing) - _area(since, swing))
        for since, until, is_on, rate, swing in _pieces(server, start, end)
        if is_on
    )
    total += sum(size for at, size in server.bursts if start <= at < end)
    return round(total)


def was_on(server: Server, start: float, end: float) -> bool:
    """It ran for some of the time."""
    return any(is_on for _, _, is_on, _, _ in _pieces(server, start, end))


def note(server: Server, at: float) -> None:
    """Write down what holds from now on: on or off, and the rate."""
    is_on = float(server.status == "ACTIVE" and not server.is_deleted)
    server.log.append([at, is_on, server.rate, server.swing])


def _pieces(
    server: Server, start: float, end: float
) -> Iterator[tuple[float, float, float, float, float]]:
    for index, (since, is_on, rate, swing) in enumerate(server.log):
        following = server.log[index + 1][0] if index + 1 < len(server.log) else end
        since, until = max(since, start), min(following, end)
        if since < until:
            yield since, until, is_on, rate, swing


def _area(at: float, swing: float) -> float:
    """The integral of the day's shape, whose average is 1."""
    return at - swing * DAY / TURN * math.cos(TURN * (at / DAY - PEAK + 0.25))

"""The load generator: kept-alive connections, prebuilt bytes, one `epoll` loop, its own process.

Reads its order as JSON on stdin, builds the requests, posts them for some seconds and prints what
came back. Connections that the server closes are opened anew (gunicorn's `sync` worker).
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.updates import request

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
STILL = 15.0  # seconds without any answer after which the server counts as stuck


@dataclass
class Order:
    """What to post: `count` requests from `first` on, again from the start if `cycle`."""

    cast_file: str
    port: int
    target: str
    kind: str
    first: int
    count: int
    seconds: float
    warm_up: float = 0.5
    connections: int = 32
    cycle: bool = False


@dataclass
class Outcome:
    """What came back. `rate` counts the window after the warm-up; the rest counts everything."""

    rate: float = 0.0
    sent: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    median_ms: float = 0.0
    p99_ms: float = 0.0
    cpu: float = 0.0


class Connection:
    """One kept-alive connection with at most one request under way."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self.port, self.selector = port, selector
        self.buffer, self.since = b"", 0.0
        self.socket = self._open()

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(opened, selectors.EVENT_READ, self)
        return opened

    def post(self, data: bytes) -> None:
        """Send a request."""
        self.buffer, self.since = b"", time.perf_counter()
        self.socket.sendall(data)

    def receive(self) -> int:
        """Read what is there; return the status once the answer is whole, else 0."""
        part = self.socket.recv(65536)
        self.buffer += part
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if part and not (found and _is_whole(head, body)):
            return 0
        if not part or b"\nconnection: close" in head.lower():
            self.close()
            self.socket = self._open()
        return int(head[9:12] or 0)

    def close(self) -> None:
        """Close the connection."""
        self.selector.unregister(self.socket)
        self.socket.close()


def _is_whole(head: bytes, body: bytes) -> bool:
    length = LENGTH.search(head)
    if length is not None:
        return len(body) >= int(length[1])
    return body.endswith(b"0\r\n\r\n")


class Run:
    """Posts an order's requests and gathers what comes back."""

    def __init__(self, order: Order, requests: list[bytes]) -> None:
        self.order, self.requests = order, requests
        self.selector = selectors.DefaultSelector()
        self.statuses, self.times = Counter[int](), list[float]()
        self.sent = self.busy = 0
        self.start = self.end = self.last = 0.0

    def go(self) -> Outcome:
        """Post until the time or the requests are used up, and wait for the last answers."""
        opened = [Connection(self.order.port, self.selector) for _ in range(self.order.connections)]
        cpu, begun = time.process_time(), time.perf_counter()
        self.start = begun + self.order.warm_up
        self.end = self.start + self.order.seconds
        self.busy = len(opened)
        for connection in opened:
            self._post_next(connection)
        while self.busy:
            events = self.selector.select(STILL)
            if not events:
                raise SystemExit(f"no answer for {STILL} s; {self.statuses} so far")
            for key, _mask in events:
                self._receive(key.data)
        cpu = (time.process_time() - cpu) / (time.perf_counter() - begun)
        for connection in opened:
            connection.close()
        return self._outcome(cpu)

    def _post_next(self, connection: Connection) -> None:
        is_used_up = self.sent >= len(self.requests) and not self.order.cycle
        if time.perf_counter() >= self.end or is_used_up:
            self.busy -= 1
            return
        data = self.requests[self.sent % len(self.requests)]
        self.sent += 1
        connection.post(data)

    def _receive(self, connection: Connection) -> None:
        status = connection.receive()
        if not status:
            return
        now = time.perf_counter()
        self.statuses[status] += 1
        if self.start <= now <= self.end:
            self.times.append(now - connection.since)
            self.last = now
        self._post_next(connection)

    def _outcome(self, cpu: float) -> Outcome:
        times, ran = sorted(self.times), self.last - self.start
        return Outcome(
            rate=len(times) / ran if ran > 0 else 0.0,
            sent=self.sent,
            statuses={str(status): count for status, count in self.statuses.items()},
            median_ms=1000 * times[len(times) // 2] if times else 0.0,
            p99_ms=1000 * times[len(times) * 99 // 100] if times else 0.0,
            cpu=cpu,
        )


def main(order: dict[str, Any]) -> None:
    """Carry out an order and print its outcome."""
    wanted = Order(**order)
    with open(wanted.cast_file, encoding="utf-8") as file:  # noqa: PTH123
        cast = json.load(file)
    numbers = range(wanted.first, wanted.first + wanted.count)
    requests = [request(cast, wanted.target, wanted.kind, number) for number in numbers]
    print(json.dumps(asdict(Run(wanted, requests).go())))


if __name__ == "__main__":
    main(json.load(sys.stdin))

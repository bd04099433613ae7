"""An OVH that answers what a test tells it to: for answers that the emulator never gives."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulators.wsgi import DropConnection, Environ, Start, answer, read_body

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What came in; header names in lower case."""

    method: str
    path: str  # with its query
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer; `hangs_up`: none at all, after the request was read; `silent`: never one."""

    body: bytes = b"null"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    silent: bool = False


NOT_FOUND = Canned(b'{"message": "Got an invalid (or empty) URL"}', 404)


class CannedOvh:
    """A WSGI app: the next answer of a path, the last one for ever; the true time for OVH's."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, list[Canned]] = {}
        self.clock_is_ahead = 0
        self.closed = threading.Event()

    def say(self, path: str, *answers: Any) -> None:
        """Answer a path (without query) with canned ones, or with JSON."""
        self.answers[path] = [
            one if isinstance(one, Canned) else Canned(orjson.dumps(one)) for one in answers
        ]

    def made(self) -> list[str]:
        """Return what was asked for, in order, but for the time."""
        made = [f"{one.method} {one.path}" for one in self.requests]
        return [one for one in made if not one.endswith("/auth/time")]

    def times_asked(self) -> int:
        """Return how often our clock was compared."""
        return sum(one.path.endswith("/auth/time") for one in self.requests)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path, query = str(environ["PATH_INFO"]), str(environ["QUERY_STRING"])
        body = read_body(environ)
        kind = str(environ.get("CONTENT_TYPE", ""))
        self.requests.append(
            Request(
                environ["REQUEST_METHOD"],
                f"{path}?{query}" if query else path,
                orjson.loads(body) if body and kind == JSON else body.decode(),
                {
                    name.removeprefix("HTTP_").replace("_", "-").lower(): value
                    for name, value in environ.items()
                    if name.startswith("HTTP_")
                },
            )
        )
        if path.endswith("/auth/time") and path not in self.answers:
            now = int(time.time()) + self.clock_is_ahead
            return answer(start, 200, str(now).encode(), JSON)
        queue = self.answers.get(path, [NOT_FOUND])
        canned = queue.pop(0) if len(queue) > 1 else queue[0]
        if canned.silent:
            self.closed.wait(30)
        if canned.hangs_up or canned.silent:
            raise DropConnection
        return answer(start, canned.status, canned.body, JSON, canned.headers.items())

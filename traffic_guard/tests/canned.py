"""A cloud that answers what a test tells it to: for answers that the emulator never gives."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from emulators.wsgi import DropConnection, Environ, Json, Start, answer, read_body


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer; `hangs_up`: none at all, after the request was read; `silent`: never one."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    hangs_up: bool = False
    silent: bool = False


class CannedCloud:
    """A WSGI app: one answer for everything, or a queue by the end of a path."""

    def __init__(self) -> None:
        self.requests: list[Json] = []
        self.answers: dict[str, list[Canned]] = {}
        self.closed = threading.Event()

    def say(self, path: str, *answers: Any) -> None:
        """Answer paths that end so with canned ones, or with JSON; the last one for ever."""
        self.answers[path] = [
            one if isinstance(one, Canned) else Canned(json.dumps(one).encode()) for one in answers
        ]

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        body = read_body(environ)
        self.requests.append(
            {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "query": environ["QUERY_STRING"],
                "body": json.loads(body) if body else None,
                "headers": {k: v for k, v in environ.items() if k.startswith("HTTP_")},
            }
        )
        queue = next(queue for end, queue in self.answers.items() if path.endswith(end))
        canned = queue.pop(0) if len(queue) > 1 else queue[0]
        if canned.silent:
            self.closed.wait(30)
        if canned.hangs_up or canned.silent:
            raise DropConnection
        return answer(start, canned.status, canned.body, canned.kind, canned.headers.items())

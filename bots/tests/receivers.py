"""A tenant's own web service, for tests: what comes is kept, what it answers is set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emulators.httpd import Server
from emulators.wsgi import Environ, Start, read_body, status_line


class Receiver:
    """Answers `status`; a mapping of path to status decides for single addresses."""

    def __init__(self) -> None:
        self.status = 200
        self.by_path: dict[str, int] = {}
        self.headers: list[tuple[str, str]] = []
        self.posts: list[tuple[dict[str, Any], Environ]] = []
        self.raw: list[bytes] = []
        self.url = ""

    def app(self, environ: Environ, start: Start) -> list[bytes]:
        body = read_body(environ)
        self.raw.append(body)
        self.posts.append((json.loads(body), environ))
        status = self.by_path.get(environ["PATH_INFO"], self.status)
        start(status_line(status), [("Content-Length", "0"), *self.headers])
        return [b""]

    def events(self, path: str = "") -> list[str]:
        return [body["title"] for body, environ in self.posts if path in ("", environ["PATH_INFO"])]


@contextmanager
def receiving(settings: Any) -> Iterator[Receiver]:
    """Serve a receiver where the demo's stand-ins live: the one place that may be local."""
    receiver = Receiver()
    with Server(receiver.app) as server:
        settings.EMULATORS = True
        settings.SIMULATOR_URL = server.url
        receiver.url = server.url
        yield receiver

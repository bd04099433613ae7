"""The ways by which an update reaches us: the web server's two, and Django itself."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from django.core.servers.basehttp import get_internal_wsgi_application
from django.test import Client

from bots.models import Bot
from bots.testing import keys_of

# what gunicorn serves; at import, because making it sets up logging anew
SERVED: Any = get_internal_wsgi_application()
JSON = "application/json"

Environ = dict[str, Any]


class Broken(io.RawIOBase):
    """A body that cannot be read."""

    def read(self, size: int = -1) -> bytes:
        raise ValueError("nobody reads this")


@dataclass
class Reply:
    """What came back, however it was asked for."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def seen(self) -> tuple[int, str, bytes]:
        """Status, content type, body."""
        return self.status, self.headers.get("Content-Type", ""), self.body


def by_server(environ: Environ) -> Reply:
    """Ask as the web server does, under a watch that both keep to PEP 3333."""
    head: list[Any] = []
    answer = validator(SERVED)(environ, lambda *given: head.extend(given))  # type: ignore[arg-type]
    try:
        body = b"".join(answer)
    finally:
        answer.close()  # type: ignore[attr-defined]
    return Reply(int(head[0].split()[0]), dict(head[1]), body)


def by_django(environ: Environ) -> Reply:
    """Ask Django itself, as the test client and other servers do."""
    response = Client(raise_request_exception=False).request(**environ)
    return Reply(response.status_code, dict(response.headers), b"".join(response))


def by_lane(environ: Environ) -> Reply:
    """Ask as the web server does where it has read a plain POST itself (config/fast_lane.py)."""
    headers = {
        name[5:].lower().replace("_", "-").encode(): str(value).encode("latin-1")
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    given = SERVED.take(environ["PATH_INFO"], headers, environ["wsgi.input"].read())
    if given is None:  # then gunicorn reads it, and asks the usual way
        environ["wsgi.input"].seek(0)
        return by_server(environ)
    status, body, more = given
    return Reply(status, more, body)


@dataclass
class Telegram:
    """Posts what a test wants to a bot's address, by one of the ways."""

    way: Callable[[Environ], Reply]
    bot: Bot

    def send(self, body: bytes, **changes: Any) -> Reply:
        """Send a request; `changes` of its WSGI environment, None for what shall be missing."""
        keys = keys_of(self.bot)
        environ: Environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "PATH_INFO": f"/api/webhook/{keys.hook_token}/",
            "CONTENT_TYPE": JSON,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN": keys.secret,
            "wsgi.input": io.BytesIO(body),
            **changes,
        }
        environ = {name: value for name, value in environ.items() if value is not None}
        setup_testing_defaults(environ)
        return self.way(environ)

    def update(self, update: dict[str, Any]) -> Reply:
        """Send an update."""
        return self.send(json.dumps(update).encode())

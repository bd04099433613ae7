"""The little WSGI vocabulary that all emulators share."""

from collections.abc import Callable, Iterable
from typing import Any

import orjson

Json = dict[str, Any]
Environ = dict[str, Any]
Start = Callable[..., Any]
App = Callable[[Environ, Start], Iterable[bytes]]

HTML = "text/html; charset=utf-8"
REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class DropConnection(Exception):
    """Raised by an app: close the connection without an answer."""


class HttpError(Exception):
    """An error answer: status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def status_line(status: int) -> str:
    """`404` -> `404 Not Found`."""
    return f"{status} {REASONS.get(status, 'Unknown')}"


def answer(
    start: Start,
    status: int,
    body: bytes,
    content_type: str,
    headers: Iterable[tuple[str, str]] = (),
) -> list[bytes]:
    """Send a complete body."""
    base = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start(status_line(status), [*base, *headers])
    return [body]


def answer_json(
    start: Start, value: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()
) -> list[bytes]:
    """Send a JSON value."""
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    return answer(start, status, body, "application/json", headers)


def read_body(environ: Environ) -> bytes:
    """The whole request body."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return bytes(environ["wsgi.input"].read(length)) if length else b""


def is_gone(environ: Environ, seconds: float) -> bool:
    """Wait up to `seconds`; True as soon as the client has hung up."""
    probe = environ.get("emulators.gone")
    return bool(probe and probe(seconds))


def origin(environ: Environ) -> str:
    """Scheme and host as the client wrote them."""
    name = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return f"{environ['wsgi.url_scheme']}://{name}"

"""What the tests of the web server's worker have it serve: one path for each sort of answer."""

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

Environ = dict[str, Any]
Start = Callable[..., Any]
CHUNK = b"0123456789abcdef"


def whole(start: Start, body: bytes) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def echo(environ: Environ, start: Start) -> Iterable[bytes]:
    return whole(start, environ["REQUEST_METHOD"].encode() + b" " + environ["wsgi.input"].read())


def first(environ: Environ, start: Start) -> Iterable[bytes]:
    """Read four bytes; tell what the webhook goes by: whether a length was told, and an end."""
    told = [environ.get("CONTENT_LENGTH"), environ.get("wsgi.input_terminated")]
    return whole(start, repr(told).encode() + environ["wsgi.input"].read(4))


def unread(environ: Environ, start: Start) -> Iterable[bytes]:
    return whole(start, b"unread")


def empty(environ: Environ, start: Start) -> Iterable[bytes]:
    start("200 OK", [("Content-Length", "0")])
    return []


def nothing(environ: Environ, start: Start) -> Iterable[bytes]:
    start("204 No Content", [])
    return []


def process(environ: Environ, start: Start) -> Iterable[bytes]:
    return whole(start, b"%d" % os.getpid())


def stream(environ: Environ, start: Start) -> Iterable[bytes]:
    start("200 OK", [])
    yield b""
    yield b"one "
    yield b"two"


def send_file(environ: Environ, start: Start) -> Iterable[bytes]:
    """Send a file of as many bytes as the query says."""
    length = int(environ["QUERY_STRING"])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the server closes it
    file.write(CHUNK * (length // len(CHUNK)))
    file.seek(0)
    start("200 OK", [("Content-Length", str(length))])
    return environ["wsgi.file_wrapper"](file)  # type: ignore[no-any-return]


def fail(environ: Environ, start: Start) -> Iterable[bytes]:
    raise LookupError("before the head")


def leave(environ: Environ, start: Start) -> Iterable[bytes]:
    sys.exit("an application may not")


def fail_unsent(environ: Environ, start: Start) -> Iterable[bytes]:
    start("200 OK", [("Content-Length", "4")])
    return ["text"]  # type: ignore[list-item]


def fail_later(environ: Environ, start: Start) -> Iterable[bytes]:
    start("200 OK", [("Content-Length", "8")])
    yield b"half"
    raise LookupError("after the head")


def held(environ: Environ, start: Start) -> Iterable[bytes]:
    """Answer in two halves; between them wait for the test, which listens on the port given."""
    query = parse_qs(environ["QUERY_STRING"])
    with socket.create_connection(("127.0.0.1", int(query["gate"][0]))) as gate:
        gate.recv(1)
    start("200 OK", [("Content-Length", "8")])
    yield b"held"
    yield b"back"


PATHS: dict[str, Callable[[Environ, Start], Iterable[bytes]]] = {
    "/echo": echo,
    "/first": first,
    "/unread": unread,
    "/empty": empty,
    "/nothing": nothing,
    "/process": process,
    "/stream": stream,
    "/file": send_file,
    "/fail": fail,
    "/leave": leave,
    "/fail-unsent": fail_unsent,
    "/fail-later": fail_later,
    "/held": held,
}


class Application:
    """Answers through gunicorn, and plain POSTs below /plain past its parser."""

    prefix = "/plain"

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(self.prefix):
            return whole(start, b"gunicorn " + environ["wsgi.input"].read())
        return PATHS[environ["PATH_INFO"]](environ, start)

    def take(
        self, path: str, headers: dict[bytes, bytes], body: bytes
    ) -> tuple[int, bytes, dict[str, str]] | None:
        if path == "/plain/not":
            return None
        return 200, b"lane " + headers.get(b"x-word", b"") + body, {"Content-Type": "text/plain"}


application = Application()

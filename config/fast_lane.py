"""Reads the one kind of request that comes by the thousand: a plain POST, whole in one piece.

gunicorn's parser is right for every request and costs a fifth of what an update costs in all. So a
request in the plainest form is read here, and only if its path is one that the application takes
this way (`takes`); the least thing out of the ordinary, known or not, makes it gunicorn's to read:
a repeated or folded header, any transfer coding, a body in several pieces, requests sent ahead.
What gunicorn would refuse or understand otherwise never counts as plain.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple

# status, body, further headers
Answer = tuple[int, bytes, dict[str, str]]
Take = Callable[[str, dict[bytes, bytes], bytes], Answer | None]

PIECE = 64 * 1024
PLAIN = re.compile(
    rb"POST (/[A-Za-z0-9_/-]{1,2000}) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]{1,100}: ?[!-~][ -~]{0,4000}\r\n){1,40})\r\n"
)
HEAD = b"%bServer: gunicorn\r\nDate: %b\r\nConnection: %b\r\nContent-Length: %d\r\n%b\r\n%b"
LENGTH = re.compile(rb"0|[1-9][0-9]{0,6}")
# what asks for more than an answer
UNUSUAL = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer"})
LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class Told(NamedTuple):
    """An answer's bytes, and whether they say that the connection ends."""

    data: bytes
    is_last: bool


class FastLane:
    """What an application takes past gunicorn's parser: paths that begin with its `prefix`."""

    def __init__(self, prefix: str, take: Take) -> None:
        self._prefix = prefix
        self._take = take
        self._date = (0, b"")

    def answer(self, data: bytes, *, is_last: Callable[[], bool]) -> Told | None:
        """Return the whole answer to a plain request; None: gunicorn has to read it.

        `is_last` is asked, once the application has answered, whether the connection shall end.
        """
        found = PLAIN.match(data)
        if found is None:
            return None
        path = found[1].decode()
        if not path.startswith(self._prefix):
            return None
        headers = _headers(found[2])
        body = data[found.end() :]
        # a byte less: the rest is still to come; a byte more: the next request
        if headers is None or len(body) != int(headers[b"content-length"]):
            return None
        answer = self._take(path, headers, body)
        if answer is None:
            return None
        ends = is_last()
        return Told(self._told(*answer, is_last=ends), ends)

    def _told(self, status: int, body: bytes, more: dict[str, str], *, is_last: bool) -> bytes:
        extra = "".join(f"{name}: {value}\r\n" for name, value in more.items()).encode("latin-1")
        return HEAD % (
            LINES[status],
            self._now(),
            b"close" if is_last else b"keep-alive",
            len(body),
            extra,
            body,
        )

    def _now(self) -> bytes:
        second = int(time.time())
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True).encode())
        return self._date[1]


def _headers(block: bytes) -> dict[bytes, bytes] | None:
    """Return the headers by lower-case name, None where any is unusual."""
    headers: dict[bytes, bytes] = {}
    for line in block.split(b"\r\n")[:-1]:
        name, _colon, value = line.partition(b":")
        key = name.lower()
        if key in headers:
            return None
        headers[key] = value.strip(b" ")
    is_plain = (
        b"host" in headers
        and LENGTH.fullmatch(headers.get(b"content-length", b""))
        and headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        and not headers.keys() & UNUSUAL
    )
    return headers if is_plain else None


def lane_of(application: Any, cfg: Any) -> FastLane | None:
    """Return the lane of an application that offers one (`prefix`, `take`), else None.

    None, too, where a path is not what it seems (SCRIPT_NAME), or something stands before HTTP.
    """
    is_bare = not cfg.is_ssl and cfg.proxy_protocol in (None, False, "off")
    if not is_bare or os.environ.get("SCRIPT_NAME") or not hasattr(application, "take"):
        return None
    return FastLane(application.prefix, application.take)


def piece(sock: socket.socket) -> bytes:
    """Return what has come; empty where the client has ended or is gone."""
    try:
        return sock.recv(PIECE)
    except OSError:
        return b""

"""One client's connection to our gunicorn worker, and the answers on it."""

from __future__ import annotations

import socket
from typing import Any, Protocol

from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn

LINGER_BYTES = 64 * 1024  # what a connection that is closing throws away at most


class Living(Protocol):
    """A worker that may be about to stop."""

    alive: bool


class Connection(TConn):  # type: ignore[misc,unused-ignore]
    """A client's connection; once it is closing, what comes is thrown away."""

    is_closing = False
    thrown_away = 0  # bytes

    def received(self, flags: int = 0) -> int | None:
        """Read at once: the number of bytes, 0 where the client has ended, None for none yet."""
        try:
            return len(self.sock.recv(LINGER_BYTES, flags | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return None
        except OSError:
            return 0


class Response(wsgi.Response):  # type: ignore[misc,unused-ignore]
    """Sends an answer's head together with the first part of its body."""

    worker: Living
    headers_sent: bool
    head = b""  # made, and not sent yet

    def send_headers(self) -> None:
        """Keep the head until there is something to send it with."""
        if self.headers_sent:
            return
        if not self.worker.alive:
            self.force_close()
        lines = [*self.default_headers(), *(f"{name}: {it}\r\n" for name, it in self.headers)]
        self.head = f"{''.join(lines)}\r\n".encode("latin-1")
        self.headers_sent = True

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            data = b"%X\r\n%b\r\n" % (len(data), data)
        if self.head:
            data, self.head = self.head + data, b""
        self.sock.sendall(data)

    def _flush(self) -> None:
        self.send_headers()
        head, self.head = self.head, b""
        if head:
            self.sock.sendall(head)

    def sendfile(self, respiter: Any) -> bool:
        """Send a file past our memory; the head goes first."""
        if not util.has_fileno(respiter.filelike):
            return False
        self._flush()
        return bool(super().sendfile(respiter))

    def close(self) -> None:
        """End the answer, an empty one too."""
        self._flush()
        super().close()

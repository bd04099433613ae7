"""A lean HTTP/1.1 client with a keep-alive pool, for posting updates to webhooks."""

import base64
import contextlib
import select
import socket
import ssl
import threading
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

MAX_ANSWER = 4 * 1024 * 1024
IDLE_PER_HOST = 128
CONNECT_SECONDS = 10.0


class WireError(Exception):
    """No answer; the text is what getWebhookInfo shows."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed webhook URL."""

    scheme: str
    host: str
    port: int
    head: bytes  # request line and the headers that never change


@dataclass(slots=True)
class Answer:
    """What the webhook said."""

    status: int
    reason: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@lru_cache(maxsize=4096)
def parse_target(url: str) -> Target:
    """Split a URL; user and password become Basic authorisation."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    shown = f"[{host}]" if ":" in host else host
    if parts.port:
        shown += f":{port}"
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {shown}",
        "Content-Type: application/json",
        "Connection: keep-alive",
        "Accept-Encoding: gzip, deflate",
    ]
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
    head = ("\r\n".join(lines) + "\r\n").encode()
    return Target(parts.scheme, host, port, head)


class Wire:
    """Connections that are kept and shared by all bots."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str, int], list[socket.socket]] = {}
        self._open: set[socket.socket] = set()
        self._tls: ssl.SSLContext | None = None

    def post(self, target: Target, secret: str, body: bytes, seconds: float) -> Answer:
        """POST a JSON body; raises WireError when no whole answer comes in time."""
        extra = f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\n" if secret else ""
        extra += f"Content-Length: {len(body)}\r\n\r\n"
        connection = self._take(target)
        keep = False
        try:
            connection.settimeout(seconds)
            connection.sendall(target.head + extra.encode() + body)
            answer, keep = read_answer(connection)
        except TimeoutError as error:
            raise WireError("Read timeout expired") from error
        except (OSError, ValueError) as error:
            raise WireError("Webhook connection closed") from error
        finally:
            self._give_back(target, connection, keep=keep)
        return answer

    def close(self) -> None:
        """Close every connection, also those in use."""
        with self._lock:
            connections = list(self._open)
            self._idle.clear()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            self._forget(connection)

    def _take(self, target: Target) -> socket.socket:
        key = (target.scheme, target.host, target.port)
        while True:
            with self._lock:
                idle = self._idle.get(key)
                connection = idle.pop() if idle else None
            if connection is None:
                return self._connect(target)
            if not select.select([connection], [], [], 0)[0]:
                return connection
            self._forget(connection)  # the server has closed it

    def _connect(self, target: Target) -> socket.socket:
        try:
            plain = socket.create_connection((target.host, target.port), CONNECT_SECONDS)
        except socket.gaierror as error:
            raise WireError("Failed to resolve host: Name or service not known") from error
        except OSError as error:
            text = "Connection refused" if isinstance(error, ConnectionRefusedError) else ""
            raise WireError(text or "Can't connect to the webhook") from error
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = plain
        if target.scheme == "https":
            try:
                connection = self._context().wrap_socket(plain, server_hostname=target.host)
            except OSError as error:
                plain.close()
                raise WireError(f"SSL error {{{error}}}") from error
        with self._lock:
            self._open.add(connection)
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _give_back(self, target: Target, connection: socket.socket, *, keep: bool) -> None:
        if keep:
            with self._lock:
                idle = self._idle.setdefault((target.scheme, target.host, target.port), [])
                if len(idle) < IDLE_PER_HOST and connection in self._open:
                    idle.append(connection)
                    return
        self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()


class Reader:
    """Bytes of one connection, as they come."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._data = bytearray()

    def _more(self) -> None:
        piece = self._connection.recv(65536)
        if not piece or len(self._data) > MAX_ANSWER:
            raise OSError("closed")
        self._data += piece

    def until(self, mark: bytes) -> bytes:
        """Everything before a mark, which is removed too."""
        while (at := self._data.find(mark)) < 0:
            self._more()
        found = bytes(self._data[:at])
        del self._data[: at + len(mark)]
        return found

    def exactly(self, length: int) -> bytes:
        """That many bytes."""
        while len(self._data) < length:
            self._more()
        found = bytes(self._data[:length])
        del self._data[:length]
        return found

    def rest(self) -> bytes:
        """Until the other side closes."""
        with contextlib.suppress(OSError):
            while True:
                self._more()
        return bytes(self._data)

    def chunks(self) -> bytes:
        """A chunked body."""
        body = bytearray()
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            body += self.exactly(size)
            self.until(b"\r\n")
        while self.until(b"\r\n"):
            pass
        return bytes(body)


def read_answer(connection: socket.socket) -> tuple[Answer, bool]:
    """One HTTP answer, and whether the connection can be used again."""
    reader = Reader(connection)
    lines = reader.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    version, status, *reason = lines[0].split(" ", 2)
    answer = Answer(int(status), reason[0] if reason else "")
    for line in lines[1:]:
        name, _, value = line.partition(":")
        answer.headers[name.strip().lower()] = value.strip()
    headers = answer.headers
    keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if "chunked" in headers.get("transfer-encoding", "").lower():
        answer.body = reader.chunks()
    elif "content-length" in headers:
        answer.body = reader.exactly(int(headers["content-length"]))
    elif answer.status not in (204, 304):
        answer.body, keep = reader.rest(), False
    if headers.get("content-encoding", "") in ("gzip", "deflate"):
        answer.body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(answer.body)
    return answer, keep

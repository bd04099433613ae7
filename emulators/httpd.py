"""A small threaded WSGI server: HTTP/1.1, keep-alive, streaming, no Nagle delay."""

import contextlib
import io
import logging
import select
import socket
import sys
import threading
from collections.abc import Iterable
from typing import IO, Any, Self
from urllib.parse import unquote_to_bytes

from emulators.wsgi import App, DropConnection, Environ, answer

logger = logging.getLogger(__name__)
MAX_BODY = 64 * 1024 * 1024
MAX_LINE = 65536


class BadRequest(Exception):
    """The bytes on the connection are not HTTP we understand."""


class Server:
    """Serves one WSGI app on the loopback interface, one thread per connection."""

    def __init__(self, app: App, port: int = 0, host: str = "127.0.0.1") -> None:
        self._app = app
        self._listener = socket.create_server((host, port), backlog=512)
        self.host, self.port = host, int(self._listener.getsockname()[1])
        self.url = f"http://{host}:{self.port}"
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> Self:
        """Accept connections in the background."""
        self._thread = threading.Thread(target=self._accept, name="emulators-http", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the listener and every connection."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._thread is not None:
            self._thread.join(5)
        with self._lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in open_now:
            thread.join(2)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._stopping:
                    return
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        try:
            while not self._stopping and Exchange(self._app, connection, reader, self.port).run():
                pass
        except (OSError, DropConnection, ValueError):
            pass  # the client left, or an emulated fault hung up
        finally:
            with contextlib.suppress(OSError):
                reader.close()
            with self._lock:
                self._connections.pop(connection, None)
            connection.close()


class Exchange:
    """One request and its answer."""

    def __init__(self, app: App, connection: socket.socket, reader: IO[bytes], port: int) -> None:
        self._app = app
        self._connection = connection
        self._reader = reader
        self._port = port
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._keep = True
        self._started = False

    def run(self) -> bool:
        """Serve it; True when the connection can carry another one."""
        line = self._reader.readline(MAX_LINE)
        if not line:
            return False
        try:
            environ = self._read(line)
        except BadRequest as error:
            self._keep = False
            self._send(answer(self._start, 400, str(error).encode(), "text/plain"), head=False)
            return False
        self._respond(environ)
        return self._keep

    def _read(self, line: bytes) -> Environ:
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest("bad request line")
        method, target, version = parts
        path, _, query = target.partition("?")
        environ: Environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self._port),
            "SERVER_PROTOCOL": version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "emulators.gone": self._gone,
        }
        self._read_headers(environ)
        connection = environ.get("HTTP_CONNECTION", "").lower()
        self._keep = connection != "close" if version == "HTTP/1.1" else connection == "keep-alive"
        body = self._read_body(environ)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        return environ

    def _read_headers(self, environ: Environ) -> None:
        for _ in range(200):
            line = self._reader.readline(MAX_LINE)
            if line in (b"\r\n", b"\n", b""):
                return
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise BadRequest("bad header line")
            key = name.strip().upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = "HTTP_" + key
            environ[key] = value.strip()
        raise BadRequest("too many headers")

    def _read_body(self, environ: Environ) -> bytes:
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return self._read_chunks()
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MAX_BODY:
            raise BadRequest("bad content length")
        return self._exactly(int(length))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = int(self._reader.readline(MAX_LINE).split(b";")[0] or b"0", 16)
            if len(body) + size > MAX_BODY:
                raise BadRequest("body too large")
            body += self._exactly(size)
            self._reader.readline(MAX_LINE)
            if not size:
                return bytes(body)

    def _exactly(self, length: int) -> bytes:
        data = self._reader.read(length) if length else b""
        if len(data) != length:
            raise OSError("connection closed inside a body")
        return data

    def _gone(self, seconds: float) -> bool:
        readable, _, _ = select.select([self._connection], [], [], seconds)
        try:
            return bool(readable) and not self._connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _start(self, status: str, headers: list[tuple[str, str]], _exc: Any = None) -> None:
        self._status, self._headers = status, headers

    def _respond(self, environ: Environ) -> None:
        try:
            result = self._app(environ, self._start)
        except DropConnection:
            raise
        except Exception:  # the server must survive any app
            logger.exception("an emulator failed on %s", environ["PATH_INFO"])
            result = answer(self._start, 500, b"emulator error", "text/plain")
        try:
            self._send(result, head=environ["REQUEST_METHOD"] == "HEAD")
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _send(self, result: Iterable[bytes], *, head: bool) -> None:
        lines = [f"HTTP/1.1 {self._status}"]
        lines += [f"{name}: {value}" for name, value in self._headers]
        sized = any(name.lower() == "content-length" for name, _ in self._headers)
        if not sized and not head:
            lines.append("Transfer-Encoding: chunked")
        if not self._keep:
            lines.append("Connection: close")
        start = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if head:
            self._connection.sendall(start)
        elif sized:
            self._connection.sendall(start + b"".join(result))
        else:
            self._connection.sendall(start)
            for piece in result:
                if piece:
                    self._connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            self._connection.sendall(b"0\r\n\r\n")

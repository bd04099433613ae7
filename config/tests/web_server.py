"""A real gunicorn under our settings, and a client that says each byte itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage, parse_headers
from pathlib import Path
from types import TracebackType

from config.children import tethered
from config.tests.toy import ROOT, alive, wait_until

PATIENCE = 30.0  # seconds until a silent server counts as hung


@dataclass(frozen=True)
class Reply:
    """What came back: status, headers, body as far as it came."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def is_last(self) -> bool:
        """Tell whether the server said that it will close the connection."""
        return self.headers["Connection"] == "close"


class Client:
    """One connection. Use as a context manager."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes at once."""
        self.socket.sendall(data)

    def ask(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> Reply:
        """Send a request and read its answer."""
        self.send(request(path, *headers, method=method, body=body))
        return self.reply(is_head=method == "HEAD")

    def reply(self, *, is_head: bool = False) -> Reply:
        """Read one answer, and not a byte of what follows it.

        Raises:
            EOFError: the server closed the connection instead.
        """
        line = self.file.readline()
        if not line:
            raise EOFError
        status, headers = int(line.split()[1]), parse_headers(self.file)
        return Reply(status, headers, b"" if is_head else self._body(headers))

    def _body(self, headers: HTTPMessage) -> bytes:
        if headers["Transfer-Encoding"] != "chunked":
            return self.file.read(int(headers["Content-Length"] or 0))
        body = b""
        while length := int(self.file.readline(), 16):
            body += self.file.read(length)
            assert self.file.readline() == b"\r\n"
        assert self.file.readline() == b"\r\n"
        return body

    def is_ended(self) -> bool:
        """Wait for the server's end of the connection; tell whether nothing came before it."""
        return self.file.read(1) == b""


class Held:
    """A request that stays in the application until `release`."""

    def __init__(self, client: Client) -> None:
        self.client = client
        with socket.create_server(("127.0.0.1", 0)) as gate:
            gate.settimeout(PATIENCE)
            client.send(request(f"/held?gate={gate.getsockname()[1]}"))
            self.inside, _address = gate.accept()

    def release(self) -> Reply:
        """Let it go on; read its answer."""
        self.inside.close()
        return self.client.reply()


def request(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class WebServer:
    """A running gunicorn with one worker."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def client(self) -> Client:
        """Open a connection."""
        return Client(self.port)

    def ask(self, path: str) -> Reply:
        """Ask over a connection of its own."""
        with self.client() as client:
            return client.ask(path)

    def hold(self, stack: ExitStack) -> Held:
        """Send a request over a connection of its own; return once the application has it."""
        held = Held(stack.enter_context(self.client()))
        stack.callback(held.inside.close)
        return held

    def worker(self) -> int:
        """Return the process id of the worker that answers."""
        return int(self.ask("/process").body)

    def stop(self) -> int:
        """Have it end, as its supervisor does; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def web_server(folder: Path, *options: str, threads: int = 2) -> Iterator[WebServer]:
    """Serve small_app.py. Requests wait in the listening socket while gunicorn starts."""
    log = folder / "gunicorn.txt"
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py"]
    command += ["config.tests.small_app:application", *options]
    env = {"PATH": os.environ["PATH"], "WEB_THREADS": str(threads), "DOTENV": os.devnull}
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as writer:
        port = listener.getsockname()[1]
        process = subprocess.Popen(  # noqa: S603
            tethered([*command, "--bind", f"fd://{listener.fileno()}"]),
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    try:
        yield WebServer(process, port, log)
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a gunicorn with its workers, which are alone in its session."""
    workers = children_of(process.pid)
    process.kill()
    process.wait()
    for pid in workers:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in workers), what="the end of the workers")


def children_of(pid: int) -> list[int]:
    """Return a process' children; none where it is gone."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []

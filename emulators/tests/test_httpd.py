"""The server itself."""

import socket
from collections.abc import Iterable, Iterator

import pytest

from emulators.httpd import Server
from emulators.wsgi import DropConnection, Environ, Start, answer, read_body


def app(environ: Environ, start: Start) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/stream":
        start("200 OK", [])
        return iter([b"one", b"", b"two"])
    if path == "/drop":
        raise DropConnection
    if path == "/crash":
        raise RuntimeError("as planned")
    return answer(start, 200, read_body(environ) or path.encode(), "text/plain")


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    with Server(app) as server, socket.create_connection((server.host, server.port)) as client:
        client.settimeout(5)
        yield client


def ask(connection: socket.socket, request: bytes, end: bytes) -> bytes:
    connection.sendall(request)
    received = b""
    while not received.endswith(end):
        piece = connection.recv(4096)
        if not piece:
            break
        received += piece
    return received


def test_keep_alive_and_escapes(connection: socket.socket) -> None:
    for _ in range(3):
        received = ask(connection, b"GET /a%20b?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", b"/a b")
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")


def test_bodies(connection: socket.socket) -> None:
    sized = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"
    assert ask(connection, sized, b"\r\n\r\nabc").startswith(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1"
    )
    chunks = (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert ask(connection, chunks, b"\r\n\r\nabcde").startswith(b"HTTP/1.1 200")


def test_streaming(connection: socket.socket) -> None:
    received = ask(connection, b"GET /stream HTTP/1.1\r\n\r\n", b"0\r\n\r\n")
    assert received.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_head_and_close(connection: socket.socket) -> None:
    received = ask(connection, b"HEAD /xyz HTTP/1.1\r\nConnection: close\r\n\r\n", b"never")
    assert received.endswith(b"Connection: close\r\n\r\n")
    assert b"Content-Length: 4" in received


def test_http_1_0_closes(connection: socket.socket) -> None:
    assert ask(connection, b"GET / HTTP/1.0\r\n\r\n", b"never").endswith(b"\r\n\r\n/")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_bad_requests(connection: socket.socket, request_bytes: bytes) -> None:
    received = ask(connection, request_bytes, b"never")
    assert received.startswith(b"HTTP/1.1 400 Bad Request")


def test_drop(connection: socket.socket) -> None:
    assert ask(connection, b"GET /drop HTTP/1.1\r\n\r\n", b"never") == b""


def test_crash_is_answered(connection: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    received = ask(connection, b"GET /crash HTTP/1.1\r\n\r\n", b"error")
    assert received.startswith(b"HTTP/1.1 500")
    assert "as planned" in caplog.text
    assert ask(connection, b"GET /ok HTTP/1.1\r\n\r\n", b"/ok")

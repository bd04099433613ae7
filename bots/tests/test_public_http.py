"""A post to a tenant's address: over TLS to one looked-up host, in bounded time and size."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bots.gateways import public_http, trust
from bots.gateways.errors import Refused, Unreachable
from bots.tests.certificates import certificate

BODY = b'{"a":1}'


class Service:
    """A TLS server that answers every connection with the same bytes."""

    def __init__(self, pem: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        self.requests: list[bytes] = []
        self.silent = threading.Event()
        self.drips = 0
        self.pause = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(connection, server_side=True) as stream:
                    request = b""
                    while not request.endswith(BODY) and (part := stream.recv(65536)):
                        request += part
                    self.requests.append(request)
                    if self.silent.is_set():
                        stream.recv(1)  # until the client hangs up
                    else:
                        stream.sendall(self.answer)
                        self.drip(stream)
            except OSError:
                connection.close()

    def drip(self, stream: ssl.SSLSocket) -> None:
        """Send a byte at a time until the client hangs up, for two seconds at most."""
        for _byte in range(self.drips):
            self.pause.wait(0.01)
            stream.sendall(b"x")

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Serve as hooks.example, on a port and at an address that count as public for the test."""
    pem = certificate(tmp_path, "hooks.example")
    running = Service(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    trust.context.cache_clear()
    monkeypatch.setattr(public_http, "PORTS", (running.port,))
    monkeypatch.setattr(public_http, "resolve", lambda host, port: ["127.0.0.1"])
    monkeypatch.setattr(public_http, "is_public", lambda address: address == "127.0.0.1")
    yield running
    running.stop()
    trust.context.cache_clear()


def post(service: Service, path: str = "/", host: str = "hooks.example", **how: Any) -> Any:
    return public_http.post(f"https://{host}:{service.port}{path}", BODY, {}, **how)


def test_a_post_arrives_under_the_name_of_its_address(service: Service) -> None:
    answer = post(service, "/in?x=1")
    assert (answer.status, answer.body) == (200, b"ok")
    head, _, body = service.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert b"Host: hooks.example" in head
    assert body == BODY


def test_a_name_that_changes_its_address_is_looked_up_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    monkeypatch.setattr(public_http, "resolve", lambda host, port: next(answers))
    assert post(service).status == 200
    assert list(answers) == [["10.0.0.1"]]


def test_a_certificate_of_another_name_is_refused(service: Service) -> None:
    with pytest.raises(Refused, match="certificate"):
        post(service, host="other.example")


def test_a_redirect_is_handed_back_and_not_followed(service: Service) -> None:
    service.answer = (
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    )
    answer = post(service)
    assert answer.status == 302
    assert len(service.requests) == 1


def test_a_long_answer_is_cut(service: Service) -> None:
    body = b"x" * (public_http.MAX_RESPONSE * 3)
    service.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    assert len(post(service).body) == public_http.MAX_RESPONSE


def test_a_packed_answer_is_not_unpacked(service: Service) -> None:
    service.answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz"
    assert post(service).body == b"zzzz"


def test_a_silent_service_costs_the_deadline_and_no_more(service: Service) -> None:
    service.silent.set()
    with pytest.raises(Unreachable) as error:
        post(service, seconds=0.2)
    assert error.value.unclear


def test_an_answer_that_breaks_off_after_its_status_counts(service: Service) -> None:
    service.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"
    answer = post(service)
    assert (answer.status, answer.body) == (200, b"ok")


def test_garbage_instead_of_http_is_unreachable(service: Service) -> None:
    service.answer = b"220 smtp ready\r\n"
    with pytest.raises(Unreachable):
        post(service)


def test_the_second_address_is_tried_where_the_first_is_closed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_http, "resolve", lambda host, port: ["127.9.9.9", "127.0.0.1"])
    monkeypatch.setattr(public_http, "is_public", lambda address: address.startswith("127."))
    assert post(service).status == 200


def test_the_deadline_covers_a_drip_of_bytes(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10_000))  # a second passes at each look
    slow = SimpleNamespace(monotonic=lambda: float(next(clock)))
    monkeypatch.setattr(public_http, "time", slow)
    service.answer = b"HTTP/1.1 200 OK\r\nX-Slow: "
    service.drips = 200
    with pytest.raises(Unreachable):
        post(service, seconds=20)
    # ended by the deadline: all the drops would have been hundreds of looks
    assert 20 <= next(clock) < 60

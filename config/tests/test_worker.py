"""What a client gets from the web server, whatever it sends and however."""

from __future__ import annotations

import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.tests.small_app import CHUNK
from config.tests.web_server import Client, WebServer, request, web_server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere gunicorn's own worker serves"),
]

THREADS = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("server"), threads=THREADS) as running:
        yield running


@pytest.fixture
def client(server: WebServer) -> Iterator[Client]:
    with server.client() as connected:
        yield connected


def test_a_connection_is_used_again(client: Client) -> None:
    for number in range(5):
        reply = client.ask("/echo", method="POST", body=b"%d" % number)
        assert (reply.status, reply.body) == (200, b"POST %d" % number)
        assert reply.headers["Connection"] == "keep-alive"


def test_two_requests_in_one_packet_are_answered_in_order(client: Client) -> None:
    one, two = (request("/echo", method="POST", body=body) for body in (b"one", b"two"))
    client.send(one + two)
    assert [client.reply().body, client.reply().body] == [b"POST one", b"POST two"]
    assert client.ask("/echo").body == b"GET "


def test_a_second_request_may_come_in_half_with_the_first(client: Client) -> None:
    both = request("/echo") + request("/echo", method="POST", body=b"second")
    client.send(both[:-3])
    assert client.reply().body == b"GET "
    client.send(both[-3:])
    assert client.reply().body == b"POST second"


def test_a_request_may_come_byte_by_byte(client: Client) -> None:
    for byte in request("/echo", method="POST", body=b"slow"):
        client.send(bytes([byte]))
    assert client.reply().body == b"POST slow"


def test_a_chunked_body_is_read_to_its_end(client: Client) -> None:
    head = request("/echo", "Transfer-Encoding: chunked", method="POST")
    for _time in range(2):
        client.send(head + b"3\r\nabc\r\n")
        client.send(b"2\r\nde\r\n0\r\n\r\n")
        assert client.reply().body == b"POST abcde"


def test_a_chunked_body_tells_no_length_and_may_be_read_in_part(client: Client) -> None:
    head = request("/first", "Transfer-Encoding: chunked", method="POST")
    for sent, got in ((b"3\r\nabc\r\n2\r\nde\r\n", b"abcd"), (b"2\r\nab\r\n", b"ab")):
        client.send(head + sent + b"0\r\n\r\n")
        assert client.reply().body == b"[None, True]" + got


@pytest.mark.parametrize("length", [10, 50_000])
def test_a_body_that_nobody_read_is_no_request(client: Client, length: int) -> None:
    body = b"GET /fail HTTP/1.1\r\n\r\n" * (length // 10)
    assert client.ask("/unread", method="POST", body=body[:length]).body == b"unread"
    assert client.ask("/echo").body == b"GET "


def test_a_body_too_long_to_throw_away_ends_the_connection_after_the_answer(
    client: Client,
) -> None:
    client.send(request("/unread", "Content-Length: 9000000", method="POST"))
    client.send(b"x" * 100_000)
    assert client.reply().body == b"unread"
    assert client.is_ended()


def test_continue_is_said_before_the_body(client: Client) -> None:
    client.send(request("/echo", "Expect: 100-continue", "Content-Length: 2", method="POST"))
    assert client.reply().status == 100
    client.send(b"ok")
    assert client.reply().body == b"POST ok"


@pytest.mark.parametrize(
    ("path", "length"), [("/echo", "5"), ("/file?64", "64"), ("/stream", None), ("/empty", "0")]
)
def test_head_gets_no_body(client: Client, path: str, length: str | None) -> None:
    reply = client.ask(path, method="HEAD")
    assert (reply.status, reply.headers["Content-Length"]) == (200, length)
    assert client.ask("/echo").body == b"GET "


@pytest.mark.parametrize(("path", "status"), [("/empty", 200), ("/nothing", 204)])
def test_an_empty_answer_arrives(client: Client, path: str, status: int) -> None:
    assert client.ask(path).status == status
    assert client.ask(path).status == status


def test_an_answer_of_unknown_length_goes_out_in_chunks(client: Client) -> None:
    for _time in range(2):
        reply = client.ask("/stream")
        assert (reply.headers["Transfer-Encoding"], reply.body) == ("chunked", b"one two")


@pytest.mark.parametrize("length", [0, 64, 5 * 1024 * 1024])
def test_a_file_arrives_whole(client: Client, length: int) -> None:
    for _time in range(2):
        assert client.ask(f"/file?{length}").body == CHUNK * (length // len(CHUNK))


@pytest.mark.parametrize("path", ["/fail", "/leave", "/fail-unsent"])
def test_an_application_that_fails_before_the_head_is_500_and_costs_no_thread(
    server: WebServer, path: str
) -> None:
    for _time in range(THREADS + 1):
        with server.client() as client:
            reply = client.ask(path)
            assert (reply.status, reply.is_last) == (500, True)
            assert client.is_ended()
    assert server.ask("/echo").body == b"GET "


def test_an_application_that_fails_after_the_head_breaks_off_and_costs_no_thread(
    server: WebServer,
) -> None:
    for _time in range(THREADS + 1):
        with server.client() as client:
            assert client.ask("/fail-later").body == b"half"
            assert client.is_ended()
    assert server.ask("/echo").body == b"GET "


def test_the_last_answer_is_followed_by_the_end(client: Client) -> None:
    reply = client.ask("/stream", "Connection: close")
    assert (reply.body, reply.is_last) == (b"one two", True)
    assert client.is_ended()


def test_http_1_0_gets_one_answer_that_ends_with_the_connection(client: Client) -> None:
    client.send(b"GET /stream HTTP/1.0\r\n\r\n")
    assert client.file.read().endswith(b"\r\n\r\none two")


@pytest.mark.parametrize(
    "data",
    [b"no http at all\r\n\r\n", b"GET /echo HTTP/1.1\r\nbad header\r\n\r\n", b"\x16\x03\x01\r\n"],
)
def test_what_is_no_request_is_400_and_the_end(client: Client, data: bytes) -> None:
    assert client.ask("/echo").status == 200
    client.send(data)
    assert client.reply().status == 400
    assert client.is_ended()


def test_more_connections_than_threads_are_all_answered(server: WebServer) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(server.client()) for _number in range(10 * THREADS)]
        for _time in range(2):
            for one in clients:
                one.send(request("/echo", method="POST", body=b"x"))
            assert [one.reply().body for one in clients] == [b"POST x"] * len(clients)


def test_clients_that_are_silent_or_gone_hold_no_thread(server: WebServer) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(server.client()) for _number in range(2 * THREADS)]
        with server.client() as gone:
            gone.send(request("/held?gate=x")[:20])
        assert server.ask("/echo").body == b"GET "
        assert [one.ask("/echo").body for one in silent] == [b"GET "] * len(silent)


def test_clients_that_do_not_close_after_their_last_answer_hold_no_thread(
    server: WebServer,
) -> None:
    # a thread that waited 2 s for each would be far beyond a client's patience
    with ExitStack() as stack:
        for _number in range(40 * THREADS):
            client = stack.enter_context(server.client())
            assert client.ask("/echo", "Connection: close").is_last


def test_idle_and_stuck_connections_are_ended(tmp_path: Path) -> None:
    with web_server(tmp_path, "--keep-alive", "1", threads=THREADS) as server, ExitStack() as stack:
        fresh, used, *stuck = (stack.enter_context(server.client()) for _ in range(2 + THREADS))
        assert used.ask("/echo").status == 200
        for one in stuck:
            one.send(request("/echo")[:-1])
        assert server.ask("/echo").status == 200
        assert all(one.is_ended() for one in (fresh, used, *stuck))


def test_a_request_that_waits_for_a_thread_is_not_idle(tmp_path: Path) -> None:
    with web_server(tmp_path, "--keep-alive", "1", threads=THREADS) as server, ExitStack() as stack:
        running = [server.hold(stack) for _number in range(THREADS)]
        waiting = stack.enter_context(server.client())
        waiting.send(request("/echo"))
        # came later and is ended: the other one's time is over, too
        assert stack.enter_context(server.client()).is_ended()
        assert [one.release().body for one in running] == [b"heldback"] * THREADS
        assert waiting.reply().body == b"GET "


def test_without_keep_alive_each_connection_serves_one_request(tmp_path: Path) -> None:
    with web_server(tmp_path, "--keep-alive", "0") as server:
        for _time in range(3):
            with server.client() as client:
                assert client.ask("/echo").is_last
                assert client.is_ended()


def test_connections_above_the_limit_wait_for_their_turn(tmp_path: Path) -> None:
    limit = 4
    with (
        web_server(tmp_path, "--worker-connections", str(limit)) as server,
        ExitStack() as stack,
    ):
        first = [stack.enter_context(server.client()) for _number in range(limit)]
        assert first[0].ask("/echo", method="POST", body=b"1").body == b"POST 1"
        with server.client() as waiting:
            waiting.send(request("/echo"))
            first[0].socket.shutdown(socket.SHUT_RDWR)
            assert waiting.reply().body == b"GET "


def test_a_worker_out_of_file_descriptors_serves_those_it_has(tmp_path: Path) -> None:
    with web_server(tmp_path) as server, ExitStack() as stack:
        early = stack.enter_context(server.client())
        worker = int(early.ask("/process").body)
        is_open = len(list(Path(f"/proc/{worker}/fd").iterdir()))
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (is_open + 3, is_open + 3))
        others = [stack.enter_context(server.client()) for _number in range(8)]
        others[-1].send(request("/process"))
        for _time in range(3):
            assert int(early.ask("/process").body) == worker
        for one in others[:-1]:
            one.socket.shutdown(socket.SHUT_RDWR)
        assert int(others[-1].reply().body) == worker

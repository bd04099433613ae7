"""Which requests are read past gunicorn's parser, and that all others are still read right."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from config.tests.web_server import Client, WebServer, request, web_server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere gunicorn's own worker serves"),
]
HEAD = b"POST /plain/a HTTP/1.1\r\nHost: h\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def client(server: WebServer) -> Iterator[Client]:
    with server.client() as connected:
        yield connected


def answer(client: Client, data: bytes) -> tuple[int, bytes]:
    client.send(data)
    reply = client.reply()
    return reply.status, reply.body


def test_a_plain_post_takes_the_lane_again_and_again(client: Client) -> None:
    for number in range(3):
        reply = client.ask("/plain/a", "X-Word: hi ", method="POST", body=b" %d" % number)
        assert (reply.status, reply.body) == (200, b"lane hi %d" % number)
        assert (reply.headers["Connection"], reply.is_last) == ("keep-alive", False)
        assert reply.headers["Content-Type"] == "text/plain"
        assert reply.headers["Date"].endswith("GMT")


def test_an_empty_body_is_plain_too(client: Client) -> None:
    assert answer(client, HEAD + b"Content-Length: 0\r\n\r\n") == (200, b"lane ")


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 4\r\nConnection: close\r\n\r\nbody",
        HEAD + b"Content-Length: 4\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\nbody",
        HEAD + b"Content-Length: 4\r\nX-Bytes: \xe4\r\n\r\nbody",
        HEAD + b"Content-Length: 4\r\nX-Empty:\r\n\r\nbody",
        b"POST /plain/a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        b"POST /plain/%61 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        b"POST /plain/not HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        b"PUT /plain/a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        b"POST /plain/a HTTP/1.0\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
    ],
)
def test_what_is_not_plain_is_read_by_gunicorn(client: Client, data: bytes) -> None:
    assert answer(client, data) == (200, b"gunicorn body")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 4\r\n folded\r\n",
        b"Content-Length : 4\r\n",
        b"Content-Length: 4\r\nX_Under: \x00\r\n",
    ],
)
def test_what_gunicorn_refuses_is_refused(client: Client, head: bytes) -> None:
    status, _body = answer(client, HEAD + head + b"\r\nbody")
    assert status == 400
    assert client.is_ended()


def test_a_body_in_two_pieces_is_read_whole(server: WebServer) -> None:
    data = request("/plain/a", method="POST", body=b"body")
    for cut in (5, 40, len(data) - 1):
        with server.client() as client:
            client.send(data[:cut])
            client.send(data[cut:])
            reply = client.reply()
        assert reply.body in {b"lane body", b"gunicorn body"}


def test_requests_sent_ahead_are_each_answered(client: Client) -> None:
    client.send(b"".join(request("/plain/a", method="POST", body=b"%d" % n) for n in range(3)))
    assert [client.reply().body for _ in range(3)] == [b"gunicorn %d" % n for n in range(3)]
    assert client.ask("/plain/a", method="POST", body=b"4").body == b"lane 4"


def test_both_ways_share_a_connection(client: Client) -> None:
    for path, expected in (("/plain/a", b"lane x"), ("/echo", b"POST x"), ("/plain/a", b"lane x")):
        assert client.ask(path, method="POST", body=b"x").body == expected


def test_a_worker_that_has_answered_enough_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("few")
    with web_server(folder, "--max-requests", "2") as few:
        with few.client() as client:
            first, second = (client.ask("/plain/a", method="POST", body=b"x") for _ in range(2))
            assert (first.is_last, second.is_last) == (False, True)
            assert client.is_ended()
        assert few.ask("/process").status == 200

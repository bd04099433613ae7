"""A web server that stops, or changes its worker: nobody's request is lost by it."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.tests.toy import alive, wait_until
from config.tests.web_server import PATIENCE, Client, WebServer, request, web_server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere gunicorn's own worker serves"),
]

# far beyond any test's patience: an end that waits for it is seen
GRACE = ("--graceful-timeout", "600")


def ask_until_last(client: Client) -> None:
    """Ask over one connection until the worker has heard that it shall stop."""
    while not client.ask("/echo").is_last:
        pass


def test_a_running_request_is_answered_whole_at_a_stop(tmp_path: Path) -> None:
    with web_server(tmp_path, *GRACE) as server, ExitStack() as stack:
        slow, other = server.hold(stack), server.client()
        with other:
            server.process.send_signal(signal.SIGTERM)
            ask_until_last(other)
        assert server.process.poll() is None
        reply = slow.release()
        assert (reply.body, reply.is_last) == (b"heldback", True)
        assert slow.client.is_ended()
        slow.client.close()
        assert server.process.wait(PATIENCE) == 0


def test_a_request_that_waits_for_a_thread_is_answered_at_a_stop(tmp_path: Path) -> None:
    with web_server(tmp_path, *GRACE, threads=1) as server, ExitStack() as stack:
        slow, idle, waiting = server.hold(stack), *map(stack.enter_context, clients(server, 2))
        waiting.send(request("/echo"))
        server.process.send_signal(signal.SIGTERM)
        assert idle.is_ended()
        assert slow.release().body == b"heldback"
        assert waiting.reply().body == b"GET "
        assert server.process.wait(PATIENCE) == 0


def clients(server: WebServer, count: int) -> list[Client]:
    return [server.client() for _number in range(count)]


def test_idle_connections_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with web_server(tmp_path, *GRACE) as server, ExitStack() as stack:
        fresh, used = map(stack.enter_context, clients(server, 2))
        assert used.ask("/echo").status == 200
        assert server.stop() == 0
        assert fresh.is_ended()
        assert used.is_ended()


def test_a_request_that_never_ends_is_left_after_the_time_of_grace(tmp_path: Path) -> None:
    with web_server(tmp_path, "--graceful-timeout", "1") as server, ExitStack() as stack:
        stuck = server.hold(stack)
        assert server.stop() == 0
        assert stuck.client.is_ended()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_quick_stop_waits_for_nobody(tmp_path: Path, number: signal.Signals) -> None:
    with web_server(tmp_path, *GRACE) as server, ExitStack() as stack:
        stuck = server.hold(stack)
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE) == 0
        assert stuck.client.is_ended()


def test_a_worker_whose_master_is_gone_leaves(tmp_path: Path) -> None:
    with web_server(tmp_path, *GRACE) as server:
        worker = server.worker()
        server.process.kill()
        wait_until(lambda: not alive(worker), what="the end of the worker")


def test_a_worker_killed_by_hand_is_replaced(tmp_path: Path) -> None:
    with web_server(tmp_path) as server:
        first = server.worker()
        os.kill(first, signal.SIGKILL)
        assert server.worker() != first


def test_a_reload_takes_a_new_worker_and_loses_no_running_request(tmp_path: Path) -> None:
    with web_server(tmp_path, *GRACE) as server, ExitStack() as stack:
        slow, first = server.hold(stack), server.worker()
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.worker() != first, what="a new worker")
        assert slow.release().body == b"heldback"
        slow.client.close()
        wait_until(lambda: not alive(first), what="the end of the old worker")


def test_a_worker_that_served_enough_is_replaced_without_a_lost_request(tmp_path: Path) -> None:
    def visit(server: WebServer) -> list[bytes]:
        """Ask 40 times, over as few connections as the server allows."""
        seen: list[bytes] = []
        while len(seen) < 40:
            with server.client() as client:
                is_last = False
                while not is_last and len(seen) < 40:
                    reply = client.ask("/process")
                    seen.append(reply.body)
                    is_last = reply.is_last
        return seen

    with (
        web_server(tmp_path, "--max-requests", "50", threads=4) as server,
        ThreadPoolExecutor(4) as pool,
    ):
        seen = [pid for visit_of in pool.map(visit, [server] * 4) for pid in visit_of]
    assert len(seen) == 160
    assert len(set(seen)) >= 3

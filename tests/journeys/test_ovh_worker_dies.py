"""A worker that dies between OVH's taking an order and our hearing of it: one order, and ours.

In a file of its own because it waits for minutes: it begins before all others (see conftest.py).
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journeys.servers import buyer
from tests.journeys.stack import Stack, running, wait_until

pytestmark = pytest.mark.journey
CHECKOUT = "/order/cart/*/checkout"


def test_a_worker_that_dies_after_ovh_took_the_order_leaves_one_order(
    home: Path, server_store: dict[str, str]
) -> None:
    with running(home, **server_store) as stack:
        tea = buyer(stack, "Tea house")
        tea.wish()
        fault = {"kind": "late_answer", "host": "eu", "method": "POST", "path": CHECKOUT}
        stack.shelf("POST", "faults", **fault, seconds=15)
        tea.appear()
        wait_until(tea.books, what="the order in OVH's books")
        kill_worker(stack)
        assert tea.states() == ["ordering"]
        # nobody calls checkout again; when the dead worker's hold ends, OVH is asked
        limit = time.monotonic() + 400
        while tea.states() != ["placed"]:
            assert time.monotonic() < limit, tea.orders()
            time.sleep(1)
        (booked,) = tea.books()
        assert tea.orders()[0]["ovh_order_id"] == booked["orderId"]
        assert (
            len(stack.shelf("GET", "calls", host="eu", method="POST", path=CHECKOUT)["calls"]) == 1
        )


def kill_worker(stack: Stack) -> None:
    """End the worker as a power cut would; the supervisor starts another one."""
    for pid in stack.processes("\0worker\0"):
        with suppress(ProcessLookupError):
            if pid != stack.run.process.pid:
                os.kill(pid, signal.SIGKILL)

"""From stock that is seen to the checkout that is sent, by the real worker and the real poller.

OVH is the emulator, each of whose answers takes 100 ms. Two servers come at a time. The time that
passes until the stock is looked at is left out of the bar (it is the cadence's, a setting) and
shown beside it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from signal import SIGTERM
from subprocess import TimeoutExpired
from typing import Any

import psycopg

from benchmarks import processes
from benchmarks.report import Figure, Report, p99
from config.children import Child, Log
from emulators.ovh import OvhEmulator

HOST = "eu"
DELAY = 0.1  # seconds
BAR = 1.0  # seconds, p99
PATIENCE = 60.0
QUEUES = "default,stock,outgoing,tenants-0,tenants-1,tenants-2,tenants-3"
STOCK_LIST = "/dedicated/server/datacenter/availabilities"
AT_ONCE = 2  # servers that come at a time
ORDERS = """SELECT fqn, datacenter, stock_seen_at, placed_at, ovh_order_id FROM ovh_sniper_order
WHERE placed_at IS NOT NULL"""
# (configuration, datacenter) -> seen, answered, OVH's number
Rows = dict[tuple[str, str], tuple[datetime, datetime, int]]


def measure(report: Report, env: Mapping[str, str], emulator: OvhEmulator, count: int) -> None:
    """Have so many servers ordered, a few at a time; add the figures."""
    command = [sys.executable, "-m", "benchmarks.ovh_stage", str(count)]
    done = subprocess.run(
        command, env=dict(env), cwd=processes.ROOT, check=True, stdout=subprocess.PIPE
    )
    cells: list[dict[str, Any]] = json.loads(done.stdout)
    emulator.fault("slow", path="*", seconds=DELAY, times=0)
    with _running(env):
        _until(lambda: _polls(emulator) >= 2, "two looks at the stock")
        emulator.clear_calls()
        shown: list[float] = []
        for start in range(0, len(cells), AT_ONCE):
            shown += _order(emulator, cells[start : start + AT_ONCE])
        # the last answer is written down after the emulator has given it
        _until(lambda: len(_rows(env)) == len(cells), "the last order's row")
    _add(report, emulator, cells, shown, _rows(env))


@contextmanager
def _running(env: Mapping[str, str]) -> Iterator[None]:
    """Run a worker and the clock as docs/operations.md says."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
    worker = ["worker", "-P", "threads", "-c", "16", "-l", "WARNING", "--without-mingle"]
    schedule = str(Path(env["DATA_DIR"]) / "beat")
    beat = ["beat", "--max-interval", "1", "-l", "WARNING", "-s", schedule, "--pidfile="]
    with ExitStack() as stack:
        for name, arguments in (("worker", [*worker, "-Q", QUEUES]), ("beat", beat)):
            stack.enter_context(_child(name, [*celery, *arguments], env))
        yield


@contextmanager
def _child(name: str, command: list[str], env: Mapping[str, str]) -> Iterator[None]:
    with (Path(env["DATA_DIR"]) / f"{name}.log").open("wb") as stream:
        child = Child(name, command, dict(env), Log(stream), processes.ROOT)
        child.start()
        try:
            yield
        finally:
            child.signal(SIGTERM)
            if child.process:
                try:
                    child.process.wait(10)
                except TimeoutExpired:
                    child.process.kill()
            child.sweep()


def _order(emulator: OvhEmulator, cells: Sequence[dict[str, Any]]) -> list[float]:
    """Put some servers in stock and wait for their orders; return when each came in stock."""
    wanted = len(emulator.orders(HOST)) + len(cells)
    begun = []
    for cell in cells:
        begun.append(time.time())
        emulator.set_stock(HOST, cell["fqn"], cell["datacenter"], "1H-high")
    _until(lambda: len(emulator.orders(HOST)) >= wanted, f"the order of {cells[0]['fqn']}")
    return begun


def _until(is_true: Any, what: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not is_true():
        if time.monotonic() > limit:
            raise RuntimeError(f"{what} did not come")
        time.sleep(0.02)


def _polls(emulator: OvhEmulator) -> int:
    return len(emulator.calls(HOST, "GET", STOCK_LIST))


def _rows(env: Mapping[str, str]) -> Rows:
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        connection.execute("SET app.tenant = '*'")  # row-level security
        found = connection.execute(ORDERS).fetchall()
    return {(row[0], row[1]): row[2:] for row in found}


def _add(
    report: Report,
    emulator: OvhEmulator,
    cells: list[dict[str, Any]],
    shown: list[float],
    rows: Rows,
) -> None:
    if len(emulator.orders(HOST)) != len(cells):
        raise RuntimeError(f"{len(emulator.orders(HOST))} orders of {len(cells)}: void")
    sent = _sent(emulator)
    found = [rows[cell["fqn"], cell["datacenter"]] for cell in cells]
    carts = {one["orderId"]: one["cartId"] for one in emulator.orders(HOST)}
    waits = [sent[carts[number]] - seen.timestamp() for seen, _placed, number in found]
    looks = [row[0].timestamp() - at for row, at in zip(found, shown, strict=True)]
    middle, slowest = statistics.median(waits), max(waits)
    note = f"p50 {middle:.3f}, slowest {slowest:.3f}; {len(waits)} orders, a call {DELAY:g} s"
    report.add(Figure("ovh.order.seen_to_sent_p99", p99(waits), "s", note, BAR, at_most=True))
    report.add(Figure("ovh.order.until_seen_p50", statistics.median(looks), "s", "the cadence"))
    checkouts = len(_checkouts(emulator)) / len(cells)
    report.add(Figure("ovh.order.checkout_calls", checkouts, "calls", "an order", 1, at_most=True))
    calls = _calls(emulator, found, carts)
    report.add(
        Figure(
            "ovh.order.upstream_calls",
            calls,
            "calls",
            "an order: its price and each line side by side, checkout",
        )
    )


def _checkouts(emulator: OvhEmulator) -> list[dict[str, Any]]:
    return emulator.calls(HOST, "POST", "/order/cart/*/checkout")


def _sent(emulator: OvhEmulator) -> dict[str, float]:
    """Return when each cart's checkout reached OVH."""
    return {_cart_of(call): float(call["at"]) for call in _checkouts(emulator)}


def _cart_of(call: dict[str, Any]) -> str:
    return str(call["path"]).split("/cart/")[1].partition("/")[0]


def _calls(
    emulator: OvhEmulator,
    orders: Sequence[tuple[datetime, datetime, int]],
    carts: Mapping[int, str],
) -> float:
    """Return how many calls there were for an order's cart between look and answer, a mean."""
    calls = [call for call in emulator.calls(HOST) if "/cart/" in call["path"]]
    return statistics.mean(
        sum(
            seen.timestamp() <= float(call["at"]) <= placed.timestamp()
            for call in calls
            if _cart_of(call) == carts[number]
        )
        for seen, placed, number in orders
    )

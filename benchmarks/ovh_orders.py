"""From stock that is seen to the checkout that is sent, by the real worker and the real poller.

OVH is the emulator, each of whose answers takes 100 ms. The time that passes until the stock is
looked at is left out of the bar (it is the cadence's, a setting) and shown beside it.
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
from benchmarks.report import Figure, Report
from config.children import Child, Log
from emulators.ovh import OvhEmulator

HOST = "eu"
DELAY = 0.1  # seconds
BAR = 1.0  # seconds, p99
PATIENCE = 60.0
QUEUES = "default,stock,outgoing,tenants-0,tenants-1,tenants-2,tenants-3"
STOCK_LIST = "/dedicated/server/datacenter/availabilities"
ORDERS = """SELECT fqn, datacenter, stock_seen_at, checkout_at, placed_at FROM ovh_sniper_order
WHERE placed_at IS NOT NULL"""
# (configuration, datacenter) -> seen, about to be sent, answered
Rows = dict[tuple[str, str], tuple[datetime, datetime, datetime]]


def measure(report: Report, env: Mapping[str, str], emulator: OvhEmulator, count: int) -> None:
    """Have so many servers ordered, one after the other; add the figures."""
    command = [sys.executable, "-m", "benchmarks.ovh_stage", str(count)]
    done = subprocess.run(
        command, env=dict(env), cwd=processes.ROOT, check=True, stdout=subprocess.PIPE
    )
    cells: list[dict[str, Any]] = json.loads(done.stdout)
    emulator.fault("slow", path="*", seconds=DELAY, times=0)
    with _running(env):
        _until(lambda: _polls(emulator) >= 2, "two looks at the stock")
        emulator.clear_calls()
        shown = [_order(emulator, cell) for cell in cells]
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


def _order(emulator: OvhEmulator, cell: dict[str, Any]) -> float:
    """Put one server in stock and wait for its order; return when it came in stock."""
    before = len(emulator.orders(HOST))
    begun = time.time()
    emulator.set_stock(HOST, cell["fqn"], cell["datacenter"], "1H-high")
    _until(lambda: len(emulator.orders(HOST)) > before, f"the order of {cell['fqn']}")
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
    waits = sorted(_after(seen, sent) for seen, _checkout, _placed in found)
    looks = [row[0].timestamp() - at for row, at in zip(found, shown, strict=True)]
    note = f"p50 {statistics.median(waits):.3f}; {len(waits)} orders, a call {DELAY:g} s"
    p99 = waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    report.add(Figure("ovh.order.seen_to_sent_p99", p99, "s", note, BAR, at_most=True))
    report.add(Figure("ovh.order.until_seen_p50", statistics.median(looks), "s", "the cadence"))
    checkouts = len(sent) / len(cells)
    report.add(Figure("ovh.order.checkout_calls", checkouts, "calls", "an order", 1, at_most=True))
    calls = _between(emulator, found)
    report.add(Figure("ovh.order.upstream_calls", calls, "calls", "an order: check, checkout"))


def _sent(emulator: OvhEmulator) -> list[float]:
    """Return when checkouts reached OVH."""
    calls = emulator.calls(HOST, "POST", "/order/cart/*/checkout")
    return sorted(float(call["at"]) for call in calls)


def _after(seen: datetime, sent: list[float]) -> float:
    return next(at for at in sent if at >= seen.timestamp()) - seen.timestamp()


def _between(emulator: OvhEmulator, orders: Sequence[tuple[datetime, datetime, datetime]]) -> float:
    """Return how many calls there were between a look and the answer to its order, a mean."""
    calls = [float(call["at"]) for call in emulator.calls(HOST) if "/cart/" in call["path"]]
    return statistics.mean(
        sum(seen.timestamp() <= at <= placed.timestamp() for at in calls)
        for seen, _checkout, placed in orders
    )

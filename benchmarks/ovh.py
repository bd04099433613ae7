"""The stock of OVH: a whole look with 100,000 wishes, and from stock to the order that was sent.

Everything runs on private servers that keep what they committed. OVH is the emulator, on this
machine, answering as late as it is told.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ovh_orders, processes
from benchmarks.report import Figure, Report
from emulators.httpd import Server
from emulators.ovh import OvhEmulator

LOOK_BAR = 250.0  # ms
BARS = {"ovh.look.all": LOOK_BAR, "ovh.look.all_p99": LOOK_BAR}


@dataclass(frozen=True)
class Options:
    """How much to measure."""

    wishes: int = 100_000
    looks: int = 101
    orders: int = 104


QUICK = Options(wishes=2_000, looks=2, orders=4)


def run(report: Report, options: Options) -> None:
    """Measure everything."""
    with _site() as (env, _emulator):
        arguments = [str(options.wishes), str(options.looks)]
        for figure in _figures("benchmarks.ovh_matching", arguments, env):
            report.add(figure)
    with _site() as (env, emulator):
        ovh_orders.measure(report, env, emulator, options.orders)


@contextmanager
def _site() -> Iterator[tuple[Mapping[str, str], OvhEmulator]]:
    """Start stores and an emulated OVH; give the environment of processes that use them."""
    emulator = OvhEmulator()
    with (
        processes.stores() as stores,
        tempfile.TemporaryDirectory(prefix="botharbor-bench-") as folder,
        Server(emulator.app) as server,
    ):
        yield (
            {
                **os.environ,
                **stores,
                "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
                "OVH_API_URL": f"{server.url}/ovh/{{host}}/1.0",
                "DATA_DIR": folder,
                "LOG_LEVEL": "WARNING",
                # as often as OVH's fair use lets one armed plan be looked at
                "OVH_MIN_INTERVAL": "1",
            },
            emulator,
        )
    emulator.close()


def _figures(module: str, arguments: list[str], env: Mapping[str, str]) -> Iterator[Figure]:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, env=dict(env), cwd=Path(processes.ROOT), check=True, stdout=subprocess.PIPE
    )
    for line in done.stdout.splitlines():
        found = json.loads(line)
        bar = BARS.get(found["name"])
        yield Figure(**found, bar=bar, at_most=bar is not None)

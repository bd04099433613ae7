"""Readings of traffic packages: many accounts under the shared limit, and how fast one decides.

On private servers that keep what they committed. The readings are of a stand-in that answers at
once, in virtual time, since an interval lasts 15 minutes. The decisions are of the emulator.
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

from benchmarks import processes
from benchmarks.report import Figure, Report

# name -> (bar, whether the value must be at most that)
BARS = {
    "traffic.gap.late": (0.0, True),
    "traffic.burst.one": (60.0, True),
    "traffic.decision": (1000.0, True),
}


@dataclass(frozen=True)
class Options:
    """How much to measure: accounts, servers of each, and intervals."""

    accounts: int = 1000
    servers: int = 20
    rounds: int = 1
    decisions: int = 20


QUICK = Options(accounts=40, servers=3, rounds=1, decisions=3)


def run(report: Report, options: Options) -> None:
    """Measure everything."""
    with _stores() as env, _cloud(options.servers) as urls:
        arguments = (options.accounts, options.servers, options.rounds)
        _add(report, "benchmarks.traffic_polls", arguments, {**env, **urls})
    with _stores() as env:
        _add(report, "benchmarks.traffic_decisions", (options.decisions,), env)


@contextmanager
def _stores() -> Iterator[Mapping[str, str]]:
    with processes.stores() as stores, tempfile.TemporaryDirectory(prefix="botharbor-b-") as folder:
        yield {
            **os.environ,
            **stores,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "DATA_DIR": folder,
            "LOG_LEVEL": "ERROR",
        }


@contextmanager
def _cloud(servers: int) -> Iterator[Mapping[str, str]]:
    """Run the stand-in in a process of its own; give the URLs of its services."""
    command = [sys.executable, "-m", "benchmarks.traffic_cloud", str(servers)]
    process = subprocess.Popen(command, cwd=processes.ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        names = ("IAM", "CONFIG", "BSS", "ECS", "VPC", "CES")
        yield {f"HUAWEI_{name}_URL": f"{url}/{name.lower()}" for name in names}
    finally:
        process.terminate()
        process.wait(10)


def _add(report: Report, module: str, arguments: tuple[int, ...], env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(
        command, env=dict(env), cwd=processes.ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            found = json.loads(line)
            bar, at_most = BARS.get(found["name"], (None, False))
            report.add(Figure(**found, bar=bar, at_most=at_most))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)

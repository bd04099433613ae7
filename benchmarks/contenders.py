"""Who is measured: posts updates to a server and checks that nothing of it was lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load import Order, Outcome
from benchmarks.processes import ROOT, cpu_of, parent_of

# rows that one accepted update of a kind leaves behind
LEAVES = {
    "ours": {
        "command": ("bots_receipt", "toy_note"),
        "command_orm": ("bots_receipt", "toy_note"),
        "newcomer": ("bots_receipt", "toy_note"),
        "join": ("bots_receipt", "lottery_entry"),
        "join_private": ("bots_receipt", "lottery_entry"),
    },
    "rival": {
        "command": ("rival_receipt", "rival_note"),
        "join": ("rival_receipt", "rival_entry"),
    },
}
# answered without a row: posted again and again
IDLE = {"unwanted": 200, "unknown": 404, "repeat": 200}
PER_SECOND = 4500  # no server here takes more updates that leave rows


@dataclass(frozen=True)
class Turn:
    """What a contender did in one turn; CPU in microseconds an update."""

    outcome: Outcome
    web_us: float
    postgres_us: float


class Void(RuntimeError):
    """The server lost or made up work, so its speed means nothing."""


@dataclass
class Contender:
    """A running server; `target` is "ours" or "rival"."""

    name: str
    target: str
    port: int
    database: str
    cast_file: Path
    pid: int
    used: Counter[str] = field(default_factory=Counter)
    load_cpu: float = 0.0

    def measure(self, kind: str, seconds: float, **options: Any) -> Turn:
        """Post updates of a kind for some seconds.

        Raises:
            Void: an answer was not the expected one, or rows and accepted updates differ.
        """
        before = self._rows()
        wanted = {"first": self.used[kind], "count": int((seconds + 1) * PER_SECOND)}
        if kind in IDLE:
            wanted = {"first": 0, "count": 2000, "cycle": True}
        posted = "command" if kind == "repeat" else kind
        order = Order(
            str(self.cast_file),
            self.port,
            self.target,
            posted,
            seconds=seconds,
            **wanted | options,
        )
        postmaster = self._postmaster()
        web, postgres = cpu_of(self.pid), cpu_of(postmaster)
        outcome = self._post(order)
        web, postgres = cpu_of(self.pid) - web, cpu_of(postmaster) - postgres
        if kind not in IDLE:
            self.used[kind] += outcome.sent
        self.load_cpu = max(self.load_cpu, outcome.cpu)
        self._check(kind, outcome, before)
        each = 1e6 / max(1, outcome.sent)
        return Turn(outcome, web * each, postgres * each)

    def _postmaster(self) -> int:
        with psycopg.connect(self.database) as connection:
            return parent_of(connection.info.backend_pid)

    def _post(self, order: Order) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=json.dumps(asdict(order)),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=True,
        )
        return Outcome(**json.loads(done.stdout))

    def _rows(self) -> dict[str, int]:
        tables = {table for kinds in LEAVES[self.target].values() for table in kinds}
        counts = [f"(SELECT count(*) FROM {table})" for table in sorted(tables)]  # noqa: S608
        with psycopg.connect(self.database) as connection:
            connection.execute("SET app.tenant = '*'")  # row-level security shows all
            row = connection.execute(f"SELECT {', '.join(counts)}").fetchone()
        assert row is not None
        return dict(zip(sorted(tables), row, strict=True))

    def _check(self, kind: str, outcome: Outcome, before: dict[str, int]) -> None:
        status = str(IDLE.get(kind, 200))
        if set(outcome.statuses) != {status}:
            raise Void(f"{self.name}, {kind}: answered {outcome.statuses}")
        after = self._rows()
        expected = dict.fromkeys(LEAVES[self.target].get(kind, ()), outcome.statuses[status])
        grown = {name: rows - before[name] for name, rows in after.items() if rows > before[name]}
        if grown != expected:
            raise Void(f"{self.name}, {kind}: {expected} accepted, but the tables grew by {grown}")

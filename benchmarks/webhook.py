"""Durable updates per second of one worker process, side by side with two other libraries.

Everything runs on private servers that keep what they committed (fsync on). The contenders take
turns of a few seconds, each round in another order, and a round's ratio is of neighbours, so that
whatever else the machine does hits all of them. CPU time an update depends on that least.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import SystemRandom
from typing import Any

import psycopg

from benchmarks import processes
from benchmarks.contenders import Contender, Turn
from benchmarks.report import Figure, Report
from benchmarks.rivals import work

BOTS, PEOPLE = 100, 500
# name -> module of benchmarks/rivals and its environment
RIVALS: dict[str, tuple[str, dict[str, str]]] = {
    "aiogram": ("multibot", {"RIVAL_LOOP": "asyncio"}),
    "aiogram_uvloop": ("multibot", {}),
    "per_bot": ("per_bot", {}),
}
RATIO_BARS = {"aiogram": 1.5, "aiogram_uvloop": 1.5, "per_bot": 3.0}
MEMORY_BOTS = 10_000
MEMORY_BAR = 20.0  # MiB
OWN_KINDS = ("command_orm", "newcomer", "join_private", "repeat", "unwanted", "unknown")


@dataclass(frozen=True)
class Options:
    """How long to measure."""

    seconds: float = 5.0
    rounds: int = 5
    memory_bots: int = MEMORY_BOTS


@dataclass
class Site:
    """Filled stores, and where the processes write."""

    env: dict[str, str]
    folder: Path
    cast_file: Path
    # updates of ours that were posted: all our servers share the tables
    used: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def ours(
        self, *arguments: str, threads: int = 8, pool: bool = False, name: str = "ours"
    ) -> Iterator[Contender]:
        """Run our web server."""
        env = {**self.env, "WEB_THREADS": str(threads)}
        env["DATABASE_POOL_SIZE"] = str(max(12, threads) if pool else 0)
        command = processes.gunicorn(*arguments)
        with processes.serving("ours", command, env, self.folder) as (child, port):
            yield self.contender(name, port, child.pid)

    @contextmanager
    def rival(self, name: str) -> Iterator[Contender]:
        """Run a rival on the same PostgreSQL."""
        database = f"{self.env['DATABASE_URL']}?options=-c%20search_path%3D{name}"
        module, options = RIVALS[name]
        env = {"RIVAL_DATABASE_URL": database, **options}
        command = processes.rival(module)
        with processes.serving(name, command, env, self.folder) as (child, port):
            yield Contender(name, "rival", port, database, self.cast_file, child.pid)

    def contender(self, name: str, port: int, pid: int) -> Contender:
        """Return our server behind a port."""
        database = self.env["DATABASE_URL"]
        return Contender(name, "ours", port, database, self.cast_file, pid, self.used)


@contextmanager
def site(bots: int, people: int) -> Iterator[Site]:
    """Start the stores and fill them."""
    with processes.stores() as env, tempfile.TemporaryDirectory(prefix="botharbor-bench-") as name:
        folder = Path(name)
        values = {
            **env,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "DATA_DIR": str(folder),
            "LOG_LEVEL": "WARNING",
        }
        filled = Site(values, folder, folder / "cast.json")
        _stage(filled, bots, people)
        yield filled


def _stage(at: Site, bots: int, people: int) -> None:
    command = [sys.executable, "-m", "benchmarks.stage", str(bots), str(people)]
    with at.cast_file.open("wb") as file:
        env = {**os.environ, **at.env}
        subprocess.run(command, stdout=file, env=env, cwd=processes.ROOT, check=True)
    cast = json.loads(at.cast_file.read_text())
    for name in RIVALS:
        _stage_rival(at.env["DATABASE_URL"], name, cast["bots"])


def _stage_rival(database: str, name: str, bots: list[dict[str, Any]]) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(f"CREATE SCHEMA {name}; SET search_path TO {name}; {work.SCHEMA}")
        for bot in bots:
            connection.execute(
                "INSERT INTO rival_topic VALUES (%s, 'the weather')", [bot["telegram_id"]]
            )
            for join in bot.get("joins", []):
                values = [int(join.partition(":")[2]), bot["telegram_id"]]
                connection.execute(
                    "INSERT INTO rival_lottery VALUES (%s, %s, 'open', now() + interval '1 day')",
                    values,
                )
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ANALYZE")


def run(report: Report, options: Options) -> None:
    """Measure everything."""
    processes.prepare_rivals()
    with site(BOTS, PEOPLE) as at:
        side_by_side(report, at, options)
        own_kinds(report, at, options)
        variants(report, at, options)
    with site(options.memory_bots, 0) as at:
        memory(report, at)


def side_by_side(report: Report, at: Site, options: Options) -> None:
    """Let ours and the rivals take turns; add rates and ratios."""
    with ExitStack() as stack:
        ours = stack.enter_context(at.ours())
        rivals = [stack.enter_context(at.rival(name)) for name in RIVALS]
        for kind in ("command", "join"):
            rates = _rounds([ours, *rivals], kind, options)
            _add_rates(report, kind, rates)
            for rival in rivals:
                pairs = zip(rates["ours"], rates[rival.name], strict=True)
                ratios = [one.outcome.rate / other.outcome.rate for one, other in pairs]
                name = f"webhook.{kind}.ratio.{rival.name}"
                note = f"{min(ratios):.2f} to {max(ratios):.2f}"
                median = statistics.median(ratios)
                report.add(Figure(name, median, "x", note, RATIO_BARS[rival.name]))
        most = max(contender.load_cpu for contender in (ours, *rivals))
        report.add(Figure("webhook.load_generator", most * 100, "% core", "at most"))


def _rounds(contenders: list[Contender], kind: str, options: Options) -> dict[str, list[Turn]]:
    for contender in contenders:
        contender.measure(kind, 1.0)
    turns: dict[str, list[Turn]] = {contender.name: [] for contender in contenders}
    for _round in range(options.rounds):
        for contender in SystemRandom().sample(contenders, len(contenders)):
            turns[contender.name].append(contender.measure(kind, options.seconds))
    return turns


def _add_rates(report: Report, kind: str, rates: dict[str, list[Turn]]) -> None:
    for name, turns in rates.items():
        outcomes = [turn.outcome for turn in turns]
        speeds = [one.rate for one in outcomes]
        latency = statistics.median(one.median_ms for one in outcomes)
        slow = statistics.median(one.p99_ms for one in outcomes)
        note = f"{min(speeds):,.0f} to {max(speeds):,.0f}; {latency:.1f} ms, p99 {slow:.1f} ms"
        figure = Figure(f"webhook.{kind}.{name}", statistics.median(speeds), "/s", note)
        report.add(figure)
        for part in ("web", "postgres"):
            spent = [getattr(turn, f"{part}_us") for turn in turns]
            note = f"{min(spent):,.0f} to {max(spent):,.0f}; CPU an update"
            figure = Figure(f"webhook.{kind}.{name}.{part}", statistics.median(spent), "us", note)
            report.add(figure)


def own_kinds(report: Report, at: Site, options: Options) -> None:
    """Measure what the rivals have no counterpart for."""
    with at.ours() as ours:
        ours.measure("command", 2.0)  # `repeat` posts its beginning again
        for kind in OWN_KINDS:
            _add_rates(report, kind, _rounds([ours], kind, options))


def variants(report: Report, at: Site, options: Options) -> None:
    """Compare gunicorn's workers with ours, numbers of threads, and the pool; they take turns."""
    choices: list[tuple[str, tuple[str, ...], int, bool]] = [
        ("sync", ("-k", "sync"), 1, False),
        ("gthread 8", ("-k", "gthread"), 8, False),
        *((f"ours {threads}", (), threads, False) for threads in (4, 6, 8, 16)),
        ("ours 8, pool", (), 8, True),
    ]
    with ExitStack() as stack:
        contenders = [
            stack.enter_context(at.ours(*arguments, threads=threads, pool=pool, name=name))
            for name, arguments, threads, pool in choices
        ]
        _add_rates(report, "command", _rounds(contenders, "command", options))


def memory(report: Report, at: Site) -> None:
    """Look up many bots through the webhook; add what that leaves in a web process."""
    command = processes.gunicorn()
    with processes.serving("ours", command, at.env, at.folder) as (child, port):
        ours = at.contender("ours", port, child.pid)
        cast = json.loads(at.cast_file.read_text())
        few = at.folder / "few.json"
        few.write_text(json.dumps({"bots": cast["bots"][:8], "people": 1}))
        many = at.folder / "many.json"
        many.write_text(json.dumps({"bots": cast["bots"], "people": 1}))
        ours.cast_file = few
        ours.measure("unwanted", 5.0)
        worker = processes.worker_of(child.pid)
        before = processes.memory_of(worker)
        ours.cast_file = many
        ours.measure("unwanted", 60.0, warm_up=0.0, count=len(cast["bots"]), cycle=False)
        after = processes.memory_of(worker)
    report.add(Figure("webhook.memory.process", before["rss"], "MiB", "resident, few bots"))
    for kind in ("rss", "pss"):
        added = after[kind] - before[kind]
        name = f"webhook.memory.{kind}_of_{len(cast['bots'])}_bots"
        report.add(Figure(name, added, "MiB", "", MEMORY_BAR, at_most=True))

"""The processes of a benchmark: PostgreSQL that keeps its promises, web servers, memory."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGTERM
from subprocess import TimeoutExpired

from config.children import Child, Log
from tests import programs, servers

ROOT = Path(__file__).resolve().parent.parent
RIVALS = ROOT / ".venv-bench"
START_WAIT = 60.0  # seconds
# as in production: a commit that was answered survives a power cut
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    """Run private servers of the benchmark's own; give `DATABASE_URL` and `REDIS_URL`."""
    programs.ensure([programs.POSTGRES, programs.REDIS])
    with servers.postgres(DURABLE) as database, servers.private_redis() as cache:
        yield {"DATABASE_URL": database, "REDIS_URL": cache}


@contextmanager
def serving(
    name: str, command: list[str], env: Mapping[str, str], folder: Path
) -> Iterator[tuple[Child, int]]:
    """Run a web server; give its process and its port.

    Raises:
        RuntimeError: it ended or stayed silent; with the end of its log.
    """
    port = servers.free_port()
    path = folder / f"{name}-{port}.log"
    with path.open("wb") as stream:
        values = {**os.environ, **env, "PORT": str(port)}
        child = Child(name, command, values, Log(stream), ROOT)
        child.start()
        try:
            _wait(child, port, path)
            yield child, port
        finally:
            child.signal(SIGTERM)
            if child.process:
                with suppress(TimeoutExpired):
                    child.process.wait(10)
            child.sweep()


def _wait(child: Child, port: int, log: Path) -> None:
    limit = time.monotonic() + START_WAIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            if child.running() and time.monotonic() < limit:
                time.sleep(0.1)
                continue
            raise RuntimeError(f"{child.name}: {log.read_text()[-2000:]}") from error
        return


def gunicorn(*arguments: str) -> list[str]:
    """Return the command of our web server, one worker process."""
    config = ["-c", "config/gunicorn.py", "--workers", "1"]
    return [sys.executable, "-m", "gunicorn", *config, *arguments, "config.wsgi:application"]


def rival(module: str) -> list[str]:
    """Return the command of a rival."""
    return [str(RIVALS / "bin" / "python"), "-m", f"benchmarks.rivals.{module}"]


def prepare_rivals() -> None:
    """Make the virtual environment of the rivals if it is missing.

    Raises:
        subprocess.CalledProcessError: pip failed; its own message is on the screen.
    """
    import subprocess

    stamp, wanted = RIVALS / "installed.txt", (ROOT / "requirements-bench.txt").read_bytes()
    if stamp.exists() and stamp.read_bytes() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(RIVALS)], check=True)
    pip = [str(RIVALS / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    options = ["--disable-pip-version-check", "--require-hashes", "-r", "requirements-bench.txt"]
    subprocess.run([*pip, *options], cwd=ROOT, check=True)
    stamp.write_bytes(wanted)


def worker_of(master: int) -> int:
    """Return the process id of gunicorn's only worker."""
    (child,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return int(child)


def parent_of(pid: int) -> int:
    """Return the process id of a process' parent."""
    return int(_stat(pid)[1])


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and all below it, those that have ended included."""
    spent, below = 0.0, list[str]()
    with suppress(OSError):  # it has just ended: its parent counts it
        spent = sum(map(int, _stat(pid)[11:15])) / os.sysconf("SC_CLK_TCK")
        for task in list(Path(f"/proc/{pid}/task").iterdir()):
            with suppress(OSError):  # so has this thread
                below += (task / "children").read_text().split()
    return spent + sum(cpu_of(int(one)) for one in below)


def _stat(pid: int) -> list[str]:
    # the second field, the program's name in brackets, may hold anything
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def memory_of(pid: int) -> dict[str, float]:
    """Return a process' resident and proportional memory in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    values = {name: int(value.split()[0]) for name, _, value in (x.partition(":") for x in lines)}
    return {"rss": values["Rss"] / 1024, "pss": values["Pss"] / 1024}

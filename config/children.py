"""Processes that the supervisor (and the test runner) starts, and that never outlive it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

TETHER = Path(__file__).with_name("tether.py")
PAUSES = (0.5, 1, 2, 4, 8, 15, 30)  # seconds before a child that died is started again
STEADY = 60  # seconds after which a child counts as healthy, and its next pause is short again


class Log:
    """Writes whole lines, each under its process's name, from many threads."""

    def __init__(self, stream: IO[bytes] | None = None) -> None:
        self.stream = stream or sys.stdout.buffer
        self.lock = threading.Lock()

    def plain(self, text: str) -> None:
        """Write a line as it is."""
        self.write(text.encode() + b"\n")

    def line(self, name: str, text: str) -> None:
        """Write a line of a process."""
        self.write(f"{name:<10} | {text}\n".encode(errors="replace"))

    def write(self, data: bytes) -> None:
        """Write bytes; a reader that went away (`make run | head`) stops nobody."""
        with self.lock, suppress(OSError, ValueError):
            self.stream.write(data)
            self.stream.flush()

    def follow(self, name: str, pipe: IO[bytes]) -> None:
        """Copy a process's output until it closes it."""
        with pipe:
            for line in pipe:
                self.line(name, line.decode(errors="replace").rstrip())


def tethered(command: Sequence[str], *, pipe: int = -1, user: str = "-") -> list[str]:
    """Return the command that runs `command` and dies with this very process and thread."""
    # SIGKILL: half a shutdown without the broker and the supervisor could take for ever, and
    # every process may be killed at any line anyway (DESIGN D7).
    here = [str(os.getpid()), str(int(signal.SIGKILL)), str(pipe), user]
    return [sys.executable, "-I", "-S", str(TETHER), *here, *command]


@dataclass
class Child:
    """One supervised process: `name` for the log, `command`, and how it is doing."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Log
    cwd: Path
    user: str = "-"
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0  # deaths in a row without a steady minute between them
    started: float = 0.0
    restart_at: float | None = None
    _swept: bool = False
    _reader: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C does not reach it by itself."""
        pipe = -1 if sys.platform == "linux" else lifeline()
        process = subprocess.Popen(  # noqa: S603
            tethered(self.command, pipe=pipe, user=self.user),
            cwd=self.cwd,
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=() if pipe < 0 else (pipe,),
        )
        self.process, self.started, self.restart_at = process, time.monotonic(), None
        self._swept = False
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        follow = (self.name, process.stdout)
        self._reader = threading.Thread(target=self.log.follow, args=follow, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id of the main process; 0 before the first start and after a sweep."""
        return self.process.pid if self.process and not self._swept else 0

    def running(self) -> bool:
        """Tell whether the main process is there."""
        return self.process is not None and self.process.poll() is None

    def ended(self) -> str:
        """Say how the main process ended."""
        code = self.process.returncode if self.process else 0
        return f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"

    def schedule(self) -> float:
        """Note a death; return the seconds to wait before the next start."""
        if time.monotonic() - self.started > STEADY:
            self.failures = 0
        pause = PAUSES[min(self.failures, len(PAUSES) - 1)]
        self.failures += 1
        self.restart_at = time.monotonic() + pause
        return pause

    def signal(self, number: signal.Signals) -> None:
        """Signal the main process only: a group would lose Celery's running tasks."""
        if self.running() and self.process:
            self.process.send_signal(number)

    def sweep(self) -> None:
        """Kill whatever is left of the process and of those it started."""
        if self.process is None or self._swept:
            return  # a second sweep could meet a stranger under the same number
        self._swept = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._reader:
            self._reader.join(timeout=5)


_lifeline: list[int] = []


def lifeline() -> int:
    """Return the reading end of a pipe whose writing end closes when this process ends."""
    if not _lifeline:
        _lifeline.extend(os.pipe())
    return _lifeline[0]


def stop(children: Sequence[Child], *, deadline: float) -> None:
    """Ask the children to stop, wait until `deadline` (monotonic seconds), then kill the rest."""
    for child in children:
        child.signal(signal.SIGTERM)
    for child in children:
        if child.process:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
    for child in children:
        if child.running():
            child.log.line("supervisor", f"{child.name} did not stop in time: killing it.")
        child.sweep()

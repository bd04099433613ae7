"""Runs the whole of Botharbor on one machine: what `make run` starts and Ctrl-C stops.

Lock and ports, broker, emulators, migrations, translations, demo tenant, then web, worker and
beat. A process that dies is started again; a supervisor that is killed takes all of them along.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

from config.brokers import Broker, choose
from config.children import Child, Log, stop, tethered
from config.plan import Plan
from config.preflight import HOST, CannotStart, DataDirLock, start_time
from config.readiness import Readiness, answer

GRACE = 20.0  # seconds between the request to stop and the kill
LAST_GRACE = 3.0  # of these, what the broker and the emulators get after everybody else
HOPELESS = 5  # deaths in a row, before the first readiness, after which we give up
READY_WAIT_NOTE = 15.0  # seconds between two notes on why we are not ready


class Stopped(Exception):
    """We were asked to stop while something was still being prepared."""


class Signals:
    """Turns SIGTERM and SIGINT into a flag, and any child's death into a wake-up.

    Waiting happens in select() on the wake-up pipe: an Event would dead-lock if the signal came
    while its lock is held.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.asked_at = 0.0
        self.reader, writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.ask)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Note the request; another Ctrl-C ends us at once, and everything dies with us.

        A signal to a whole process group arrives twice: `make` passes its own copy on.
        """
        del frame
        if number == signal.SIGINT and self.stopping and time.monotonic() - self.asked_at > 1:
            os._exit(1)
        if not self.stopping:
            self.stopping, self.asked_at = True, time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait for a signal, at most `seconds`."""
        if self.stopping:
            return
        if select.select([self.reader], [], [], max(0.0, seconds))[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self.reader, 4096)


@dataclass
class Supervisor:
    """Starts a plan, keeps it running, stops it."""

    plan: Plan
    lock: DataDirLock
    log: Log
    signals: Signals
    children: list[Child] = field(default_factory=list)
    broker: Broker | None = None
    login: list[str] = field(default_factory=list)
    ready: bool = False

    def say(self, text: str) -> None:
        """Write a line of our own."""
        self.log.line("supervisor", text)

    def run(self) -> int:
        """Run until we are asked to stop; return the exit status."""
        problem = ""
        try:
            self.prepare()
            for name, command in self.plan.commands().items():
                self.start(name, command)
            self.watch()
        except Stopped:
            pass
        except CannotStart as error:
            problem = str(error)
        finally:
            self.stop()
        if problem:
            self.log.plain(problem)
        return 1 if problem else 0

    # --- Starting

    def prepare(self) -> None:
        """Bring up what the others need: broker, emulators, tables, translations, demo tenant."""
        self.broker = choose(self.plan.env, self.plan.data_dir, self.log)
        self.plan.env.update(self.broker.env)
        self.say(f"Broker: {self.broker.description}.")
        if self.broker.child:
            self.adopt(self.broker.child)
        if self.plan.emulators_port:
            self.start_emulators()
        self.step("migrate", "--noinput", "-v", "0")
        self.step("compile_translations")
        if self.plan.has_demo:
            self.login = self.step("load_demo", show=False)

    def start_emulators(self) -> None:
        """Start the emulators and wait until they listen: the demo tenant's bots call them."""
        port = self.plan.emulators_port
        where = ["--port", str(port), "--data-dir", str(self.plan.data_dir / "emulators")]
        emulators = self.start("emulators", [sys.executable, "-m", "emulators", *where])
        limit = time.monotonic() + 20
        while answer("/", port) is None:
            if not emulators.running() or time.monotonic() > limit:
                raise CannotStart("The emulators do not start: their message stands above.")
            self.pause(0.1)

    def step(self, command: str, *options: str, show: bool = True) -> list[str]:
        """Run one management command to its end; return its output's lines.

        Raises:
            CannotStart: it failed.
            Stopped: we were asked to stop meanwhile.
        """
        process = subprocess.Popen(  # noqa: S603
            tethered([*self.plan.manage, command, *options]),
            cwd=self.plan.root,
            env=self.plan.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        )
        lines = self.output(process).splitlines()
        for line in lines if show or process.returncode else ():
            self.log.line("setup", line)
        if process.returncode:
            raise CannotStart(f"`manage.py {command}` failed: its message stands above.")
        return lines

    def output(self, process: "subprocess.Popen[str]") -> str:
        """Return all that a process writes until its end.

        Raises:
            Stopped: we were asked to stop meanwhile.
        """
        with process:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.communicate(timeout=0.5)[0]
                if self.signals.stopping:
                    process.terminate()
                    raise Stopped

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start a process and look after it from now on."""
        child = Child(name, command, env=self.plan.env, log=self.log, cwd=self.plan.root)
        child.start()
        return self.adopt(child)

    def adopt(self, child: Child) -> Child:
        """Look after a running process."""
        self.children.append(child)
        self.write_down()
        return child

    def write_down(self) -> None:
        """Leave a note of what runs, for the start after a `kill -9`."""
        self.lock.note({child.pid: start_time(child.pid) for child in self.children if child.pid})

    # --- Keeping it running

    def pause(self, seconds: float) -> None:
        """Wait for a signal or the time.

        Raises:
            Stopped: we were asked to stop.
        """
        self.signals.wait(seconds)
        if self.signals.stopping:
            raise Stopped

    def watch(self) -> None:
        """Restart what dies and tell when all is ready, until we are asked to stop."""
        readiness = Readiness(self.plan.port)
        next_note = time.monotonic() + READY_WAIT_NOTE
        try:
            while True:
                self.revive()
                if not self.ready and readiness.reached():
                    self.announce()
                elif not self.ready and time.monotonic() > next_note:
                    next_note = time.monotonic() + READY_WAIT_NOTE
                    self.say(f"Not ready yet: {readiness}")
                self.pause(self.until_next())
        finally:
            readiness.close()

    def until_next(self) -> float:
        """Return the seconds until something has to be done without a signal."""
        due = [child.restart_at for child in self.children if child.restart_at is not None]
        wait = min(due) - time.monotonic() if due else 60.0
        return max(0.01, wait if self.ready else min(wait, 0.25))

    def revive(self) -> None:
        """Schedule the restart of each process that died, and start those whose time has come."""
        for child in self.children:
            if child.running():
                continue
            if child.restart_at is None:
                child.sweep()  # what it started itself must not meet its successor
                pause = child.schedule()
                self.say(
                    f"{child.name} {child.ended()}; the others go on, it starts again in {pause} s."
                )
                if not self.ready and child.failures >= HOPELESS:
                    raise CannotStart(f"{child.name} does not start: its message stands above.")
            elif child.restart_at <= time.monotonic():
                child.start()
                self.write_down()
                self.say(f"{child.name} runs again as process {child.pid}.")

    def announce(self) -> None:
        """Tell that everything answers, and how to log in to the demo."""
        self.ready = True
        self.log.plain(f"Botharbor is ready at http://{HOST}:{self.plan.port}")
        for line in self.login:
            self.log.plain(line)

    # --- Stopping

    def stop(self) -> None:
        """Stop the users of the broker and the emulators first, then these two."""
        if self.children:
            self.say("Stopping …")
        limit = time.monotonic() + GRACE
        base = [child for child in self.children if child.name in {"redis", "emulators"}]
        users = [child for child in self.children if child not in base]
        stop(users, deadline=limit - LAST_GRACE if base else limit)
        stop(base, deadline=limit)
        if self.broker:
            self.broker.close()
        self.lock.release()

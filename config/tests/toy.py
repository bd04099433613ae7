"""A checkout in miniature: the supervisor's real processes around a product of a few lines."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType

from config.children import tethered

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 120.0  # seconds that a condition may take on a very busy machine

FILES = {
    "config/__init__.py": """
        import os
        from celery import Celery
        app = Celery("toy", broker=os.environ["CELERY_BROKER_URL"], fixups=[])
    """,
    "config/wsgi.py": """
        def application(environ, start_response):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"status": "ok", "checks": {}}']
    """,
    "emulators/__main__.py": """
        import http.server, sys
        port = int(sys.argv[sys.argv.index("--port") + 1])
        handler = http.server.SimpleHTTPRequestHandler
        http.server.HTTPServer(("127.0.0.1", port), handler).serve_forever()
    """,
    "manage.py": """
        import os, sys, time
        print(sys.argv[1], "done with", os.environ.get("PUBLIC_URL"))
        time.sleep(600 if sys.argv[1] == "poll_bots" else 0)
    """,
    # what `manage.py up` does, without the product's settings
    "up.py": """
        import os, sys
        from pathlib import Path
        root, data_dir = Path(sys.argv[1]), Path(sys.argv[2])
        from config.children import Log
        from config.plan import make_plan
        from config.preflight import LEFTOVER_WAIT, CannotStart, DataDirLock
        from config.supervisor import Signals, Supervisor
        lock = DataDirLock(data_dir)
        try:
            lock.take()
            patience = LEFTOVER_WAIT if lock.recovered else 0
            plan = make_plan(root, data_dir, os.environ, queues=["default"], patience=patience)
        except CannotStart as error:
            print(error)
            sys.exit(2)
        sys.exit(Supervisor(plan, lock, Log(), Signals()).run())
    """,
}


def make_toy(folder: Path, changes: Mapping[str, str]) -> Path:
    """Write the miniature checkout, with some of its files replaced."""
    for name, text in {**FILES, **changes}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    for name in ("gunicorn.py", "worker.py", "exchange.py", "fast_lane.py"):
        shutil.copy(ROOT / "config" / name, folder / "config" / name)
    return folder


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], *, what: str) -> None:
    """Wait for a condition; fail with `what` after a bounded time."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, f"waited {PATIENCE} s for: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether a process is there and not merely waiting to be reaped."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def with_words(*words: str) -> set[int]:
    """Return the processes whose command line or environment holds all the words."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            if all(word.encode() in text for word in words):
                found.add(int(folder.name))
    return found


@dataclass
class Run:
    """A started supervisor and all that it has written."""

    process: subprocess.Popen[bytes]
    output: Path
    data_dir: Path
    port: int
    mark: str  # in the environment of every process of this run

    def text(self) -> str:
        """Return the output so far."""
        return self.output.read_text(errors="replace")

    def says(self, pattern: str, *, times: int = 1) -> None:
        """Wait until a line matches."""

        def found() -> bool:
            enough = len(re.findall(pattern, self.text(), re.MULTILINE)) >= times
            assert enough or self.process.poll() is None, self.text()
            return enough

        wait_until(found, what=f"{pattern} in\n{self.text()}")

    def ready(self) -> "Run":
        """Wait for the line that the contract promises."""
        self.says(f"^Botharbor is ready at http://127.0.0.1:{self.port}$")
        return self

    def processes(self) -> set[int]:
        """Return the children and all that they started."""
        return {pid for pid in with_words(self.mark) if alive(pid)} - {self.process.pid}

    def pid_of(self, name: str) -> int:
        """Return the main process of a child."""
        words = (self.mark, "-m\0", f"\0{'gunicorn' if name == 'web' else name}\0")
        # a process that is just turning into its program shows no command line for a moment
        found: set[int] = set()

        def is_there() -> bool:
            found.update(with_words(*words) - {self.process.pid})
            return bool(found)

        wait_until(is_there, what=name)
        return min(found)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the supervisor and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def started(command: list[str], *, cwd: Path, data_dir: Path, **env: str) -> Iterator[Run]:
    """Run a supervisor with nothing of our environment but PATH; whatever happens, end it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    port = int(env.pop("PORT", "0")) or free_port()
    mark = f"TEST_RUN={time.monotonic_ns()}"
    output = data_dir / f"{mark}.txt"
    variables = {"PATH": os.environ["PATH"], "HOME": str(data_dir), "PORT": str(port), **env}
    variables |= {"DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}
    variables |= dict([mark.split("=")])
    with output.open("wb") as writer:
        process = subprocess.Popen(  # noqa: S603
            tethered(command),  # a killed test run must not leave a whole stack behind
            cwd=cwd,
            env=variables,
            stdout=writer,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        run = Run(process, output, data_dir, port, mark)
        try:
            yield run
        finally:
            process.kill()
            process.wait()
            wait_until(lambda: not run.processes(), what="the end of all children")


def toy(
    tmp_path: Path, *, changes: Mapping[str, str] = MappingProxyType({}), **env: str
) -> AbstractContextManager[Run]:
    """Run the supervisor around the miniature product."""
    root, data = make_toy(tmp_path / "toy", changes), tmp_path / "data"
    command = [sys.executable, "-c", (root / "up.py").read_text(), str(root), str(data)]
    return started(command, cwd=ROOT, data_dir=data, **env)

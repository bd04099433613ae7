"""What must hold before anything starts: free ports, our own data directory, an environment."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
LEFTOVER_WAIT = 10.0  # seconds that a killed supervisor's ports may take to come free
EMULATED = {  # variable -> prefix at the emulators
    "TELEGRAM_API_URL": "telegram",
    "FEISHU_API_URL": "feishu",
    "OVH_API_URL": "ovh/{host}/1.0",
    "HUAWEI_IAM_URL": "huawei/iam/{site}",
    "HUAWEI_CONFIG_URL": "huawei/config/{site}",
    "HUAWEI_BSS_URL": "huawei/bss/{site}",
    "HUAWEI_ECS_URL": "huawei/ecs/{region}",
    "HUAWEI_VPC_URL": "huawei/vpc/{region}",
    "HUAWEI_CES_URL": "huawei/ces/{region}",
    "TIDEWATER_API_URL": "tidewater",
    "SIMULATOR_URL": "simulator/",
}


class CannotStart(Exception):
    """What stands in the way, in one sentence for the person at the keyboard."""


# --- Ports


def port_is_free(port: int) -> bool:
    """Tell whether the port can be bound on the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except (OSError, OverflowError):
            return False
    return True


def claim_port(name: str, port: int, *, patience: float = 0.0) -> int:
    """Return the port once it is free, waiting for at most `patience` seconds.

    Raises:
        CannotStart: another program listens there.
    """
    limit = time.monotonic() + patience
    while not port_is_free(port):
        if time.monotonic() >= limit:
            raise CannotStart(
                f"Port {port} ({name}) is taken or not allowed: stop the program that uses it, or "
                f"choose another, for example `{name}={port + 10} make run`."
            )
        time.sleep(0.1)
    return port


def next_free_port(start: int) -> int:
    """Return the first free port from `start` upwards.

    Raises:
        CannotStart: there is none.
    """
    for port in range(start, 65536):
        if port_is_free(port):
            return port
    raise CannotStart(f"No port from {start} upwards is free: name one with EMULATORS_PORT.")


# --- The data directory


def start_time(pid: int) -> str:
    """Return what tells this process from a later one of the same number; empty if it is gone."""
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        ps = ["ps", "-o", "lstart=", "-p", str(pid)]
        return subprocess.run(ps, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    try:
        # the name in brackets may hold blanks; field 22 is the start in clock ticks (proc(5))
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


class DataDirLock:
    """The exclusive use of a data directory, and the list of processes that were started in it."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "supervisor.lock"
        self.file: IO[str] | None = None
        self.recovered = False  # the last supervisor here was killed

    def take(self) -> None:
        """Take the lock; the kernel frees it however we end. Ends what a killed one left running.

        Raises:
            CannotStart: another Botharbor runs here.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise CannotStart(
                f"Botharbor already runs in {self.path.parent}: stop it first, or choose another "
                "directory with DATA_DIR."
            ) from error
        self.file = file
        file.seek(0)
        with contextlib.suppress(ValueError):
            self.end_leftovers(json.loads(file.read() or "{}"))
        self.note({})

    def end_leftovers(self, started: Mapping[str, str]) -> None:
        """Kill the process groups of a supervisor that could not stop them itself."""
        self.recovered = bool(started)
        for pid, when in started.items():
            if when and start_time(int(pid)) == when:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(int(pid), signal.SIGKILL)

    def note(self, pids: Mapping[int, str]) -> None:
        """Write down which processes run, for the next start after a `kill -9`."""
        if self.file is None:
            return
        self.file.seek(0)
        self.file.truncate()
        json.dump(pids, self.file)
        self.file.flush()

    def release(self) -> None:
        """Give the directory back with nothing running in it."""
        if self.file:
            self.note({})
            self.file.close()
            self.file = None


# --- The environment of the children


def merged(dotenv: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return `.env` under the environment: what the environment names wins, even when empty."""
    return {**dotenv, **environ}


def wants_emulators(env: Mapping[str, str]) -> bool:
    """Tell whether the emulators run: as `EMULATORS` says, else in the demo only."""
    answer = env.get("EMULATORS", "").strip().lower()
    if answer:
        return answer in {"1", "true", "yes", "on"}
    return env.get("ENVIRONMENT", "demo") == "demo"


def demo_defaults(*, port: int, emulators_port: int) -> dict[str, str]:
    """Return the variables that point the product at the emulators and at this machine."""
    emulators = f"http://{HOST}:{emulators_port}"
    return {
        **{name: f"{emulators}/{prefix}" for name, prefix in EMULATED.items()},
        "EMULATORS_PORT": str(emulators_port),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "ALLOWED_HOSTS": f"{HOST},localhost,[::1]",
    }


def fill(env: dict[str, str], defaults: Mapping[str, str]) -> None:
    """Add the defaults for variables that are missing or empty."""
    for name, value in defaults.items():
        if not env.get(name):
            env[name] = value

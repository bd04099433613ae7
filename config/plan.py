"""What the supervisor runs: the commands, their ports and their environment."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.preflight import (
    CannotStart,
    claim_port,
    demo_defaults,
    fill,
    next_free_port,
    wants_emulators,
)

# config/settings.py routes what sends messages to it
OUTGOING = "outgoing"
STOCK = "stock"
# The worker's: eight for what comes and goes, and one for the stock poller of each of OVH's hosts,
# which keeps it for minutes. A thread that waits costs next to nothing.
WORKER_THREADS = 8 + 3


@dataclass(frozen=True)
class Plan:
    """What to run: the environment of all processes, and the choices made from it."""

    root: Path
    data_dir: Path
    env: dict[str, str]
    port: int
    emulators_port: int  # 0: no emulators
    queues: Sequence[str] = ()
    has_demo: bool = True
    sender_threads: int = 0  # 0: no worker for outgoing messages alone

    @property
    def manage(self) -> list[str]:
        """Start of every management command."""
        return [sys.executable, str(self.root / "manage.py")]

    def commands(self) -> dict[str, list[str]]:
        """Return the long-running processes that need the database, by name."""
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "--quiet", "-A", "config"]
        level = ["-l", self.env.get("LOG_LEVEL", "INFO")]
        # workers share nothing but the broker: asking for each other would cost a second
        alone = ["--without-mingle", "--without-gossip"]
        queues = ["-Q", ",".join(self.queues)] if self.queues else []
        schedule = str(self.data_dir / "celerybeat-schedule")
        # threads: Celery's process pool would double the memory for work that waits on I/O
        worker = [*celery, "worker", "-P", "threads"]
        commands = {
            "web": [*python, "gunicorn", "-c", "config/gunicorn.py", "config.wsgi:application"],
            "worker": [*worker, "-c", str(WORKER_THREADS), *level, *alone, *queues],
            "beat": [*celery, "beat", "--max-interval", "1", *level, "-s", schedule, "--pidfile="],
        }
        if self.sender_threads:
            # Draws and recounts may keep all threads of the worker busy; these wait for messages
            # only. 100 MiB is what it costs: too much for a demo, nothing for a server.
            threads = ["-c", str(self.sender_threads), "-n", "sender@%h"]
            commands["sender"] = [*worker, *threads, *level, *alone, "-Q", OUTGOING]
        # for bots switched to long polling, and for all where PUBLIC_URL is unset
        return {**commands, "poll": [*self.manage, "poll_bots"]}


def make_plan(
    root: Path, data_dir: Path, env: Mapping[str, str], *, queues: Sequence[str], patience: float
) -> Plan:
    """Check the ports, fill in the demo's variables, and return the plan.

    Raises:
        CannotStart: a port is taken, or a number is none.
    """
    values = dict(env)
    sender_threads = values.get("SENDER_THREADS") or "0"
    if not sender_threads.isdecimal():
        raise CannotStart("SENDER_THREADS must be a number of threads; 0 starts no such worker.")
    port = claim_port("PORT", int(values.get("PORT") or 8000), patience=patience)
    emulators_port = 0
    emulated = wants_emulators(values)
    if emulated:
        named = values.get("EMULATORS_PORT")
        emulators_port = (
            claim_port("EMULATORS_PORT", int(named), patience=patience)
            if named
            else next_free_port(port + 1)
        )
        if emulators_port == port:
            raise CannotStart("EMULATORS_PORT and PORT must be two different ports.")
        fill(values, demo_defaults(port=port, emulators_port=emulators_port))
    # Several ticks a second at INFO would carry the log-in lines out of sight.
    fill(values, {"LOG_LEVEL": "WARNING"})
    always = {"PORT": str(port), "DATA_DIR": str(data_dir), "EMULATORS": "1" if emulated else "0"}
    python = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    values.update(always | python | {"DJANGO_SETTINGS_MODULE": "config.settings"})
    demo = values.get("ENVIRONMENT", "demo") == "demo"
    return Plan(root, data_dir, values, port, emulators_port, queues, demo, int(sender_threads))

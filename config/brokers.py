"""Finds or starts the Redis that Celery and the cache of the embedded default share."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.children import Child, Log

LONGEST_SOCKET_PATH = 100  # bytes; sun_path holds 104 on macOS, 108 on Linux
START_WAIT = 10.0  # seconds


@dataclass(frozen=True)
class Broker:
    """Where Celery and Django find Redis, and what has to be stopped with us."""

    description: str
    env: Mapping[str, str]
    child: Child | None = None
    server: Any = None
    scratch: Path | None = None  # a folder of ours that only held the socket

    def close(self) -> None:
        """Stop the server that lives in this process; a child is stopped with the others."""
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
        if self.server:
            self.server.shutdown()
            self.server.server_close()


def choose(env: Mapping[str, str], data_dir: Path, log: Log) -> Broker:
    """Return the configured broker, else a private redis-server, else one inside this process."""
    if env.get("CELERY_BROKER_URL") or env.get("REDIS_URL"):
        return Broker("the configured one", {})
    program = find_redis(env)
    if program:
        broker = private_redis(program, env, data_dir, log)
        if broker:
            return broker
        log.line("supervisor", f"{program} does not start here: using the built-in one instead.")
    return built_in()


def find_redis(env: Mapping[str, str]) -> str | None:
    """Return the path of a redis-server: beside this interpreter, or on PATH."""
    here = str(Path(sys.executable).parent)
    return shutil.which("redis-server", path=here) or shutil.which(
        "redis-server", path=env.get("PATH", os.defpath)
    )


def private_redis(program: str, env: Mapping[str, str], data_dir: Path, log: Log) -> Broker | None:
    """Start a redis-server that only our own account can reach; None if it does not answer."""
    home = data_dir / "redis"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = socket_path(home)
    path.unlink(missing_ok=True)  # what a killed one left behind
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "appendonly": "yes",
        "save": "",
        "dir": str(home),
        "logfile": str(home / "redis.log"),
    }
    command = [program, *(part for name, value in options.items() for part in (f"--{name}", value))]
    child = Child("redis", command, env=env, log=log, cwd=data_dir)
    child.start()
    if not answers(child, path):
        child.sweep()
        return None
    # Two databases: clearing the cache must not clear the queues. The two libraries want
    # different words for the same socket, and each rejects the other's.
    urls = {
        "REDIS_URL": f"unix://{path}?db=0",
        "CELERY_BROKER_URL": f"redis+socket://{path}?virtual_host=1",
    }
    scratch = None if path.parent == home else path.parent
    return Broker(f"{program} on {path}", urls, child=child, scratch=scratch)


def socket_path(home: Path) -> Path:
    """Return where the socket goes; a deep data directory would exceed the kernel's limit."""
    path = home / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="botharbor-", dir="/tmp")) / "redis.sock"


def answers(child: Child, path: Path) -> bool:
    """Wait until the server answers on its socket; False if it ends or stays silent."""
    limit = time.monotonic() + START_WAIT
    while child.running() and time.monotonic() < limit:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            if probe.recv(16).startswith(b"+PONG"):
                return True
        time.sleep(0.05)
    return False


def built_in() -> Broker:
    """Serve fakeredis over TCP from threads of this process.

    Nagle's algorithm off: with it 11 tasks a second instead of 263. Imported here, because most
    machines never need it.
    """
    from fakeredis import TcpFakeServer

    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    handler: Any = server.RequestHandlerClass
    handler.disable_nagle_algorithm = True
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"redis://127.0.0.1:{server.server_address[1]}"
    env = {"REDIS_URL": f"{url}/0", "CELERY_BROKER_URL": f"{url}/1"}
    return Broker("the built-in one: queued wake-ups do not survive a restart", env, server=server)

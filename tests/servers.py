"""Private servers for the tests: PostgreSQL and Redis on free loopback ports, stopped for sure."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import psycopg
import redis

from config.children import Child, Log, tethered
from tests.programs import Missing, find_postgres, find_redis

START_WAIT = 30.0  # seconds
STOP_WAIT = 10.0
POSTGRES_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # the data lives as long as one test run: nothing has to survive a power cut
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # what it learns of tables that are mostly rolled back makes the planner expect no rows in them
    "autovacuum": "off",
}


def free_port() -> int:
    """Return a loopback port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged() -> str:
    """Return the account to run PostgreSQL as: it refuses root. `-` is ourselves."""
    if os.geteuid() != 0:
        return "-"
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Missing("PostgreSQL refuses to run as root: create an account named postgres.")


@contextmanager
def folder_for(user: str) -> Iterator[Path]:
    """Give a private folder that the account owns and can reach; removed at the end."""
    # root's own TMPDIR may lie where no other account can look
    base = None if user == "-" else "/tmp"  # noqa: S108 - mkdtemp makes a private folder there
    path = Path(tempfile.mkdtemp(prefix="botharbor-servers-", dir=base))
    try:
        if user != "-":
            shutil.chown(path, user)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def running(command: list[str], *, folder: Path, user: str, ask: signal.Signals) -> Iterator[Child]:
    """Run a server; stop it with the signal `ask` at the end, and with SIGKILL if we are killed."""
    with (folder / "log.txt").open("wb") as log:
        child = Child(Path(command[0]).name, command, dict(os.environ), Log(log), folder, user)
        child.start()
        try:
            yield child
        finally:
            child.signal(ask)
            if child.process:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(STOP_WAIT)
            child.sweep()


def wait_for(attempt: Callable[[], object], child: Child, errors: type[Exception]) -> None:
    """Try until the server answers.

    Raises:
        RuntimeError: it ended or stayed silent; with the end of its log.
    """
    limit = time.monotonic() + START_WAIT
    while True:
        try:
            attempt()
        except errors as error:
            if child.running() and time.monotonic() < limit:
                time.sleep(0.05)
                continue
            tail = (child.cwd / "log.txt").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{child.name} does not start:\n{tail}") from error
        return


def init_postgres(programs: Path, folder: Path, user: str, password: str) -> None:
    """Create an empty cluster in `folder/data` whose superuser has this password."""
    secret = folder / "password"
    secret.write_text(password)
    if user != "-":
        shutil.chown(secret, user)
    command = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "--no-sync"]
    options = ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-locale"]
    done = subprocess.run(
        tethered([*command, *options], user=user),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    secret.unlink()
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


@contextmanager
def postgres(changes: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Run a private PostgreSQL; give the URL of a plain role that row-level security binds.

    `changes` are further server settings, by name.
    """
    programs, user = find_postgres(), unprivileged()
    assert programs, "ensure() comes first"
    port, master, password = free_port(), secrets.token_hex(16), secrets.token_hex(16)
    with folder_for(user) as folder:
        init_postgres(programs, folder, user, master)
        here = {"port": str(port), "unix_socket_directories": str(folder)}
        options = {**POSTGRES_OPTIONS, **changes, **here}
        settings = [part for pair in options.items() for part in ("-c", "=".join(pair))]
        command = [str(programs / "postgres"), "-D", str(folder / "data"), *settings]
        # SIGINT is PostgreSQL's fast stop; its SIGTERM waits for every client to leave
        with running(command, folder=folder, user=user, ask=signal.SIGINT) as child:
            admin = f"postgres://postgres:{master}@127.0.0.1:{port}/postgres"
            wait_for(lambda: psycopg.connect(admin).close(), child, psycopg.OperationalError)
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute(
                    "CREATE ROLE botharbor LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB "
                    f"PASSWORD '{password}'"
                )
                connection.execute("CREATE DATABASE botharbor OWNER botharbor")
            yield f"postgres://botharbor:{password}@127.0.0.1:{port}/botharbor"


@contextmanager
def private_redis() -> Iterator[str]:
    """Run a private Redis that keeps nothing; give its URL."""
    program = find_redis()
    assert program, "ensure() comes first"
    port, password = free_port(), secrets.token_hex(16)
    with folder_for("-") as folder:
        config = folder / "redis.conf"  # a file, because command lines are for all to read
        config.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
            f"dir {folder}\ndaemonize no\nloglevel warning\n"
        )
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        command = [str(program), str(config)]
        with (
            running(command, folder=folder, user="-", ask=signal.SIGTERM) as child,
            redis.Redis.from_url(url) as client,
        ):
            wait_for(client.ping, child, redis.ConnectionError)
            yield url


@contextmanager
def both() -> Iterator[dict[str, str]]:
    """Give `TEST_DATABASE_URL` and `TEST_REDIS_URL`: those of the environment, else our own."""
    with ExitStack() as stack:
        database = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(postgres())
        cache = os.environ.get("TEST_REDIS_URL") or stack.enter_context(private_redis())
        yield {"TEST_DATABASE_URL": database, "TEST_REDIS_URL": cache}


if __name__ == "__main__":
    # For work by hand: runs both until Enter, prints their URLs.
    with both() as urls:
        sys.stdout.write("".join(f"{name}={url}\n" for name, url in urls.items()))
        sys.stdout.flush()
        sys.stdin.read(1)

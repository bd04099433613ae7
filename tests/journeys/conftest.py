"""The stores and the browser that the journeys use."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
from playwright.sync_api import Browser, sync_playwright

from config.tests.toy import ROOT
from tests.journeys.stack import FIELD_KEY
from tests.programs import find_chromium

# of Redis' sixteen databases the first ones are those of the other tests
FIRST_REDIS_DATABASE = 8
TABLES = "botharbor.sqlite3"
# What waits for minutes begins first, then what is long. Each of the three runners is given a
# second file at once: the fourth of all has to wait for the first one, so it is a short one.
FIRST = ("test_ovh_worker_dies.py", "test_key_rotation.py", "test_bad_weather.py",
         "test_fast_lane.py", "test_traffic.py", "test_kill.py", "test_up.py",
         "test_ovh.py")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first, so that no single runner still works on one in the end."""
    items.sort(key=turn)


def turn(item: pytest.Item) -> int:
    """Return the place of a test's file among those that begin first."""
    return FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, as `manage.py migrate` makes it: once for all runners."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    made = folder / "tables"
    with (folder / "tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            draft = folder / "tables.draft"
            command = [sys.executable, "manage.py", "migrate", "--noinput", "-v", "0"]
            env = {"PATH": os.environ["PATH"], "DOTENV": os.devnull, "DATA_DIR": str(draft)}
            env["FIELD_ENCRYPTION_KEYS"] = FIELD_KEY
            subprocess.run(command, cwd=ROOT, env=env, check=True)
            draft.rename(made)
    return made / TABLES


@pytest.fixture
def home(tmp_path: Path, tables: Path) -> Path:
    """A story's DATA_DIR whose tables are there already; for stacks on SQLite."""
    shutil.copy(tables, tmp_path / TABLES)
    return tmp_path


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variables that name a story's own, empty stores, on each kind of them."""
    if request.param == "sqlite":
        yield {}
        return
    if not _named("DATABASE_URL"):
        pytest.skip("neither TEST_DATABASE_URL nor DATABASE_URL names a PostgreSQL server")
    with _servers() as stores:
        yield stores


@pytest.fixture
def server_store() -> Iterator[dict[str, str]]:
    """The variables of stores on servers; on SQLite where no PostgreSQL is named."""
    if not _named("DATABASE_URL"):
        yield {}
        return
    with _servers() as stores:
        yield stores


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    with _database(_named("DATABASE_URL")) as database, _redis(_named("REDIS_URL")) as queue:
        yield database | queue


def _named(name: str) -> str:
    # the test runner's journeys get the servers as TEST_…
    return os.environ.get(f"TEST_{name}") or os.environ.get(name, "")


@contextmanager
def _database(url: str) -> Iterator[dict[str, str]]:
    """Make a database, dropped in the end."""
    name = f"journey_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield {"DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))}
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _redis(url: str) -> Iterator[dict[str, str]]:
    """Take the Redis database of this runner, emptied before and after."""
    if not url:
        yield {}
        return
    runner = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    mine = urlunsplit(urlsplit(url)._replace(path=f"/{FIRST_REDIS_DATABASE + runner}"))
    with redis.Redis.from_url(mine) as client:
        client.flushdb()
        yield {"REDIS_URL": mine}
        client.flushdb()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The installed Chromium."""
    with sync_playwright() as playwright:
        path = find_chromium()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()

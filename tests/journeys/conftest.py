"""The stores and the browser that the journeys use."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
from playwright.sync_api import Browser, sync_playwright

from tests.programs import find_chromium

# of Redis' sixteen databases the first ones are those of the other tests
FIRST_REDIS_DATABASE = 8


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

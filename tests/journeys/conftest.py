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
    postgres, broker = (_named(name) for name in ("DATABASE_URL", "REDIS_URL"))
    if not postgres:
        pytest.skip("neither TEST_DATABASE_URL nor DATABASE_URL names a PostgreSQL server")
    with _database(postgres) as database, _redis(broker) as queue:
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

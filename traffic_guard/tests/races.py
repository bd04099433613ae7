"""What only PostgreSQL lets happen at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tenants.testing import in_threads

__all__ = ["in_a_race", "in_threads", "queued_up"]

in_a_race = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: they queue up"
)
LONGEST = 20.0  # seconds
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def queued_up(hold: Callable[[Callable[[], None]], None], *acts: Callable[[], Any]) -> list[Any]:
    """Do things of which each begins when the one before waits for a lock; return what they do.

    `hold` opens a transaction, locks what the first one will run into, and calls what it is given:
    that returns once all wait.
    """
    is_held = threading.Event()

    def wait() -> None:
        is_held.set()
        _until_waiting(len(acts))

    def begin(number: int) -> Any:
        if number == len(acts):
            return hold(wait)
        assert is_held.wait(LONGEST)
        _until_waiting(number)
        return acts[number]()

    return in_threads(len(acts) + 1, begin)[:-1]


def _until_waiting(count: int) -> None:
    """Return when so many transactions wait for another one's lock; on a connection of its own."""
    other, until = connection.copy(), time.monotonic() + LONGEST
    try:
        with other.cursor() as cursor:
            while time.monotonic() < until:
                cursor.execute(WAITING)
                if cursor.fetchone()[0] >= count:
                    return
    finally:
        other.close()
    raise AssertionError(f"there were never {count} that wait")

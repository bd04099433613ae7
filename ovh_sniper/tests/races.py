"""Threads that start together, for what only PostgreSQL lets happen at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

in_a_race = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: they queue up"
)


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(number)` in threads that start together, each on a connection of its own."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        start.wait(10)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))

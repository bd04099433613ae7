"""Presses that lost against other work at the database: may they simply be done again?

PostgreSQL ends one of two transactions that wait for each other, SQLite has one writer at a time.
The loser is rolled back. Its whole request may be run again unless something of it is there to
stay: a row that was committed, a call to an outside service. A `Watch` notices both.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import OperationalError, connection

# deadlock, serialization failure, a lock that was not to be had in time
LOST = frozenset({"40P01", "40001", "55P03"})
# SQL that leaves nothing behind, or is part of a transaction's own course
HARMLESS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "SET ", "PRAGMA", "EXPLAIN")
# seconds: SQLite may refuse at once, and the other writer needs a moment
PAUSE = (0.01, 0.05)

Execute = Callable[..., Any]


def lost(error: BaseException | None) -> bool:
    """Tell whether the database gave up this work because of other work at the same moment."""
    if not isinstance(error, OperationalError):
        return False
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    if connection.vendor == "postgresql":
        return sqlstate in LOST
    return "locked" in str(error).lower()


def pause() -> None:
    """Let the other writer end where the database itself does not make the loser wait."""
    if connection.vendor != "postgresql":
        time.sleep(random.uniform(*PAUSE))  # noqa: S311 - so that two losers do not meet again


class Watch:
    """Notices whether one try did anything that a rollback does not take back."""

    def __init__(self, *, until: float = 0.0) -> None:
        # by the monotonic clock: when it is too late for another try
        self._until = until
        self._has_acted = False
        # its answer is thrown away, and another try begins
        self.is_repeated = False

    @property
    def left_nothing(self) -> bool:
        """Whether all of it is rolled back, and nothing outside was done."""
        return not self._has_acted and not connection.in_atomic_block

    def repeat(self) -> bool:
        """Ask for another try; tell whether there will be one."""
        self.is_repeated = self.left_nothing and time.monotonic() < self._until
        return self.is_repeated

    def act(self) -> None:
        """Note something that stays."""
        self._has_acted = True

    def __call__(self, execute: Execute, sql: Any, *rest: Any) -> Any:
        """Run a statement; one that writes counts once its transaction is committed."""
        writes = current() is self and not _is_harmless(str(sql))
        if writes and not connection.in_atomic_block:
            self.act()  # first: of many rows those before the failing one are there to stay
        result = execute(sql, *rest)
        if writes and connection.in_atomic_block:
            connection.on_commit(self.act, robust=True)
        return result


def _is_harmless(sql: str) -> bool:
    # several in one message (tenants/batch.py) may hold anything
    return sql.lstrip("( ").startswith(HARMLESS) and ";" not in sql


_current: ContextVar[Watch | None] = ContextVar("watch", default=None)


def current() -> Watch | None:
    """Return the watch over what runs here, None where nobody could repeat it."""
    return _current.get()


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Have a watch see what this thread does at the database and outside."""
    token = _current.set(watch)
    try:
        with connection.execute_wrapper(watch):
            yield
    finally:
        _current.reset(token)


@contextmanager
def unwatched() -> Iterator[None]:
    """Do something that may as well be done twice."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def acts_outside() -> None:
    """Note that an outside service is about to be changed; gateways say so."""
    if (watch := current()) is not None:
        watch.act()

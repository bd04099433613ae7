"""Several statements in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from tenants.prepared import Prepared

__all__ = ["Prepared", "Rows", "Statement", "run"]

Statement = tuple[str | Prepared, Sequence[Any]]
Rows = list[tuple[Any, ...]]


def run(statements: Sequence[Statement], *, commit: bool = False) -> list[Rows]:
    """Run SQL statements in order and return each one's rows.

    PostgreSQL takes them all in one message, SQLite (in the same process) one after the other. The
    SQL must be such that both understand it. Call inside a transaction: an error leaves none of
    the statements done.

    With `commit` nothing but the end of the outermost `atomic()` may follow: where it saves a
    round trip the transaction is committed by the same message, and hooks run as ever at its end.
    """
    # not `django.db.connection`, which finds the thread's connection anew at each attribute
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        return _one_by_one([(_plain(sql), params) for sql, params in statements])
    if database.queries_logged or database.execute_wrappers:
        return _watched([(_plain(sql), params) for sql, params in statements])
    from tenants.postgresql import wire

    return wire.run(database, statements, commit=commit and database.may_commit_early())


def _plain(sql: str | Prepared) -> str:
    return sql.sql if isinstance(sql, Prepared) else sql


def _one_by_one(statements: Sequence[tuple[str, Sequence[Any]]]) -> list[Rows]:
    results = []
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            results.append(list(cursor.fetchall()) if cursor.description else [])
    return results


def _watched(statements: Sequence[tuple[str, Sequence[Any]]]) -> list[Rows]:
    """Run them through Django's cursor, which somebody watches (query log, tests)."""
    results: list[Rows] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "; ".join(sql for sql, _ in statements),
            [param for _, params in statements for param in params],
        )
        for number in range(len(statements)):
            if number:
                cursor.nextset()
            results.append(list(cursor.fetchall()) if cursor.description else [])
    return results

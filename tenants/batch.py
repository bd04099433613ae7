"""Several statements in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from tenants import stored
from tenants.stored import Stored

__all__ = ["Rows", "Statement", "Stored", "run"]

Statement = tuple[str | Stored, Sequence[Any]]
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
        return _one_by_one([(_portable(sql), params) for sql, params in statements])
    called = [_called(sql, database) for sql, _params in statements]
    plain = [(sql, params) for sql, (_, params) in zip(called, statements, strict=True)]
    if database.queries_logged or database.execute_wrappers:
        results = _watched(plain)
    else:
        from tenants.postgresql import wire

        results = wire.run(database, plain, commit=commit and database.may_commit_early())
    return [_own(*one) for one in zip(statements, called, results, strict=True)]


def _portable(sql: str | Stored) -> str:
    return sql.sql if isinstance(sql, Stored) else sql


def _called(sql: str | Stored, database: Any) -> str:
    if isinstance(sql, Stored):
        return sql.call if stored.is_there(sql, database) else sql.sql
    return sql


def _own(statement: Statement, called: str, rows: Rows) -> Rows:
    """Return a statement's rows: a function that found none gives one of nulls."""
    sql, _params = statement
    if isinstance(sql, Stored) and called is sql.call:
        return rows if sql.gives and rows and rows[0][0] is not None else []
    return rows


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

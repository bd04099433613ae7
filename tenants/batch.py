"""Several statements in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

Statement = tuple[str, Sequence[Any]]
Rows = list[tuple[Any, ...]]


def run(statements: Sequence[Statement]) -> list[Rows]:
    """Run SQL statements in order and return each one's rows.

    PostgreSQL takes them all in one message, SQLite (in the same process) one after the other. The
    SQL must be such that both understand it. Call inside a transaction: an error leaves none of
    the statements done.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            results = []
            for sql, params in statements:
                cursor.execute(sql, params)
                results.append(list(cursor.fetchall()) if cursor.description else [])
            return results
        cursor.execute(
            "; ".join(sql for sql, _ in statements),
            [param for _, params in statements for param in params],
        )
        results = []
        for number in range(len(statements)):
            if number:
                cursor.nextset()
            results.append(list(cursor.fetchall()) if cursor.description else [])
        return results

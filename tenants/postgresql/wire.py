"""Several statements as one message, through libpq itself.

What psycopg's and Django's cursors do for a statement costs more than the statement where an
update sends two messages. Errors come out as Django's, as from a cursor.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from psycopg import DataError, OperationalError, errors, pq
from psycopg import sql as psql
from psycopg.adapt import Transformer

from tenants.prepared import Prepared

Rows = list[tuple[Any, ...]]
FAILED, TUPLES = int(pq.ExecStatus.FATAL_ERROR), int(pq.ExecStatus.TUPLES_OK)


def run(
    wrapper: Any,
    statements: Sequence[tuple[str | Prepared, Sequence[Any]]],
    *,
    commit: bool,
) -> list[Rows]:
    """Run statements (`%s` for each parameter) and return each one's rows.

    `wrapper` is the connection as Django knows it (base.DatabaseWrapper). `commit` ends the open
    transaction in the same message.
    """
    wrapper.validate_no_broken_transaction()
    if wrapper.connection is None:
        wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        session = wrapper.session
        # first the literals: a value that cannot be sent must not use up the prefix
        message = b"; ".join([session.merged(*one) for one in statements])
        prefix, skip = wrapper.take_prefix(hot=settings.DATABASE_PREPARE)
        message = prefix.encode() + message + (b"; COMMIT" if commit else b"")
        try:
            if _is_last_wanted(statements, commit=commit):
                # libpq's own waiting costs less, but keeps only the last result, or the error
                results = [_checked(session.wire, session.wire.exec_(message))]
                skip = 1 - len(statements)
            else:
                results = _exchange(session.wire, message)
        except BaseException:
            wrapper.after_failure()
            raise
        if commit:
            wrapper.committed()
        return [
            session.rows(results[number]) if number >= 0 and _gives(sql) else []
            for number, (sql, _params) in enumerate(statements, skip)
        ]


def _gives(sql: str | Prepared) -> bool:
    return isinstance(sql, str) or sql.gives


def _is_last_wanted(
    statements: Sequence[tuple[str | Prepared, Sequence[Any]]], *, commit: bool
) -> bool:
    """Tell whether nobody waits for the rows of any but the message's last statement."""
    above = statements if commit else statements[:-1]
    return not any(_gives(sql) for sql, _params in above)


@lru_cache(maxsize=256)
def _parts(sql: str) -> tuple[bytes, ...]:
    return tuple(part.replace("%%", "%").encode() for part in sql.split("%s"))


def _literal(connection: Any, value: Any) -> bytes:
    kind = type(value)
    if kind is int:
        return b"%d" % value if value >= 0 else b"(%d)" % value
    if kind is str:
        if "\0" in value:
            # libpq would cut the text there without a word
            raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return pq.Escaping(connection.pgconn).escape_literal(value.encode())
    if value is None:
        return b"NULL"
    if kind is datetime:
        return b"'%s'" % str(value).encode()
    if kind is bytes:
        return b"'\\x%s'" % value.hex().encode()
    return psql.Literal(value).as_bytes(connection)


def _exchange(wire: Any, message: bytes) -> list[Any]:
    """Send a message and return its results.

    Raises:
        psycopg.Error: of the kind that the server's SQLSTATE stands for.
    """
    wire.send_query(message)
    try:
        results = _receive(wire)
    except BaseException:
        # half an answer read: nobody may use this connection any more
        wire.finish()
        raise
    for result in results:
        _checked(wire, result)
    return results


def _checked(wire: Any, result: Any) -> Any:
    if result.status == FAILED:
        if wire.status == pq.ConnStatus.BAD:
            raise OperationalError(result.error_message.decode(errors="replace").strip())
        raise errors.error_from_result(result)
    return result


def _receive(wire: Any) -> list[Any]:
    poll = select.poll()
    poll.register(wire.socket, select.POLLIN)
    while wire.flush():
        # the send buffer is full: the server reads on once its own answers are read
        poll.modify(wire.socket, select.POLLIN | select.POLLOUT)
        poll.poll()
        wire.consume_input()
    poll.modify(wire.socket, select.POLLIN)
    results: list[Any] = []
    while True:
        while wire.is_busy():
            poll.poll()
            wire.consume_input()
        result = wire.get_result()
        if result is None:
            return results
        results.append(result)


class Session:
    """What is known of one connection: the types it has met, the statements it has prepared."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.wire = connection.pgconn
        self._transformer = Transformer(connection)
        self._prepared: dict[str, tuple[bytes, ...]] = {}

    def merged(self, sql: str | Prepared, params: Sequence[Any]) -> bytes:
        """Return a statement with its values in place; prepares it at its first use.

        Raises:
            psycopg.Error: a value cannot be sent, or the statement is wrong.
        """
        head, *parts = _parts(sql) if isinstance(sql, str) else self._execution(sql)
        merged = [head]
        for value, part in zip(params, parts, strict=True):
            merged += (_literal(self.connection, value), part)
        return b"".join(merged)

    def _execution(self, statement: Prepared) -> tuple[bytes, ...]:
        if not settings.DATABASE_PREPARE:
            return _parts(statement.sql)
        parts = self._prepared.get(statement.key)
        if parts is None:
            # on its own, since a failure of the message would leave open whether it is there
            _checked(self.wire, self.wire.exec_(statement.preparation.encode()))
            parts = self._prepared[statement.key] = _parts(statement.execution)
        return parts

    def rows(self, result: Any) -> Rows:
        """Return a result's rows as psycopg's cursor would."""
        if result.status != TUPLES or not result.ntuples:
            return []
        self._transformer.set_pgresult(result, set_loaders=True, format=pq.Format.TEXT)
        return self._transformer.load_rows(0, result.ntuples, tuple)

"""Several statements as one message, through libpq itself.

What psycopg's and Django's cursors do for a statement costs more than the statement where an
update sends two messages. Errors come out as Django's, as from a cursor.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from psycopg import DataError, OperationalError, errors, pq
from psycopg import sql as psql
from psycopg.adapt import Transformer

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper

Rows = list[tuple[Any, ...]]


def run(
    wrapper: DatabaseWrapper, statements: Sequence[tuple[str, Sequence[Any]]], *, commit: bool
) -> list[Rows]:
    """Run statements (`%s` for each parameter) and return each one's rows.

    `commit` ends the open transaction in the same message.
    """
    wrapper.validate_thread_sharing()
    wrapper.validate_no_broken_transaction()
    wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        # first the literals: a value that cannot be sent must not use up the prefix
        message = b"; ".join([_merged(wrapper.connection, *one) for one in statements])
        prefix, skip = wrapper.take_prefix()
        try:
            results = _exchange(
                wrapper.connection.pgconn,
                prefix.encode() + message + (b"; COMMIT" if commit else b""),
            )
        except BaseException:
            wrapper.after_failure()
            raise
        if commit:
            wrapper.committed()
        return [_rows(wrapper.connection, one) for one in results[skip : skip + len(statements)]]


@lru_cache(maxsize=256)
def _parts(sql: str) -> tuple[bytes, ...]:
    return tuple(part.replace("%%", "%").encode() for part in sql.split("%s"))


def _merged(connection: Any, sql: str, params: Sequence[Any]) -> bytes:
    head, *parts = _parts(sql)
    merged = [head]
    for value, part in zip(params, parts, strict=True):
        merged += (_literal(connection, value), part)
    return b"".join(merged)


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
        if result.status == pq.ExecStatus.FATAL_ERROR:
            if wire.status == pq.ConnStatus.BAD:
                raise OperationalError(result.error_message.decode(errors="replace").strip())
            raise errors.error_from_result(result)
    return results


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


def _rows(connection: Any, result: Any) -> Rows:
    if result.status != pq.ExecStatus.TUPLES_OK or not result.ntuples:
        return []
    loader = Transformer(connection)
    loader.set_pgresult(result, set_loaders=True, format=pq.Format.TEXT)
    return loader.load_rows(0, result.ntuples, tuple)

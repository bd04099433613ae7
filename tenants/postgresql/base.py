"""Sends `BEGIN` and the row-security setting together with the next statement.

psycopg's client-side cursor speaks the simple query protocol, which carries several statements in
one message. So a transaction costs no round trip to open, and `app.tenant` (tenants/rls.py) none to
set: both are put in front of the first statement that needs them. Outside a transaction each
message is a transaction of its own, so the setting goes with every statement and never leaks to
the next user of a pooled connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.db.backends.postgresql import base
from django.db.transaction import TransactionManagementError
from psycopg import Error
from psycopg import sql as psql
from psycopg.pq import TransactionStatus

from tenants.postgresql import wire
from tenants.prepared import PLANNING
from tenants.scoping import row_security_setting


class PrefixCursor(base.Cursor):  # type: ignore[misc,name-defined,unused-ignore]
    """A cursor that puts the connection's pending statements in front of its own."""

    wrapper: DatabaseWrapper | None = None

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        """Run the query behind what is pending, and stand on the query's own first result."""
        prefix, count = self.wrapper.take_prefix() if self.wrapper is not None else ("", 0)
        if not count:
            return super().execute(query, params, **kwargs)
        if isinstance(query, str):
            query = prefix + query
        elif isinstance(query, bytes):
            query = prefix.encode() + query
        else:
            query = psql.Composed([psql.SQL(prefix), query])
        try:
            super().execute(query, params, **kwargs)
        except BaseException:
            self.wrapper.after_failure()  # type: ignore[union-attr]
            raise
        for _skipped in range(count):
            self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], **kwargs: Any) -> None:
        """Run the query once for each set of parameters; psycopg's pipeline takes no prefix."""
        for params in params_seq:
            self.execute(query, params, **kwargs)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with a lazy BEGIN; psycopg itself always stays in autocommit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._forget()

    def _forget(self) -> None:
        self._begin_pending = False
        self._in_transaction = False
        # COMMIT went out with the last statements; `atomic()` has yet to end
        self._is_committed = False
        # the next statement must go alone: in a failed transaction any other is refused
        self._goes_alone = False
        # what `app.tenant` holds in the open transaction; None: not known
        self._tenant_set: str | None = None
        # whether the open transaction plans prepared statements in our way
        self._is_hot = False

    def take_prefix(self, *, hot: bool = False) -> tuple[str, int]:
        """Return the statements to put in front of the next one, and how many they are.

        `hot`: the next one was prepared, and wants its plan made and kept in our way.

        Raises:
            TransactionManagementError: the transaction was committed ahead of its `atomic()`.
        """
        if self._is_committed:
            raise TransactionManagementError("Nothing may be asked after the early COMMIT.")
        if self._goes_alone:
            return "", 0
        wanted = row_security_setting()
        if not self._in_transaction:
            return (f"SET LOCAL app.tenant = '{wanted}'; ", 1) if wanted else ("", 0)
        prefix, count = "", 0
        if self._begin_pending:
            self._begin_pending = False
            prefix, count = "BEGIN; ", 1
            self._tenant_set = ""
        if wanted != self._tenant_set:
            self._tenant_set = wanted
            prefix, count = f"{prefix}SET LOCAL app.tenant = '{wanted}'; ", count + 1
        if hot and not self._is_hot:
            self._is_hot = True
            prefix, count = prefix + PLANNING[0], count + PLANNING[1]
        return prefix, count

    def after_failure(self) -> None:
        """Have the setting sent again, and BEGIN if the message that held it opened nothing.

        A value that cannot be sent is found before the message goes out, a syntax error before
        anything of it runs.
        """
        self._tenant_set, self._is_hot = None, False
        status = self.connection.info.transaction_status if self.connection else None
        if self._in_transaction and status == TransactionStatus.IDLE:
            self._begin_pending = True

    def may_commit_early(self) -> bool:
        """Tell whether the next message may end the transaction: no `atomic()` stands outside."""
        return self._in_transaction and len(self.atomic_blocks) == 1 and not self.needs_rollback

    def committed(self) -> None:
        """Note that COMMIT went out with the last message."""
        self._is_committed = True

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's parameters, with our cursor and always in autocommit."""
        params: dict[str, Any] = super().get_connection_params()
        params["cursor_factory"] = PrefixCursor
        params["autocommit"] = True
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, knowing nothing of what the last connection had set."""
        self._forget()
        opened = super().get_new_connection(conn_params)
        # one that comes from the pool has its session with it
        self.session = vars(opened).setdefault("session", wire.Session(opened))
        return opened

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that knows this connection's pending statements."""
        cursor = super().create_cursor(name)
        if isinstance(cursor, PrefixCursor):
            cursor.wrapper = self
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        # Django calls this hook (made for SQLite) in place of switching autocommit off.
        self._in_transaction = True
        self._begin_pending = True

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 - Django's signature
        if not autocommit:
            self._start_transaction_under_autocommit()
        elif self._in_transaction:
            self._forget()

    def _commit(self) -> None:
        if not self._is_committed:
            super()._commit()
        self._after_transaction()

    def _rollback(self) -> None:
        super()._rollback()
        self._after_transaction()

    def _after_transaction(self) -> None:
        """Forget the setting, which ended with the transaction; the next BEGIN waits again."""
        self._begin_pending = self._in_transaction
        self._is_committed = self._is_hot = False
        self._tenant_set = None

    def _savepoint_rollback(self, sid: str) -> None:
        self._goes_alone = True
        try:
            super()._savepoint_rollback(sid)
        finally:
            self._goes_alone = False
            # PostgreSQL puts the settings back to what they were at the savepoint.
            self._tenant_set, self._is_hot = None, False

    def _close(self) -> Any:
        if self.pool and self.connection is not None and self._in_transaction:
            # a connection that is lost has rolled back; the pool throws it away
            with suppress(Error):
                self.connection.rollback()
        self._forget()
        return super()._close()

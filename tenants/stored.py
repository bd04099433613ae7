"""Hot statements that PostgreSQL keeps as functions, so that it plans each once a connection.

Planning costs more than running where a statement reads single rows by their keys. Prepared
statements would save it too, but break behind a proxy that hands out connections by transaction;
a PL/pgSQL function keeps its plans in whatever connection calls it. Functions run with the rights
of the caller: row-level security holds in them as outside (tenants/rls.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import connections
from django.utils.module_loading import import_string

PREFIX = "hot_"
ASK_AGAIN = 60.0  # seconds: while some are missing, a migration may be about to bring them


@dataclass(frozen=True)
class Stored:
    """A statement that gives at most one row, whose first column is never null.

    `sql` is what both databases understand, with `%s` for each parameter; it runs as it stands on
    SQLite, and wherever the function is missing. `takes` and `gives` are PostgreSQL's types of
    the parameters and of the row's columns.
    """

    name: str
    sql: str
    takes: tuple[str, ...]
    gives: tuple[str, ...] = ()

    @cached_property
    def function(self) -> str:
        """The function's name; another wording is another function, so releases can overlap."""
        return f"{PREFIX}{self.name}_{sha256(self._definition.encode()).hexdigest()[:10]}"

    @cached_property
    def call(self) -> str:
        """The statement that calls the function."""
        values = ", ".join(["%s"] * len(self.takes))
        return f"SELECT {'* FROM ' if self.gives else ''}{self.function}({values})"  # noqa: S608

    @cached_property
    def creation(self) -> str:
        """The statement that creates the function."""
        return f"CREATE OR REPLACE FUNCTION {self.function}{self._definition}"

    @cached_property
    def _definition(self) -> str:
        head, *parts = self.sql.split("%s")
        body = head + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))
        columns = [f"o{number}" for number in range(1, len(self.gives) + 1)]
        given = [f"OUT {name} {kind}" for name, kind in zip(columns, self.gives, strict=True)]
        into = f" INTO {', '.join(columns)}" if columns else ""
        return (
            f"({', '.join([*self.takes, *given])}){'' if columns else ' RETURNS void'}"
            # a plan made while a table was small would read all of it when it has grown
            " LANGUAGE plpgsql SECURITY INVOKER SET enable_seqscan = off AS $hot$\n"
            "#variable_conflict use_column\n"
            f"BEGIN {body}{into}; END $hot$"
        )


_known: dict[str, tuple[float, frozenset[str]]] = {}


def is_there(statement: Stored, database: Any) -> bool:
    """Tell whether a connection's database has a statement's function; asks once a process."""
    key = str(database.settings_dict["NAME"])
    asked, names = _known.get(key, (0.0, frozenset[str]()))
    if statement.function in names:
        return True
    now = time.monotonic()
    if key in _known and now - asked < ASK_AGAIN:
        return False
    names = _names(database)
    _known[key] = (now, names)
    return statement.function in names


def forget() -> None:
    """Ask anew which functions there are."""
    _known.clear()


def _names(database: Any) -> frozenset[str]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE starts_with(proname, %s)"
            " AND pg_function_is_visible(oid) AND has_function_privilege(oid, 'EXECUTE')",
            [PREFIX],
        )
        return frozenset(name for (name,) in cursor.fetchall())


def declared() -> list[Stored]:
    """Return the statements that apps name by `stored_statements` on their AppConfig."""
    marks = (getattr(config, "stored_statements", None) for config in apps.get_app_configs())
    return [statement for mark in marks if mark for statement in import_string(mark)]


def enforce(using: str = "default", **kwargs: Any) -> None:
    """Create the functions that are missing; runs after every migrate.

    Those of other releases stay: during a deployment both run, and a function holds no data.
    """
    del kwargs
    database = connections[using]
    if database.vendor != "postgresql":
        return
    there = _names(database)
    missing = [one for one in declared() if one.function not in there]
    if missing:
        with database.cursor() as cursor:
            for statement in missing:
                cursor.execute(statement.creation)
        forget()

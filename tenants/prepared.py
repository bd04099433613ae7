"""Hot statements that PostgreSQL plans once a connection.

Planning costs several times as much as running where a statement reads single rows by their keys.
SQL's own PREPARE is used, since EXECUTE fits into one message with BEGIN and COMMIT
(tenants/postgresql). Behind a proxy that hands out connections by transaction a prepared statement
may be on another connection: `DATABASE_PREPARE=0` sends the statements as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

PREFIX = "hot_"
# What is planned while a table is small must not read all of it when it has grown; and a statement
# on single rows gains nothing from a plan for each value.
PLANNING = (
    "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; ",
    2,
)


@dataclass(frozen=True)
class Prepared:
    """A statement that single rows are read or written with, again and again.

    `sql` is what both databases understand, with `%s` for each parameter; `takes` are PostgreSQL's
    types of the parameters. `gives` tells whether it has rows to read.
    """

    name: str
    sql: str
    takes: tuple[str, ...]
    gives: bool = True

    @cached_property
    def key(self) -> str:
        """The statement's name in a connection; another wording is another name."""
        text = f"{self.takes}{self.sql}"
        return f"{PREFIX}{self.name}_{sha256(text.encode()).hexdigest()[:10]}"

    @cached_property
    def execution(self) -> str:
        """The statement that runs it in a connection where it was prepared."""
        values = ", ".join(["%s"] * len(self.takes))
        return f"EXECUTE {self.key}({values})" if values else f"EXECUTE {self.key}"

    @cached_property
    def preparation(self) -> str:
        """The statement that prepares it in a connection."""
        head, *parts = self.sql.split("%s")
        body = head + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))
        types = f"({', '.join(self.takes)})" if self.takes else ""
        return f"PREPARE {self.key}{types} AS {body}".replace("%%", "%")

"""Triggers that keep audit events as they are, whoever writes SQL.

Not a migration: SQLite drops a table's triggers whenever Django rebuilds it for a changed column.
So they are looked after behind every migrate, like row-level security (rls.py).
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from tenants.models import AuditEvent

TABLE = AuditEvent._meta.db_table
MESSAGE = "audit events are never changed"

POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$",
    f'CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON "{TABLE}"'
    " FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
)
# DELETE stays possible: it is how Django empties SQLite's tables between transactional tests.
SQLITE = (
    f'CREATE TRIGGER IF NOT EXISTS audit_append_only BEFORE UPDATE ON "{TABLE}"'
    f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
)


def enforce(using: str = "default", **kwargs: Any) -> None:
    """Put the triggers on the audit table, if it is there; runs after every migrate."""
    del kwargs
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for sql in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(sql)

"""Row-level security on PostgreSQL: the second wall behind django-scopes.

A policy on every tenant-owned table shows a row only when `app.tenant` names its tenant, or when
`unscoped()` has set it to `*`. FORCE makes it hold for the owner of the tables too, so an
installation with a single database role is guarded as well; only a superuser or a role with
BYPASSRLS slips through, and `tenants.W001` warns of such a role.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import DatabaseError, connections, transaction

from tenants.models.owned import TenantOwned

# After a transaction that set it, the setting reads as '' and not as NULL; no id is either. Of the
# forms that read single rows equally fast (a scalar sub-select costs that a quarter more for each
# table), CASE reads the setting only once a row, which counting a large table feels, and tells the
# planner nothing: it expects that half of the rows pass. Of `IN` it expects one in a hundred, and
# joins a large tenant's tables as if they were empty.
POLICY = (
    "CASE current_setting('app.tenant', true)"
    " WHEN tenant_id::text THEN true WHEN '*' THEN true ELSE false END"
)
# an installation whose policy has another text gets the new one at its next migrate
NAME = f"one_tenant_{hashlib.sha256(POLICY.encode()).hexdigest()[:8]}"


def guarded_tables() -> list[str]:
    """Return the tables that hold tenants' rows."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, TenantOwned) and model._meta.managed
    )


def enforce(using: str = "default", **kwargs: Any) -> None:
    """Switch the policy on for each tenant-owned table that lacks it; runs after every migrate."""
    del kwargs
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c"
            " WHERE c.relkind = 'r' AND pg_table_is_visible(c.oid) AND c.relname = ANY(%s)"
            " AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS"
            " (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s))",
            [guarded_tables(), NAME],
        )
        tables = [table for (table,) in cursor.fetchall()]
    for table in tables:
        # One table at a time and at once: without a policy it would look empty to the processes
        # that still run, and all together they would wait for locks on every table.
        with transaction.atomic(using), connection.cursor() as cursor:
            _guard(connection, cursor, table)


def _guard(connection: Any, cursor: Any, table: str) -> None:
    quoted = connection.ops.quote_name(table)
    cursor.execute(f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY")
    cursor.execute(f"ALTER TABLE {quoted} FORCE ROW LEVEL SECURITY")
    cursor.execute("SELECT polname FROM pg_policy WHERE polrelid = %s::regclass", [table])
    for (old,) in cursor.fetchall():
        cursor.execute(f"DROP POLICY {connection.ops.quote_name(old)} ON {quoted}")
    cursor.execute(f"CREATE POLICY {NAME} ON {quoted} USING ({POLICY}) WITH CHECK ({POLICY})")


@checks.register(checks.Tags.database)
def role_is_plain(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Warn of a database role that row-level security does not hold (tenants.W001)."""
    del app_configs, kwargs
    return [
        checks.Warning(
            f"The role of database '{alias}' is a superuser or has BYPASSRLS: row-level security "
            "does not hold it, and only the scopes keep tenants apart.",
            hint="Connect as a plain role (docs/operations.md).",
            id="tenants.W001",
        )
        for alias in databases or ()
        if _slips_through(alias)
    ]


def _slips_through(alias: str) -> bool:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False

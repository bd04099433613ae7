"""The second wall: PostgreSQL shows no row of another tenant, whatever SQL is sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, connections
from django.db.transaction import atomic

from tenants import rls
from tenants.models import AuditEvent, Membership, Tenant
from tenants.scoping import scope, unscoped
from tenants.testing import make_tenant, make_user

# The tables are PostgreSQL's own matter; SQLite has only the first wall.
ON_POSTGRESQL = connection.vendor == "postgresql"
pytestmark = pytest.mark.django_db


def ask(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run raw SQL, past the first wall."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def seen() -> int:
    """Return how many memberships raw SQL sees."""
    return int(ask("SELECT count(*) FROM tenants_membership")[0][0])


if not ON_POSTGRESQL:

    def test_sqlite_has_no_second_wall(tenant: Tenant) -> None:
        rls.enforce()  # does nothing, says nothing
        assert connection.vendor == "sqlite"
        assert seen() == 1

else:

    @pytest.fixture
    def two(tenant: Tenant) -> Tenant:
        """Two tenants with one membership each; returns the second."""
        return make_tenant("Other", owner=make_user())

    @pytest.fixture
    def committed(transactional_db: None) -> tuple[Tenant, Tenant]:
        """Two tenants with one membership each, outside any transaction."""
        return make_tenant(owner=make_user()), make_tenant(owner=make_user())

    def test_every_table_with_a_tenant_is_guarded() -> None:
        with_tenant = {
            table
            for (table,) in ask(
                "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                " WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p')"
                " AND pg_table_is_visible(c.oid)"
            )
        }
        assert with_tenant == set(rls.guarded_tables())
        assert {model._meta.db_table for model in apps.get_models()} >= with_tenant
        guarded = ask(
            "SELECT c.relname FROM pg_class c WHERE c.relname = ANY(%s)"
            " AND c.relrowsecurity AND c.relforcerowsecurity AND EXISTS"
            " (SELECT 1 FROM pg_policies p WHERE p.tablename = c.relname"
            " AND p.qual IS NOT NULL AND p.with_check IS NOT NULL)",
            sorted(with_tenant),
        )
        assert {table for (table,) in guarded} == with_tenant

    def test_the_role_cannot_slip_through() -> None:
        ((superuser, bypass),) = ask(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert not superuser
        assert not bypass

    def test_the_planner_expects_that_a_tenant_has_rows(tenant: Tenant) -> None:
        with scope(tenant):
            AuditEvent.objects.bulk_create(
                AuditEvent(tenant=tenant, actor_kind="system", action="test") for _n in range(200)
            )
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE tenants_auditevent")
            plan = ask("EXPLAIN SELECT 1 FROM tenants_auditevent WHERE tenant_id = %s", tenant.pk)
        (rows,) = re.findall(r"rows=(\d+)", plan[0][0])
        assert int(rows) > 50

    def test_raw_sql_sees_the_open_scope_only(tenant: Tenant, two: Tenant) -> None:
        assert seen() == 0
        with scope(tenant):
            assert seen() == 1
            assert ask("SELECT tenant_id FROM tenants_membership") == [(tenant.pk,)]
        assert seen() == 0
        with scope(two):
            assert ask("SELECT tenant_id FROM tenants_membership") == [(two.pk,)]
        with unscoped("a test"):
            assert seen() == 2
        assert seen() == 0

    def test_raw_sql_writes_no_foreign_row(tenant: Tenant, two: Tenant) -> None:
        with scope(tenant), connection.cursor() as cursor:
            cursor.execute("UPDATE tenants_membership SET role = 'viewer'")
            assert cursor.rowcount == 1
            cursor.execute("DELETE FROM tenants_membership WHERE tenant_id = %s", [two.pk])
            assert cursor.rowcount == 0
        with scope(tenant), pytest.raises(ProgrammingError, match="row-level security"), atomic():
            ask(
                "INSERT INTO tenants_membership (tenant_id, user_id, role, created_at)"
                " VALUES (%s, %s, 'owner', now()) RETURNING id",
                two.pk,
                make_user().pk,
            )

    def test_the_scope_holds_after_a_savepoint_is_rolled_back(tenant: Tenant, two: Tenant) -> None:
        def fail() -> None:
            assert seen() == 1
            raise RuntimeError

        with scope(tenant):
            with pytest.raises(RuntimeError), atomic():
                fail()
            assert seen() == 1
        with pytest.raises(RuntimeError), scope(two):
            fail()
        assert seen() == 0
        with scope(two):
            assert seen() == 1

    def test_a_failed_statement_does_not_lose_the_scope(tenant: Tenant) -> None:
        with scope(tenant):
            with pytest.raises(ProgrammingError), atomic():
                ask("SELECT nonsense")
            assert seen() == 1

    def test_nothing_is_left_behind_a_commit(committed: tuple[Tenant, Tenant]) -> None:
        with scope(committed[0]):
            assert seen() == 1
        assert seen() == 0
        assert ask("SELECT coalesce(current_setting('app.tenant', true), '')") == [("",)]
        with scope(committed[1]):
            assert seen() == 1

    def test_nothing_is_left_behind_a_rollback(committed: tuple[Tenant, Tenant]) -> None:
        def fail() -> None:
            assert seen() == 1
            raise RuntimeError

        with pytest.raises(RuntimeError), scope(committed[0]):
            fail()
        assert seen() == 0

    def test_single_statements_carry_the_scope(committed: tuple[Tenant, Tenant]) -> None:
        first, second = committed
        with scope(first, transaction=False):
            assert not connection.in_atomic_block
            assert seen() == 1
            assert Membership.objects.count() == 1
        assert seen() == 0
        with scope(second, transaction=False):
            assert ask("SELECT tenant_id FROM tenants_membership") == [(second.pk,)]
            with atomic():
                assert seen() == 1
            assert seen() == 1
        with unscoped("a test"):
            assert seen() == 2
        assert seen() == 0

    def test_the_next_user_of_a_pooled_connection_starts_with_nothing(
        committed: tuple[Tenant, Tenant],
    ) -> None:
        assert settings.DATABASES["default"]["OPTIONS"]["pool"]
        with scope(committed[0]):
            ((process,),) = ask("SELECT pg_backend_pid()")
            assert seen() == 1
        met = set()
        for _connection in range(100):  # the pool hands its connections out in turn
            if process in met:
                break
            connections.close_all()
            assert seen() == 0
            met.add(ask("SELECT pg_backend_pid()")[0][0])
        assert process in met

    def test_a_scope_opened_inside_a_transaction_ends_with_it(
        committed: tuple[Tenant, Tenant],
    ) -> None:
        first, second = committed
        with atomic():
            with scope(first):
                assert seen() == 1
            assert seen() == 0
            with scope(second):
                assert ask("SELECT tenant_id FROM tenants_membership") == [(second.pk,)]
            assert seen() == 0

    def test_a_missing_policy_is_put_back(committed: tuple[Tenant, Tenant]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tenants_membership NO FORCE ROW LEVEL SECURITY")
        assert seen() == 2
        rls.enforce()
        assert seen() == 0

    def test_a_policy_is_replaced_at_once(committed: tuple[Tenant, Tenant]) -> None:
        # or a table without any would look empty meanwhile
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER POLICY {rls.NAME} ON tenants_membership RENAME TO an_older_one")
            rls.enforce()
            cursor.execute(
                "SELECT p.polname, p.xmin = c.xmin FROM pg_policy p JOIN pg_class c"
                " ON c.oid = p.polrelid WHERE c.oid = 'tenants_membership'::regclass"
            )
            assert cursor.fetchall() == [(rls.NAME, True)]

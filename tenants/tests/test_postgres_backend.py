"""What our PostgreSQL backend sends: BEGIN and the scope ride on the next statement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DataError, ProgrammingError, connection, transaction
from psycopg import sql as psql

from tenants import batch
from tenants.models import Membership, Tenant
from tenants.scoping import scope
from tenants.testing import make_tenant, make_user, sent_messages

ON_POSTGRESQL = connection.vendor == "postgresql"

if not ON_POSTGRESQL:

    def test_sqlite_keeps_djangos_own_backend() -> None:
        assert settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"

    @pytest.mark.django_db
    def test_a_batch_runs_one_statement_after_the_other() -> None:
        with transaction.atomic():
            assert batch.run([("SELECT 1", []), ("SELECT %s, 3", [2])]) == [[(1,)], [(2, 3)]]

else:
    pytestmark = pytest.mark.django_db(transaction=True)
    Messages = Callable[[], Any]

    @pytest.fixture
    def owned(transactional_db: None) -> Tenant:
        return make_tenant(owner=make_user())

    def ask(sql: Any, *params: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.fetchone()

    def test_a_transaction_costs_one_message_more_than_its_statements(
        owned: Tenant, tmp_path: Path
    ) -> None:
        with sent_messages(tmp_path) as sent, scope(owned):
            assert Membership.objects.count() == 1
            assert Membership.objects.exists()
        assert len(sent) == 3
        assert sent[0].startswith(f"\"BEGIN; SET LOCAL app.tenant = '{owned.pk}'; SELECT")
        assert sent[2] == '"COMMIT"'

    def test_an_empty_transaction_costs_nothing(owned: Tenant, tmp_path: Path) -> None:
        with sent_messages(tmp_path) as sent, scope(owned):
            pass
        assert sent == []

    def test_without_a_transaction_each_statement_is_one_message(
        owned: Tenant, tmp_path: Path
    ) -> None:
        with sent_messages(tmp_path) as sent, scope(owned, transaction=False):
            assert Membership.objects.count() == 1
            assert Membership.objects.count() == 1
        assert len(sent) == 2

    def test_a_batch_is_one_message(owned: Tenant, tmp_path: Path) -> None:
        with sent_messages(tmp_path) as sent, scope(owned):
            rows = batch.run(
                [
                    ("SELECT count(*) FROM tenants_membership", []),
                    ("UPDATE tenants_membership SET role = %s", ["admin"]),
                    ("SELECT role, %s FROM tenants_membership", ["two"]),
                ]
            )
        assert rows == [[(1,)], [], [("admin", "two")]]
        assert len(sent) == 2

    def test_results_and_counts_are_the_statements_own(owned: Tenant) -> None:
        with scope(owned), connection.cursor() as cursor:
            cursor.execute("SELECT 1 AS one, 2 AS two")
            assert [column.name for column in cursor.description] == ["one", "two"]
            assert cursor.fetchall() == [(1, 2)]
            cursor.execute("UPDATE tenants_membership SET role = 'viewer'")
            assert cursor.rowcount == 1
            cursor.executemany("UPDATE tenants_membership SET role = %s", [["admin"], ["owner"]])

    def test_bytes_and_composed_statements_take_the_prefix(owned: Tenant) -> None:
        count = "SELECT count(*) FROM tenants_membership"
        with scope(owned):
            assert ask(count.encode()) == (1,)
        with scope(owned):
            assert ask(
                psql.SQL("SELECT count(*) FROM {}").format(psql.Identifier("tenants_membership"))
            ) == (1,)
        with scope(owned, transaction=False):
            assert ask("SELECT '100%'") == ("100%",)
            assert ask("SELECT '100%%' || %s", "x") == ("100%x",)

    def test_a_rolled_back_transaction_leaves_nothing(owned: Tenant) -> None:
        user = make_user()

        def fail() -> None:
            Membership.objects.create(user=user)
            raise RuntimeError

        with pytest.raises(RuntimeError), scope(owned):
            fail()
        with scope(owned):
            assert Membership.objects.count() == 1

    def test_a_syntax_error_in_the_first_statement_leaves_the_transaction_whole(
        owned: Tenant,
    ) -> None:
        # nothing of a message runs when a part of it does not parse: BEGIN would be lost
        user = make_user()

        def work() -> None:
            with pytest.raises(ProgrammingError):
                ask("SELEC 1")
            Membership.objects.create(user=user)
            raise RuntimeError

        with pytest.raises(RuntimeError), scope(owned):
            work()
        with scope(owned):
            assert Membership.objects.count() == 1

    def test_savepoints_as_first_statement(owned: Tenant) -> None:
        user = make_user()

        def fail() -> None:
            Membership.objects.create(user=user)
            raise RuntimeError

        with scope(owned):
            with pytest.raises(RuntimeError), transaction.atomic():
                fail()
            assert Membership.objects.count() == 1

    def test_rows_are_locked_for_update(owned: Tenant) -> None:
        with scope(owned):
            assert Membership.objects.select_for_update().get().tenant_id == owned.pk

    def test_hooks_run_after_the_commit(owned: Tenant) -> None:
        ran = []
        with scope(owned):
            transaction.on_commit(lambda: ran.append(connection.in_atomic_block))
            assert ran == []
        assert ran == [False]

    def test_autocommit_can_be_switched_by_hand(owned: Tenant) -> None:
        transaction.set_autocommit(False)
        try:
            make_user("never@example.org")
            transaction.rollback()
            assert ask("SELECT count(*) FROM tenants_user WHERE email LIKE 'never%%'") == (0,)
            make_user("kept@example.org")
            transaction.commit()
        finally:
            transaction.set_autocommit(True)
        assert ask("SELECT count(*) FROM tenants_user WHERE email LIKE 'kept%%'") == (1,)

    def test_a_scope_inside_a_failed_savepoint_leaves_the_rest_whole(owned: Tenant) -> None:
        def fail() -> None:
            with transaction.atomic(), scope(owned, transaction=False):
                ask("SELECT nonsense")

        with transaction.atomic():
            make_user("kept@example.org")
            with pytest.raises(ProgrammingError):
                fail()
            with scope(owned):
                assert Membership.objects.count() == 1
        assert ask("SELECT count(*) FROM tenants_user WHERE email LIKE 'kept%%'") == (1,)

    @pytest.mark.parametrize("fetch", [ask, lambda sql, value: batch.run([(sql, [value])])])
    def test_a_value_that_cannot_be_sent_does_not_lose_the_scope(
        owned: Tenant, fetch: Callable[..., Any]
    ) -> None:
        with scope(owned):
            with pytest.raises(DataError):
                fetch("SELECT %s", "\0")
            assert Membership.objects.count() == 1

"""Batches past Django's cursor: the same values, errors and hooks, and an early COMMIT."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from tenants import batch
from tenants.models import Membership, Tenant
from tenants.scoping import scope
from tenants.testing import make_tenant, make_user, sent_messages

ON_POSTGRESQL = connection.vendor == "postgresql"
pytestmark = pytest.mark.django_db(transaction=True)

COUNT = "SELECT count(*) FROM tenants_membership"
TWICE = batch.Prepared(
    "twice", "SELECT role, %s FROM tenants_membership WHERE id = %s", ("text", "bigint")
)


@pytest.fixture
def owned(transactional_db: None) -> Tenant:
    return make_tenant(owner=make_user())


def membership(tenant: Tenant) -> int:
    with scope(tenant, transaction=False):
        return int(Membership.objects.get().pk)


def test_hooks_run_after_a_batch_that_commits(owned: Tenant) -> None:
    ran = []
    with scope(owned):
        transaction.on_commit(lambda: ran.append(connection.in_atomic_block))
        batch.run([("UPDATE tenants_membership SET role = %s", ["viewer"])], commit=True)
    assert ran == [False]
    with scope(owned):
        assert Membership.objects.get().role == "viewer"


def test_a_batch_commits_nothing_of_an_outer_transaction(owned: Tenant) -> None:
    def work() -> None:
        with scope(owned):
            batch.run([("UPDATE tenants_membership SET role = %s", ["viewer"])], commit=True)
            assert Membership.objects.get().role == "viewer"
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        work()
    with scope(owned):
        assert Membership.objects.get().role == "owner"


def test_a_failed_batch_commits_nothing(owned: Tenant) -> None:
    def work() -> None:
        with scope(owned):
            batch.run(
                [
                    ("UPDATE tenants_membership SET role = %s", ["viewer"]),
                    ("UPDATE tenants_membership SET user_id = NULL", []),
                ],
                commit=True,
            )

    with pytest.raises(IntegrityError):
        work()
    with scope(owned):
        assert Membership.objects.get().role == "owner"


def test_a_prepared_statement_gives_its_row_or_none(owned: Tenant) -> None:
    key = membership(owned)
    with scope(owned):
        assert batch.run([(TWICE, ["it's", key]), (TWICE, ["", 0])]) == [[("owner", "it's")], []]


if ON_POSTGRESQL:

    def test_values_arrive_as_they_were(owned: Tenant) -> None:
        moment = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)
        values = [-5, 2**62, "a'b\\c%s", "", None, True, moment, b"\x00'\\", [1, 2]]
        casts = ["bigint"] * 2 + ["text"] * 3 + ["boolean", "timestamptz", "bytea", "int[]"]
        sql = "SELECT " + ", ".join(f"%s::{cast}" for cast in casts) + ", '100%%'"
        with scope(owned):
            assert batch.run([(sql, values)]) == [[(*values, "100%")]]

    def test_a_message_larger_than_the_send_buffer(owned: Tenant) -> None:
        large = "x" * 8_000_000
        with scope(owned):
            assert batch.run([("SELECT %s", [large]), ("SELECT 1", [])]) == [[(large,)], [(1,)]]

    def test_a_watched_batch_is_logged_and_gives_the_same(owned: Tenant) -> None:
        with scope(owned), CaptureQueriesContext(connection) as queries:
            assert batch.run([(COUNT, []), ("SELECT %s", [2])], commit=True) == [[(1,)], [(2,)]]
        assert [COUNT in query["sql"] for query in queries] == [True]

    def test_the_commit_travels_with_the_batch(owned: Tenant, tmp_path: Path) -> None:
        with sent_messages(tmp_path) as sent, scope(owned):
            batch.run([(COUNT, [])], commit=True)
        assert len(sent) == 1
        assert sent[0].startswith('"BEGIN; SET LOCAL')
        assert sent[0].endswith('; COMMIT"')

    def test_nothing_may_follow_a_commit(owned: Tenant) -> None:
        def work() -> None:
            with scope(owned):
                batch.run([("UPDATE tenants_membership SET role = 'viewer'", [])], commit=True)
                Membership.objects.count()

        with pytest.raises(TransactionManagementError):
            work()
        with scope(owned):
            assert Membership.objects.get().role == "viewer"

    def test_errors_are_djangos(owned: Tenant) -> None:
        with pytest.raises(DataError) as caught, scope(owned):
            batch.run([("SELECT 1 / %s", [0])])
        assert caught.value.__cause__.sqlstate == "22012"  # type: ignore[union-attr]
        with scope(owned):
            assert batch.run([(COUNT, [])]) == [[(1,)]]

    def test_a_lost_connection_is_told(owned: Tenant) -> None:
        def lose() -> Any:
            with scope(owned):
                return batch.run([("SELECT pg_terminate_backend(pg_backend_pid())", [])])

        with pytest.raises(OperationalError):
            lose()
        connection.close()
        with scope(owned):
            assert batch.run([(COUNT, [])]) == [[(1,)]]

    def test_a_statement_is_prepared_once_and_keeps_the_walls(
        owned: Tenant, tmp_path: Path
    ) -> None:
        key, other = membership(owned), make_tenant(owner=make_user())
        # a pooled connection may know the others already
        fresh = batch.Prepared("once", TWICE.sql, TWICE.takes)
        with sent_messages(tmp_path) as sent, scope(owned):
            found = [batch.run([(fresh, ["x", key])]) for _time in range(8)]
        with scope(other):
            hidden = batch.run([(fresh, ["x", key])])
        assert found == [[[("owner", "x")]]] * 8
        assert sum("PREPARE" in message for message in sent) == 1
        assert "EXECUTE" in sent[-2]
        assert hidden == [[]]

    def test_it_is_prepared_after_a_message_that_failed(owned: Tenant) -> None:
        key = membership(owned)
        connection.close()
        with pytest.raises(DataError), scope(owned):
            batch.run([(TWICE, ["x", key]), ("SELECT 1 / %s", [0])])
        with scope(owned):
            assert batch.run([(TWICE, ["x", key])]) == [[("owner", "x")]]

    def test_it_is_planned_for_a_table_that_grows(owned: Tenant) -> None:
        with scope(owned):
            batch.run([(TWICE, ["x", 1])])
            plan = batch.run([(f"EXPLAIN EXECUTE {TWICE.key}('x', 1)", [])])
        assert "Index Scan" in str(plan)

    def test_after_a_savepoint_it_is_planned_in_our_way_again(owned: Tenant) -> None:
        with scope(owned):
            with pytest.raises(DataError), transaction.atomic():
                batch.run([(TWICE, ["x", 1]), ("SELECT 1 / %s", [0])])
            batch.run([(TWICE, ["x", 1])])
            assert batch.run([("SHOW plan_cache_mode", [])]) == [[("force_generic_plan",)]]

    def test_behind_a_proxy_nothing_is_prepared(
        owned: Tenant, settings: Any, tmp_path: Path
    ) -> None:
        key = membership(owned)
        settings.DATABASE_PREPARE = False
        connection.close()
        with sent_messages(tmp_path) as sent, scope(owned):
            assert batch.run([(TWICE, ["x", key])]) == [[("owner", "x")]]
        connection.close()
        assert not any("PREPARE" in message or "EXECUTE" in message for message in sent)

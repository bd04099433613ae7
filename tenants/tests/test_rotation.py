"""Key rotation: mixed rows, interruptions, and writers that do not wait."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from pytest_django import Settings

from tenants.models.canary import CANARY, EncryptionCanary
from tenants.rotation import TRIES, encrypted_models, rotate
from tenants.tests.vault import NEW, OLD, STRANGE, Secret, opens, raw, secret_table, set_raw


@pytest.fixture
def table(db: None, settings: Settings) -> Iterator[None]:
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    with secret_table():
        yield


def fill(count: int) -> list[Secret]:
    return [
        Secret.objects.create(name=f"row {n}", token=f"token {n}", extra={"n": n})
        for n in range(count)
    ]


class Disturb:
    """Acts before the nth UPDATE of the table, through Django's own hook for statements."""

    def __init__(self, act: Callable[[], None], *, at: set[int]) -> None:
        self.act = act
        self.at = at
        self.seen = 0
        self.acting = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        if sql.startswith('UPDATE "tenants_secret"') and not self.acting:
            self.seen += 1
            if self.seen in self.at:
                self.acting = True
                self.act()
                self.acting = False
        return execute(sql, params, many, context)


@pytest.mark.usefixtures("table")
class TestRotation:
    def test_mixed_rows_end_under_the_first_key(self, settings: Settings) -> None:
        fill(5)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        Secret.objects.create(name="new", token="new")
        count = rotate(Secret, batch=2)
        # five tokens and five extras; the notes are NULL
        assert (count.renewed, count.current, count.unreadable) == (10, 1, [])
        settings.FIELD_ENCRYPTION_KEY = [NEW]
        rows = list(Secret.objects.order_by("pk"))
        assert [row.token for row in rows] == [*(f"token {n}" for n in range(5)), "new"]
        assert [row.extra for row in rows] == [*({"n": n} for n in range(5)), None]
        assert {row.note for row in rows} == {None}

    def test_a_second_run_writes_nothing(self, settings: Settings) -> None:
        [row] = fill(1)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        rotate(Secret)
        before = raw(row.pk)
        assert (rotate(Secret).renewed, raw(row.pk)) == (0, before)

    def test_the_time_inside_the_token_stays(self, settings: Settings) -> None:
        [row] = fill(1)
        set_raw(row.pk, Fernet(OLD).encrypt_at_time(b"text", 1_000_000_000).decode())
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        rotate(Secret)
        token = raw(row.pk) or ""
        assert Fernet(NEW).extract_timestamp(token.encode()) == 1_000_000_000

    def test_a_dry_run_counts_and_writes_nothing(self, settings: Settings) -> None:
        [row] = fill(1)
        before = raw(row.pk)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        assert rotate(Secret, dry_run=True).renewed == 2
        assert raw(row.pk) == before

    def test_what_no_key_opens_is_named_and_left(self, settings: Settings) -> None:
        rows = fill(3)
        strange = Fernet(STRANGE).encrypt(b"x").decode()
        set_raw(rows[0].pk, strange)
        set_raw(rows[1].pk, "plain text")
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        count = rotate(Secret, batch=1)
        assert count.unreadable == [
            f"tenants.Secret.token of row {rows[0].pk}",
            f"tenants.Secret.token of row {rows[1].pk}",
        ]
        assert count.renewed == 4
        assert (raw(rows[0].pk), raw(rows[1].pk)) == (strange, "plain text")

    def test_other_columns_are_not_written(self, settings: Settings) -> None:
        [row] = fill(1)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        rename = Disturb(lambda: set_raw(row.pk, "renamed", "name"), at={1})
        with connection.execute_wrapper(rename):
            rotate(Secret)
        assert raw(row.pk, "name") == "renamed"

    def test_interrupted_it_keeps_whole_batches_and_goes_on(self, settings: Settings) -> None:
        rows = fill(5)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]

        def die() -> None:
            raise KeyboardInterrupt

        # two updates a row, two rows a batch: dies in the middle of the second batch
        with connection.execute_wrapper(Disturb(die, at={7})), pytest.raises(KeyboardInterrupt):
            rotate(Secret, batch=2)
        done = [opens(raw(row.pk), NEW) for row in rows]
        assert done == [True, True, False, False, False]
        assert [row.token for row in Secret.objects.order_by("pk")] == [r.token for r in rows]
        count = rotate(Secret, batch=2)
        assert (count.renewed, count.current) == (6, 4)

    @pytest.mark.parametrize("writers_keys", [[NEW, OLD], [OLD]], ids=["restarted", "not yet"])
    def test_a_value_written_meanwhile_is_kept(
        self, writers_keys: list[str], settings: Settings
    ) -> None:
        """With [OLD] the writer is a process that has not been restarted yet."""
        rows = fill(3)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]

        def write() -> None:
            with override_settings(FIELD_ENCRYPTION_KEY=writers_keys):
                Secret.objects.filter(pk=rows[0].pk).update(token="written meanwhile")

        with connection.execute_wrapper(Disturb(write, at={1})):
            count = rotate(Secret)
        assert count.busy == []
        settings.FIELD_ENCRYPTION_KEY = [NEW]
        assert [row.token for row in Secret.objects.order_by("pk")] == [
            "written meanwhile",
            "token 1",
            "token 2",
        ]

    def test_a_row_deleted_meanwhile_is_nobodys_trouble(self, settings: Settings) -> None:
        rows = fill(2)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        gone = Disturb(lambda: (Secret.objects.filter(pk=rows[0].pk).delete(), None)[1], at={1})
        with connection.execute_wrapper(gone):
            count = rotate(Secret)
        assert (count.renewed, count.busy, count.unreadable) == (2, [], [])

    def test_a_row_that_never_rests_is_reported(self, settings: Settings) -> None:
        [row] = fill(1)
        Secret.objects.update(extra=None)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]

        def write() -> None:
            with override_settings(FIELD_ENCRYPTION_KEY=[OLD]):
                Secret.objects.update(token="again")

        with connection.execute_wrapper(Disturb(write, at=set(range(1, TRIES + 1)))):
            count = rotate(Secret)
        assert count.busy == [f"tenants.Secret.token of row {row.pk}"]
        assert Secret.objects.get().token == "again"


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_writer_on_another_connection_is_not_undone(settings: Settings) -> None:
    """Real threads on PostgreSQL; SQLite lets one connection write at a time."""
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    with secret_table():
        rows = fill(3)
        settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
        written = threading.Event()

        def write() -> None:
            Secret.objects.filter(pk=rows[0].pk).update(token="written meanwhile")
            written.set()
            if connection.vendor == "postgresql":
                connection.close()

        writer = threading.Thread(target=write)

        def write_elsewhere() -> None:
            if connection.vendor != "postgresql":
                write()
                return
            writer.start()
            # either the row's lock holds the writer up, or it has overtaken us
            deadline = time.monotonic() + 30
            while not written.wait(0.01) and not someone_waits():
                assert time.monotonic() < deadline

        with connection.execute_wrapper(Disturb(write_elsewhere, at={1})):
            count = rotate(Secret)
        if writer.ident:
            writer.join(timeout=30)
        assert written.is_set()
        assert (count.busy, count.unreadable) == ([], [])
        settings.FIELD_ENCRYPTION_KEY = [NEW]
        tokens = [row.token for row in Secret.objects.order_by("pk")]
        assert tokens == ["written meanwhile", "token 1", "token 2"]


# The command


@pytest.fixture
def canary(db: None, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    EncryptionCanary.objects.all().delete()
    EncryptionCanary.objects.create(pk=1, value=CANARY)


def command(**options: Any) -> str:
    out = io.StringIO()
    call_command("rotate_encryption_keys", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_every_model_with_encrypted_columns_is_walked() -> None:
    assert EncryptionCanary in encrypted_models()


@pytest.mark.usefixtures("canary")
def test_the_command_prints_counts_per_model(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
    assert "tenants.EncryptionCanary: 1 to do, 0 already" in command(dry_run=True)
    assert "tenants.EncryptionCanary: 1 renewed, 0 already" in command(batch=1)
    assert "tenants.EncryptionCanary: 0 renewed, 1 already" in command()
    settings.FIELD_ENCRYPTION_KEY = [NEW]
    assert EncryptionCanary.objects.get().value == CANARY


@pytest.mark.usefixtures("canary")
@pytest.mark.parametrize("options", [{}, {"dry_run": True}])
def test_the_command_fails_when_no_key_opens_a_row(options: Any, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [STRANGE]
    with pytest.raises(CommandError, match="1 values are not under the first key"):
        command(**options)


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(CommandError, match="--batch"):
        command(batch=0)

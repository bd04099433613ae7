"""The start-up checks of the encryption keys."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Tags, registry, run_checks
from django.db import connection
from pytest_django import Settings

from tenants.checks import check_encryption_canary, check_encryption_keys
from tenants.models.canary import CANARY, EncryptionCanary, write_canary
from tenants.tests.vault import NEW, OLD, STRANGE


@pytest.fixture(autouse=True)
def canary(db: None, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    EncryptionCanary.objects.all().delete()
    write_canary(using="default")


def check(databases: Any = ("default",)) -> list[str | None]:
    return [message.id for message in check_encryption_canary(None, databases=databases)]


def test_the_right_key_passes() -> None:
    assert check() == []


def test_a_wrong_key_is_named(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [STRANGE]
    [message] = check_encryption_canary(None, databases=["default"])
    assert message.id == "tenants.E001"
    assert message.is_serious()
    assert "FIELD_ENCRYPTION_KEYS" in message.msg
    assert STRANGE not in f"{message.msg} {message.hint}"


def test_a_new_key_in_front_passes(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
    assert check() == []


def test_it_is_written_once_and_never_overwritten(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [STRANGE]
    write_canary(using="default")
    assert EncryptionCanary.objects.count() == 1
    assert check() == ["tenants.E001"]
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    assert EncryptionCanary.objects.get().value == CANARY


def test_another_value_fails() -> None:
    EncryptionCanary.objects.update(value="something else")
    assert check() == ["tenants.E001"]


def test_no_database_is_asked_unless_named() -> None:
    assert check(databases=None) == []


def test_before_the_first_migrate_all_is_well() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE tenants_encryptioncanary")
    assert check() == []
    write_canary(using="default")


def test_they_run_with_djangos_checks(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [STRANGE]
    messages = run_checks(tags=[Tags.database], databases=["default"])
    assert "tenants.E001" in {message.id for message in messages}
    assert check_encryption_keys in registry.registry.get_checks()


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "x" * 44], None])
def test_malformed_keys_are_reported_once(keys: Any, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = keys
    assert [message.id for message in check_encryption_keys(None)] == ["tenants.E002"]
    assert check() == []


def test_malformed_keys_stop_a_command_with_a_message() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "django", "check"],
        env={**os.environ, "FIELD_ENCRYPTION_KEYS": "malformed"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "tenants.E002" in result.stderr
    assert "Traceback" not in result.stderr
    assert "malformed" not in result.stderr

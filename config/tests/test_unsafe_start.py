"""Production refuses unsafe settings, whichever process starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import override_settings

from config.checks import UNSAFE, own_machine_is_known, refuse_unsafe
from config.tests.toy import PATIENCE, ROOT, free_port
from traffic_guard.services.guarding import own

SAFE = {
    "ENVIRONMENT": "production",
    "PRODUCTION": True,
    "SECRET_KEY": "one of our own",
    "FIELD_ENCRYPTION_KEY": ["b25lLW9mLW91ci1vd24tLS0tLS0tLS0tLS0tLS0tLS0="],
    "BLIND_INDEX_KEY": "another of our own",
    "EMULATORS": False,
    "DEBUG": False,
    "PUBLIC_URL": "https://bots.example.org",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
UNSAFE_ONES = [
    ("ENVIRONMENT", "prod", "E000"),
    ("SECRET_KEY", ours.DEMO_SECRET_KEY, "E001"),
    ("FIELD_ENCRYPTION_KEY", [*SAFE["FIELD_ENCRYPTION_KEY"], ours.DEMO_FIELD_KEY], "E001"),  # type: ignore[misc]
    ("BLIND_INDEX_KEY", ours.DEMO_BLIND_INDEX_KEY, "E001"),
    ("EMULATORS", True, "E002"),
    ("DEBUG", True, "E003"),
    ("PUBLIC_URL", "http://bots.example.org", "E004"),
    ("REDIS_URL", "", "E005"),
]
CELERY = [sys.executable, "-m", "celery", "-A", "config"]
PROCESSES = {
    "web": ([sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py",
             "config.wsgi:application"], UNSAFE),
    "worker": ([*CELERY, "worker", "-P", "threads", "-c", "1"], UNSAFE),
    "beat": ([*CELERY, "beat", "--pidfile="], UNSAFE),
    "poll": ([sys.executable, "manage.py", "poll_bots"], 1),
}  # fmt: skip


@pytest.fixture
def production(settings: Any) -> Any:
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


def test_safe_settings_start(production: Any) -> None:
    refuse_unsafe()


@pytest.mark.parametrize(("name", "value", "code"), UNSAFE_ONES)
def test_each_unsafe_setting_is_told_in_a_sentence(
    production: Any, capsys: pytest.CaptureFixture[str], name: str, value: object, code: str
) -> None:
    setattr(production, name, value)
    with pytest.raises(SystemExit):
        refuse_unsafe()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Botharbor does not start: ")
    # settings call the ring of keys a little otherwise than the environment does
    assert name in line
    assert line.endswith(f"(config.{code})")


def test_a_deployment_that_does_not_know_its_own_machine_is_warned(settings: Any) -> None:
    # what this machine has is known for good: it has to be asked of a machine without
    if own.detected_addresses() or own.own_ids():
        assert own_machine_is_known(None) == []
        return
    settings.OWN_ADDRESSES, settings.PUBLIC_URL = [], "https://bots.example.org"
    assert [one.id for one in own_machine_is_known(None)] == ["config.W001"]
    for name, value in (("OWN_ADDRESSES", ["192.0.2.7"]), ("PUBLIC_URL", "https://192.0.2.7")):
        with override_settings(**{name: value}):
            assert own_machine_is_known(None) == []


@pytest.mark.journey
@pytest.mark.parametrize("kind", PROCESSES)
def test_no_process_starts_with_them(tmp_path: Path, kind: str) -> None:
    command, status = PROCESSES[kind]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(tmp_path),
            "PORT": str(free_port()),
            "DOTENV": os.devnull,
            "ENVIRONMENT": "production",
            "EMULATORS": "1",
            "DEBUG": "1",
        },
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        text=True,
    )
    assert done.returncode == status, done.stderr
    for code in ("E001", "E002", "E003", "E004", "E005"):
        assert f"config.{code}" in done.stderr
    assert "Traceback" not in done.stderr
    # not even the database was asked for
    assert not (tmp_path / "botharbor.sqlite3").exists()

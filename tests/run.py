"""What `make test` runs: lint, the tests on each database, then browser and whole journeys.

A failing stage does not stop the later ones; a missing server or browser does.
"""

import argparse
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree as ET

from config.bootstrap import CannotPrepare, prepare
from config.children import tethered
from tests import programs, servers

ROOT = Path(__file__).resolve().parent.parent
NOTHING_COLLECTED = 5  # pytest's exit status
NEEDS = {
    "lint": [programs.GETTEXT],
    "sqlite": [programs.REDIS],
    "postgres": [programs.REDIS, programs.POSTGRES],
    "browser": [programs.REDIS, programs.POSTGRES, programs.CHROMIUM, programs.CJK_FONT],
}


@dataclass
class Stage:
    """One command, and how it went."""

    name: str
    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    is_pytest: bool = False
    may_be_empty: bool = False
    ok: bool = False
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def line(self) -> str:
        """Return the line of the closing table."""
        counts = f": {self.passed} passed, {self.failed} failed" if self.is_pytest else ""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        state = "ok    " if self.ok else "FAILED"
        return f"{state} {self.seconds:6.1f} s  {self.name}{counts}{skipped}"


def say(text: str = "") -> None:
    """Print a line of our own."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tool(name: str, *arguments: str) -> list[str]:
    """Return the command of a program of the virtual environment."""
    return [str(Path(sys.executable).parent / name), *arguments]


def python(*arguments: str) -> list[str]:
    """Return a command of this very interpreter."""
    return [sys.executable, *arguments]


# --- The environments


def our_variables() -> set[str]:
    """Return the names of the product's variables, as `.env.example` lists them."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#? ?([A-Z][A-Z_0-9]*)=", text, re.MULTILINE))


def bare_environment(folder: Path) -> dict[str, str]:
    """Return the environment without the developer's own settings; `folder` is for files."""
    env = {name: value for name, value in os.environ.items() if name not in our_variables()}
    # without bytecode every runner of every stage would compile all tests anew
    for name in ("DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE"):
        env.pop(name, None)
    return {**env, "DATA_DIR": str(folder / "data"), "TMPDIR": str(folder), "PYTHONUTF8": "1"}


def production_environment() -> dict[str, str]:
    """Return what a production server would name, with keys of this run."""
    return {
        "ENVIRONMENT": "production",
        "EMULATORS": "0",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "BLIND_INDEX_KEY": secrets.token_urlsafe(32),
        "DATABASE_URL": "postgres://botharbor:x@127.0.0.1:1/botharbor",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PUBLIC_URL": "https://bots.example.com",
        "ALLOWED_HOSTS": "bots.example.com",
        "OWN_ADDRESSES": "192.0.2.10",
        "METRICS_TOKEN": secrets.token_urlsafe(32),
    }


# --- The stages


def lint_stages(only: str) -> Iterator[Stage]:
    """Yield everything that needs no test."""
    manage = python("manage.py")
    deploy = [*manage, "check", "--deploy", "--fail-level", "WARNING"]
    # first: the tests of the texts read what this makes
    yield Stage("compile translations", [*manage, "compile_translations"])
    if only not in {"", "lint"}:
        return
    yield Stage("ruff format", tool("ruff", "format", "--check", "."))
    yield Stage("ruff check", tool("ruff", "check", "."))
    yield Stage("djlint: rules", tool("djlint", "templates", "--lint", "--quiet"))
    yield Stage("djlint: format", tool("djlint", "templates", "--check", "--quiet"))
    yield Stage("import contracts", tool("lint-imports", "--no-cache"))
    yield Stage("mypy", tool("mypy", "."))
    yield Stage("migrations", [*manage, "makemigrations", "--check", "--dry-run"])
    yield Stage("check --deploy", deploy, production_environment())
    if find_spec("tests.translations"):
        yield Stage("translations", python("-m", "tests.translations"))


def pytest_stages(only: str, extra: list[str], urls: Mapping[str, str]) -> Iterator[Stage]:
    """Yield the test runs; `urls` names the servers for those that want them."""
    stores = {name.removeprefix("TEST_"): url for name, url in urls.items()}
    browser = {"DJANGO_ALLOW_ASYNC_UNSAFE": "1"}  # playwright keeps a loop in the main thread
    chromium = programs.find_chromium()
    if chromium:
        browser["CHROMIUM"] = str(chromium)
    plain = ["-n", "2", "-m", "not browser and not journey"]
    # Journeys wait more than they work: three of them keep two cores busy. Those of a file share a
    # stack; their order is that of tests/journeys/conftest.py.
    whole = ["-n", "3", "--dist=loadfile", "--no-loadscope-reorder", "-m", "browser or journey"]
    runs = [
        ("sqlite", "tests on SQLite", plain, {}),
        # what has no database has shown on SQLite what it does
        ("postgres", "tests on PostgreSQL and Redis", [*plain, "--ignore=emulators"], stores),
        ("browser", "browser tests and journeys", whole, stores | browser),
    ]
    for group, name, options, env in runs:
        if only in {"", group}:
            command = python("-m", "pytest", "-q", *options, *extra)
            yield Stage(name, command, env, is_pytest=True, may_be_empty=bool(extra))


# --- Running


def run(stage: Stage, env: Mapping[str, str], report: Path) -> None:
    """Run a stage with its output on the screen and note how it went."""
    say(f"\n=== {stage.name}")
    command = [*stage.command, *([f"--junitxml={report}"] if stage.is_pytest else [])]
    report.unlink(missing_ok=True)
    started = time.monotonic()
    process = subprocess.Popen(
        tethered(command), cwd=ROOT, env={**env, **stage.env}, start_new_session=True
    )
    try:
        status = process.wait()
    except BaseException:
        process.send_signal(signal.SIGINT)  # pytest then runs its own clean-up
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    stage.seconds, stage.ok = time.monotonic() - started, status == 0
    if stage.is_pytest:
        count(stage, report)
        stage.ok = stage.ok or (status == NOTHING_COLLECTED and stage.may_be_empty)
        # an internal error or an empty run must not close with "0 failed"
        stage.failed = stage.failed or int(not stage.ok)


def count(stage: Stage, report: Path) -> None:
    """Read pytest's own report of a run; there is none if it never got that far."""
    with suppress(OSError, ET.ParseError):
        for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 - our own file
            total, bad, skipped = (
                sum(int(suite.get(name, "0")) for name in names)
                for names in (["tests"], ["failures", "errors"], ["skipped"])
            )
            stage.passed += total - bad - skipped
            stage.failed += bad
            stage.skipped += skipped


def run_all(only: str, extra: list[str]) -> list[Stage]:
    """Run the chosen stages.

    Raises:
        programs.Missing: a program is not there.
    """
    groups = [only] if only else list(NEEDS)
    programs.ensure(dict.fromkeys(need for group in groups for need in NEEDS[group]))
    stages: list[Stage] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="botharbor-")))
        env = bare_environment(folder)
        report = folder / "report.xml"
        for stage in lint_stages(only):
            stages.append(stage)
            run(stage, env, report)
        wants_servers = only not in {"lint", "sqlite"}
        urls = stack.enter_context(servers.both()) if wants_servers else {}
        for stage in pytest_stages(only, extra, urls):
            stages.append(stage)
            run(stage, env, report)
    return stages


def leave(number: int, frame: FrameType | None) -> None:
    """Turn a request to stop into an exception, so that every server is stopped."""
    del frame
    sys.exit(128 + number)


def main() -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(NEEDS), default="")
    options, extra = parser.parse_known_args()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)
    try:
        prepare(ROOT, dev=True, env=False)
        stages = run_all(options.only, extra)
    except (CannotPrepare, programs.Missing) as error:
        say(str(error))
        return 1
    say("\n" + "\n".join(stage.line() for stage in stages))
    passed, failed = (
        sum(getattr(stage, name) for stage in stages) for name in ("passed", "failed")
    )
    if any(stage.is_pytest for stage in stages):
        say(f"{passed} passed, {failed} failed")
    return int(not all(stage.ok for stage in stages))


if __name__ == "__main__":
    sys.exit(main())

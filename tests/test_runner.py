"""The test runner itself: what it needs, what it counts, what it hides."""

import os
import sys
from pathlib import Path

import pytest

from tests import programs, run
from tests.programs import Missing, Need, ensure, version_in


def junit(path: Path, **numbers: int) -> Path:
    attributes = " ".join(f'{name}="{number}"' for name, number in numbers.items())
    path.write_text(f"<testsuites><testsuite {attributes}/></testsuites>")
    return path


def stage(code: str, *, is_pytest: bool = False) -> run.Stage:
    return run.Stage("toy", [sys.executable, "-c", code], is_pytest=is_pytest)


def test_a_missing_program_is_one_sentence_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    needs = [Need("Toys", "toy-server", lambda: None), Need("Python", "python3", lambda: Path())]
    with pytest.raises(Missing) as caught:
        ensure(needs)
    assert "The tests need Toys: " in str(caught.value)
    assert "apt-get install toy-server`" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_versions_sort_by_number() -> None:
    folders = ["/usr/lib/postgresql/9/bin", "/usr/lib/postgresql/15/bin"]
    assert max(folders, key=version_in) == "/usr/lib/postgresql/15/bin"


def test_this_machine_has_what_the_tests_need() -> None:
    found = {need.what: need.find() for group in run.NEEDS.values() for need in group}
    assert [what for what, path in found.items() if path is None] == []
    postgres = programs.find_postgres()
    assert postgres
    assert (postgres / "initdb").exists()


def test_it_counts_what_pytest_reports(tmp_path: Path) -> None:
    toy = stage("", is_pytest=True)
    run.count(toy, junit(tmp_path / "x.xml", tests=10, failures=1, errors=2, skipped=3))
    assert (toy.passed, toy.failed, toy.skipped) == (4, 3, 3)


def test_a_run_that_never_reported_counts_as_failed(tmp_path: Path) -> None:
    toy = stage("raise SystemExit(3)", is_pytest=True)
    run.run(toy, dict(os.environ), tmp_path / "none.xml")
    assert (toy.ok, toy.passed, toy.failed) == (False, 0, 1)


def test_a_stage_is_as_good_as_its_status(tmp_path: Path) -> None:
    good, bad = stage(""), stage("raise SystemExit(1)")
    for each in (good, bad):
        run.run(each, dict(os.environ), tmp_path / "none.xml")
    assert (good.ok, bad.ok) == (True, False)
    assert good.line().startswith("ok ")
    assert bad.line().startswith("FAILED ")


def test_a_developers_settings_stay_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere.test/precious")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--maxfail=1")
    env = run.bare_environment(tmp_path)
    assert not {"DATABASE_URL", "PYTEST_ADDOPTS", "TEST_DATABASE_URL", "SECRET_KEY"} & set(env)
    assert env["DATA_DIR"] == str(tmp_path / "data")
    assert env["PATH"] == os.environ["PATH"]

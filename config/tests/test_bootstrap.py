import ast
import base64
import hashlib
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config import bootstrap
from config.bootstrap import CannotPrepare, check_ports, prepare, read_env, works, write_env


def env_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_text(text)
    return path


def checkout(folder: Path, requirements: str = "") -> Path:
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text(f"# {name}\n{requirements}")
    return folder


def small_wheel(folder: Path) -> Path:
    path = folder / "nothing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        info = "nothing-1.0.dist-info"
        wheel.writestr("nothing.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: nothing\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def test_old_pythons_can_read_the_file_far_enough_to_be_refused() -> None:
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 6))


def test_it_reads_what_settings_read(tmp_path: Path) -> None:
    path = env_file(tmp_path, '# comment\n\nA=1\nexport B=x=y\nC=\'a b\'\nD="q\\"q"\nE=\n')
    assert read_env(path) == {"A": "1", "B": "x=y", "C": "a b", "D": 'q"q', "E": ""}


def test_a_missing_file_names_nothing(tmp_path: Path) -> None:
    assert read_env(tmp_path / ".env") == {}


@pytest.mark.parametrize("line", ["SECRET_KEY", "SECRET_KEY = x", " A=1", "A-B=1", "A='x", 'A="'])
def test_a_broken_line_is_named_and_not_repeated(tmp_path: Path, line: str) -> None:
    path = env_file(tmp_path, f"A=1\n{line}\n")
    with pytest.raises(CannotPrepare) as caught:
        read_env(path)
    assert f"{path}, line 2: " in str(caught.value)
    assert "SECRET_KEY" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    with pytest.raises(CannotPrepare, match=r"\.env cannot be read"):
        read_env(tmp_path / ".env")


@pytest.mark.parametrize("value", ["abc", "0", "65536", "-1", "80 "])
def test_a_port_must_be_a_port(value: str) -> None:
    with pytest.raises(CannotPrepare, match="PORT must be a number from 1 to 65535"):
        check_ports({"PORT": value})


def test_the_first_env_has_fresh_keys_for_its_owner_only(tmp_path: Path) -> None:
    assert write_env(tmp_path / ".env")
    values = read_env(tmp_path / ".env")
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert values["ENVIRONMENT"] == "demo"
    assert len(base64.urlsafe_b64decode(values["FIELD_ENCRYPTION_KEYS"])) == 32
    write_env(tmp_path / "other.env")
    other = read_env(tmp_path / "other.env")
    assert all(values[name] != other[name] for name in values if name != "ENVIRONMENT")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "other.env"]


def test_an_existing_env_is_left_alone(tmp_path: Path) -> None:
    path = env_file(tmp_path, "SECRET_KEY=mine\n")
    assert not write_env(path)
    assert path.read_text() == "SECRET_KEY=mine\n"


@pytest.mark.journey
def test_it_prepares_once_and_again_only_after_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(checkout(tmp_path))
    assert works(tmp_path / ".venv")
    assert read_env(tmp_path / ".env")["SECRET_KEY"]
    assert "Installing requirements.txt" in capsys.readouterr().out

    prepare(tmp_path)
    assert capsys.readouterr().out == ""

    (tmp_path / "requirements.txt").write_text("# changed\n")
    prepare(tmp_path)
    assert "Installing requirements.txt" in capsys.readouterr().out

    prepare(tmp_path, dev=True)
    assert "Installing requirements-dev.txt" in capsys.readouterr().out
    prepare(tmp_path)
    assert capsys.readouterr().out == ""


@pytest.mark.journey
def test_a_half_made_venv_is_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / ".venv"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").symlink_to(tmp_path / "gone")
    prepare(checkout(tmp_path), env=False)
    assert "Removing the unfinished or broken .venv" in capsys.readouterr().out
    assert works(home)
    assert not (tmp_path / ".env").exists()

    (home / "installing").touch()  # a run was killed inside pip
    (home / "mark").touch()
    prepare(tmp_path, env=False)
    assert not (home / "mark").exists()


@pytest.mark.journey
def test_only_what_was_pinned_is_installed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wheel = small_wheel(tmp_path)
    good = hashlib.sha256(wheel.read_bytes()).hexdigest()
    line = f"nothing @ {wheel.as_uri()} --hash=sha256:"
    checkout(tmp_path, line + "0" * 64)
    with pytest.raises(CannotPrepare, match=r"could not install requirements\.txt"):
        prepare(tmp_path, env=False)
    assert "DO NOT MATCH" in capfd.readouterr().err
    prepare(checkout(tmp_path, line + good), env=False)
    assert list((tmp_path / ".venv").glob("lib/*/site-packages/nothing.py"))


def test_the_command_line_says_one_sentence(tmp_path: Path) -> None:
    copy = tmp_path / "config" / "bootstrap.py"
    copy.parent.mkdir()
    copy.write_text(Path(bootstrap.__file__).read_text())
    env_file(checkout(tmp_path), "BROKEN\n")
    done = subprocess.run([sys.executable, "-I", copy], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path / '.env'}, line 1: expected NAME=value")
    assert done.stderr.count("\n") == 1

"""Prepares a checkout: virtual environment, pinned packages, a first `.env`.

Standard library only: it runs on the system's bare Python before anything is installed, and its
syntax stays old enough that an old Python reaches the sentence that asks for a newer one.
"""

import argparse
import base64
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = (3, 11)
if sys.version_info < NEEDED:
    sys.exit(
        f"Botharbor needs Python 3.11 or newer, but {sys.executable} is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}: install a newer one and name it, for "
        "example `make PYTHON=python3.12 run`."
    )
try:
    import fcntl
except ImportError:
    sys.exit("Botharbor runs on Linux and macOS; on Windows use WSL.")

ROOT = Path(__file__).resolve().parent.parent
# What django-environ accepts; it skips any other line with a mere warning.
ASSIGNMENT = re.compile(r"(?:export )?([A-Za-z_][A-Za-z_0-9]*)=(.*)")
PORTS = ("PORT", "EMULATORS_PORT")


class CannotPrepare(Exception):
    """What stands in the way, in one sentence for the person at the keyboard."""


def say(sentence: str) -> None:
    """Print a line of progress."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


# --- .env


def read_env(path: Path) -> dict[str, str]:
    """Return the assignments of a `.env` file; a missing file has none.

    Raises:
        CannotPrepare: a line is not `NAME=value`. The line itself is not repeated: it may be half
            of a secret.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise CannotPrepare(f"{path} cannot be read: {error}.") from error
    values = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = ASSIGNMENT.fullmatch(line)
        if match is None:
            raise CannotPrepare(
                f"{path}, line {number}: expected NAME=value without spaces around the equals "
                "sign, or a comment that starts with #."
            )
        values[match.group(1)] = unquote(match.group(2), where=f"{path}, line {number}")
    return values


def unquote(value: str, *, where: str) -> str:
    """Return the value without its quotes.

    Raises:
        CannotPrepare: a quote is opened and not closed.
    """
    quote = value[:1]
    if quote not in {"'", '"'}:
        return value
    if len(value) < 2 or not value.endswith(quote):
        raise CannotPrepare(f"{where}: the value starts with {quote} but does not end with it.")
    inner = value[1:-1]
    return inner if quote == "'" else re.sub(r"\\([^rnt])", r"\1", inner)


def check_ports(values: dict[str, str]) -> None:
    """Check that the port variables are port numbers.

    Raises:
        CannotPrepare: one is not.
    """
    for name in PORTS:
        value = values.get(name) or "1"
        if not value.isdecimal() or not 0 < int(value) < 65536:
            raise CannotPrepare(f"{name} must be a number from 1 to 65535, not {value!r}.")


def fresh_env() -> str:
    """Return the text of a new `.env` with fresh random keys."""
    fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return (
        "# Written by make run. Keep it: without FIELD_ENCRYPTION_KEYS nobody can read the stored\n"
        "# secrets again. Every variable is explained in docs/operations.md.\n"
        "ENVIRONMENT=demo\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        f"FIELD_ENCRYPTION_KEYS={fernet}\n"
        f"BLIND_INDEX_KEY={secrets.token_urlsafe(32)}\n"
    )


def write_env(path: Path) -> bool:
    """Write a first `.env`, readable by its owner only; return False where one exists.

    The file appears whole or not at all, and an existing one is never replaced.
    """
    if path.exists():
        return False
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # of one with our process id that was killed here
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(fresh_env())
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


# --- .venv


def works(home: Path) -> bool:
    """Tell whether the virtual environment has a new enough Python and pip."""
    probe = f"import sys, pip; sys.exit(sys.version_info < {NEEDED})"
    try:
        done = subprocess.run(  # noqa: S603
            [home / "bin" / "python", "-I", "-c", probe], capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def remove(home: Path) -> None:
    """Remove a virtual environment, or the link to one."""
    if home.is_symlink():
        home.unlink()
    else:
        shutil.rmtree(home)


def make_venv(home: Path) -> None:
    """Create the virtual environment; one that a killed run left behind is made anew.

    Raises:
        CannotPrepare: this Python cannot create one.
    """
    if os.path.lexists(home):
        if works(home) and not (home / "installing").exists():
            return
        say(f"Removing the unfinished or broken {home.name} …")
        remove(home)
    say(f"Creating {home.name} …")
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "venv", str(home)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        if home.exists():
            remove(home)
        raise CannotPrepare(
            f"{sys.executable} cannot create a virtual environment; on Debian or Ubuntu run "
            "`apt-get install python3-venv`, then this again."
        )


def fingerprint(requirements: Path) -> str:
    """Return the hash by which a changed requirements file is noticed."""
    return f"{requirements.name} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"


def install(home: Path, requirements: Path) -> bool:
    """Install the pinned packages unless this very file is installed; return whether it was.

    Raises:
        CannotPrepare: pip failed; its own message is already on the screen.
    """
    stamp, unfinished = home / "installed", home / "installing"
    wanted = fingerprint(requirements)
    if stamp.exists() and wanted in stamp.read_text().splitlines():
        return False
    say(f"Installing {requirements.name} (a minute or two the first time) …")
    stamp.unlink(missing_ok=True)
    unfinished.touch()
    # Only a run that is killed leaves `installing` behind: then nobody knows what is half there.
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--quiet"]
    quiet = ["--disable-pip-version-check", "--no-input", "--requirement", str(requirements)]
    done = subprocess.run([*pip, *quiet], check=False)  # noqa: S603
    unfinished.unlink()
    if done.returncode:
        raise CannotPrepare(
            f"pip could not install {requirements.name}: its message stands above; check the "
            "network connection, then run this again."
        )
    production = requirements.with_name("requirements.txt")
    # the development file holds all of the production one, at the same versions
    stamp.write_text("\n".join(sorted({wanted, fingerprint(production)})) + "\n")
    return True


def prepare(root: Path, *, dev: bool = False, env: bool = True) -> None:
    """Bring the checkout at `root` into a state in which Botharbor runs (`dev`: and is tested).

    Raises:
        CannotPrepare: with one sentence that says what to do.
    """
    requirements = root / ("requirements-dev.txt" if dev else "requirements.txt")
    if env:
        check_ports({**read_env(root / ".env"), **os.environ})
    with requirements.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` may start together
        make_venv(root / ".venv")
        install(root / ".venv", requirements)
    if env and write_env(root / ".env"):
        say("Wrote .env with fresh keys.")


def main(arguments: list[str] | None = None) -> None:
    """Run from the command line; leaves with one sentence and status 1 where it cannot go on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dev", action="store_true", help="also what lint and tests need")
    parser.add_argument("--no-env", action="store_true", help="write no .env")
    options = parser.parse_args(arguments)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            prepare(ROOT, dev=options.dev, env=not options.no_env)
        except (CannotPrepare, OSError) as error:
            sys.exit(str(error))
        return
    sys.exit(130)


if __name__ == "__main__":
    main()

"""Programs that the tests need beside Python: found, or installed where we may."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/local/pgsql/bin",
)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


class Missing(Exception):
    """A program is not there and cannot be installed; one sentence names the package."""


def find_postgres() -> Path | None:
    """Return the folder that holds `initdb` and `postgres`, the newest version first."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in POSTGRES_FOLDERS:
        found = Path("/").glob(pattern.lstrip("/"))
        folders += sorted(found, key=lambda path: version_in(str(path)), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def version_in(path: str) -> tuple[int, ...]:
    """Return the numbers of a path, so that 15 sorts after 9."""
    digits = "".join(letter if letter.isdigit() else " " for letter in path)
    return tuple(int(number) for number in digits.split())


def find_redis() -> Path | None:
    """Return the path of `redis-server`."""
    return which("redis-server")


def find_chromium() -> Path | None:
    """Return the browser that the tests drive: `CHROMIUM` of the environment, else on PATH."""
    named = os.environ.get("CHROMIUM")
    return Path(named) if named else next(filter(None, map(which, CHROMIUMS)), None)


def find_gettext() -> Path | None:
    """Return the path of `xgettext`, which `makemessages` calls."""
    return which("xgettext") if which("msgmerge") else None


def find_cjk_font() -> Path | None:
    """Return a font that can draw Chinese; without one the pages show boxes."""
    program = which("fc-list")
    if program:
        listed = subprocess.run(
            [program, ":lang=zh-tw", "file"], capture_output=True, text=True, check=False
        )
        first = listed.stdout.partition("\n")[0].rstrip(": ")
        return Path(first) if first else None
    for folder in FONT_FOLDERS:
        for pattern in ("*CJK*", "*wqy*", "*PingFang*"):
            for path in Path(folder).expanduser().rglob(pattern):
                return path
    return None


def which(name: str) -> Path | None:
    """Return the path of a program on PATH."""
    found = shutil.which(name)
    return Path(found) if found else None


@dataclass(frozen=True)
class Need:
    """A program, the Debian package that brings it, and how it is found."""

    what: str
    package: str
    find: Callable[[], Path | None]


POSTGRES = Need("PostgreSQL", "postgresql", find_postgres)
REDIS = Need("redis-server", "redis-server", find_redis)
CHROMIUM = Need("Chromium", "chromium", find_chromium)
CJK_FONT = Need("a Chinese font", "fonts-noto-cjk", find_cjk_font)
GETTEXT = Need("GNU gettext", "gettext", find_gettext)


def ensure(needs: Iterable[Need]) -> None:
    """Install what is missing where we may.

    Raises:
        Missing: we may not, or it did not help.
    """
    needs = list(needs)
    missing = [need for need in needs if need.find() is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install([need.package for need in missing])
        missing = [need for need in needs if need.find() is None]
    if missing:
        packages = " ".join(need.package for need in missing)
        names = ", ".join(need.what for need in missing)
        raise Missing(
            f"The tests need {names}: on Debian or Ubuntu run `sudo apt-get install {packages}`, "
            "elsewhere install the packages of that name."
        )


def apt_install(packages: list[str]) -> None:
    """Install Debian packages; their own message is on the screen if that fails."""
    # RUNLEVEL=1 keeps the packages from starting services that nobody asked for.
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-q", *command], env=env, check=False)

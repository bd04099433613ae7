"""The whole product with its real processes, and the ways a story speaks to it: HTTP only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from config.tests.toy import ROOT, Run, started, wait_until, with_words
from emulators.serve import Server, build

__all__ = ["Api", "Stack", "running", "telegram_elsewhere", "wait_until"]

PASSWORD = "a-long-enough-password-1"
# of what the processes wrote, so much is shown of a story that failed
LAST_LINES = 80
# named, since `manage.py up` would else take the one of a developer's own .env
FIELD_KEY = "dGhlLWpvdXJuZXlzLW93bi1maWVsZC1rZXktLS0tLS0="


@dataclass
class Stack:
    """A running `manage.py up`, its portal and its emulator."""

    run: Run
    env: dict[str, str]
    web: httpx.Client
    telegram: httpx.Client
    ovh: httpx.Client

    def manage(self, *command: str) -> str:
        """Run a management command beside the running processes; return what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            # not ours: the tests' settings have written their own names into it
            env={"PATH": os.environ["PATH"], **self.env},
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        assert not done.returncode, done.stderr
        return done.stdout

    def tenant(self, name: str, email: str) -> Api:
        """Create a tenant as an operator would; return its API."""
        made = json.loads(
            self.manage(
                "create_tenant", "--name", name, "--owner-email", email,
                "--owner-password", PASSWORD,
            )
        )  # fmt: skip
        return Api(self.web, made["api_key"], made["slug"])

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        """Do something as a person of the emulator, or look at what the emulator saw."""
        if method == "GET":
            answer = self.telegram.get(path, params=body)
        else:
            answer = self.telegram.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def shelf(self, method: str, path: str, /, **body: Any) -> Any:
        """Move the emulated OVH's stock, prices and accounts, or look into its books."""
        if method == "GET":
            answer = self.ovh.get(path, params=body)
        else:
            answer = self.ovh.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    @property
    def url(self) -> str:
        """Address of the portal."""
        return f"http://127.0.0.1:{self.run.port}"

    def processes(self, *words: str) -> set[int]:
        """Return the process ids of this run whose command line holds all the words."""
        return with_words(self.run.mark, *words)


@dataclass
class Api:
    """The REST API with one tenant's key."""

    client: httpx.Client
    key: str
    slug: str

    def __call__(self, method: str, path: str, **body: Any) -> Any:
        """Make a call that must succeed; return its JSON."""
        answer = self.try_(method, path, **body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def try_(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Make a call that may be refused."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if method == "GET":
            return self.client.get(path, params=body or None, headers=headers)
        return self.client.request(method, path, json=body, headers=headers)

    def bot(self, token: str) -> dict[str, Any]:
        """Connect a bot with the giveaways product and switch it on."""
        bot: dict[str, Any] = self("POST", "/api/v1/bots/", token=token, products=["lottery"])
        self("POST", f"/api/v1/bots/{bot['id']}/enable/")
        return bot


@contextmanager
def running(data_dir: Path, **env: str) -> Iterator[Stack]:
    """Start everything, and stop it in the end; `env` says what differs from a fresh demo.

    A second stack in the same directory finds what the first one stored.
    """
    values = {"ENVIRONMENT": "demo", "EMULATORS": "1", "LOG_LEVEL": "WARNING"}
    values |= {"FIELD_ENCRYPTION_KEYS": FIELD_KEY, **env}
    command = [sys.executable, "manage.py", "up"]
    with (
        started(command, cwd=ROOT, data_dir=data_dir, DOTENV=os.devnull, **values) as run,
        _last_words(run),
    ):
        run.ready()
        told = {"DATA_DIR": str(data_dir), "PORT": str(run.port), **_told(run)}
        values |= {"DOTENV": os.devnull, **told}
        web = httpx.Client(base_url=f"http://127.0.0.1:{run.port}", timeout=30)
        telegram = httpx.Client(base_url=f"{values['TELEGRAM_API_URL']}/control", timeout=30)
        # a stack without emulators has none
        shelf = values.get("OVH_API_URL", "").partition("{")[0]
        ovh = httpx.Client(base_url=f"{shelf}control", timeout=30)
        with web, telegram, ovh:
            yield Stack(run, values, web, telegram, ovh)


@contextmanager
def _last_words(run: Run) -> Iterator[None]:
    """Show what the processes wrote beside whatever made the story fail."""
    try:
        yield
    except Exception as error:
        lines = run.text().splitlines()[-LAST_LINES:]
        error.add_note("\n".join(["The last that the processes wrote:", *lines]))
        raise


@contextmanager
def telegram_elsewhere() -> Iterator[str]:
    """Serve a Telegram that lives longer than one stack; yield its TELEGRAM_API_URL."""
    app = build()
    with Server(app) as server:
        yield f"{server.url}/telegram"
    app.close()


def _told(run: Run) -> dict[str, str]:
    """Return what the supervisor told its children, as the web process has it."""
    wanted = (
        *("TELEGRAM_API_URL", "OVH_API_URL", "PUBLIC_URL", "SIMULATOR_URL"),
        *("REDIS_URL", "CELERY_BROKER_URL"),
    )
    pid = min(with_words(run.mark, "gunicorn"))
    pairs = (part.partition("=") for part in Path(f"/proc/{pid}/environ").read_text().split("\0"))
    return {name: value for name, _, value in pairs if name in wanted}

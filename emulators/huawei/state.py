"""Everything the emulator knows, kept on disk when asked to."""

import secrets
import threading
import uuid
from pathlib import Path
from typing import Any

from emulators.clock import Clock
from emulators.huawei.models import Account, Job, Package, Server, Step, User
from emulators.huawei.traffic import note
from emulators.storage import Store

KEPT_JOBS = 2000
NAMESPACE = uuid.UUID("7b1d52a0-3f0e-4c6a-9a55-0e3a8f0c5d11")


class State:
    """Hold `lock` while reading or writing anything here."""

    def __init__(self, data_dir: Path | None, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.store = Store(data_dir / "huawei.sqlite3" if data_dir else None, self.lock)
        self.restore()

    def restore(self) -> None:
        """An empty world with its first settings; what is on disk stays."""
        self.lag = 3600.0  # seconds after an hour's end until billing counts it
        self.reset_delay = 0.0  # seconds after a cycle's end until billing shows the next
        self.stop_seconds, self.start_seconds, self.hard_seconds = 20.0, 15.0, 5.0
        self.soft_limit = 300.0  # seconds until a stop gives up on a guest that does not listen
        self.accounts: dict[str, Account] = {}
        self.users: dict[str, User] = {}
        self.servers: dict[str, Server] = {}
        self.packages: dict[str, Package] = {}
        self.jobs: dict[str, Job] = {}
        self._numbers: dict[str, int] = {}
        # a benchmark's world has 20,000 servers: nothing may look at each of them for a call
        self._by_project: dict[str, dict[str, Server]] = {}
        self._by_domain: dict[str, dict[str, Package]] = {}
        self._by_server: dict[str, dict[str, Package]] = {}
        self._former: dict[str, str] = {}
        self._at_work: set[str] = set()
        self.last_list: tuple[object, list[Any]] = (None, [])  # see bss.py
        self.offset = 0.0

    # -- time -----------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds by which the world lives: the clock, and what people moved it by."""
        return self.clock.time() + self.offset

    def told(self, at: float) -> float:
        """A moment as answers tell it: what people moved the world by lies in the past."""
        return at - self.offset

    def move(self, seconds: float) -> None:
        """Let time pass at once, in whole hours: traffic flows, cycles end."""
        self.settle()
        self.offset += seconds
        self.store.put("settings", "offset", self.offset)
        self.settle()

    def settle(self) -> None:
        """Finish the tasks of servers that are due, at the moment they were due."""
        now = self.now()
        for server in [self.servers[name] for name in self._at_work]:
            if server.task and server.task_due <= now:
                changed = server.status != server.task_then
                server.status, server.task, server.changed = server.task_then, "", server.task_due
                if changed:
                    note(server, server.task_due)
                self.keep_server(server)

    # -- names ----------------------------------------------------------------------------

    def number(self, name: str, first: int = 1) -> int:
        """The next number of a sequence."""
        value = self._numbers.get(name, first - 1) + 1
        self._numbers[name] = value
        self.store.put("numbers", name, value)
        return value

    @staticmethod
    def secret(length: int = 32) -> str:
        """A fresh id or key."""
        return secrets.token_hex(length)[:length]

    def uuid(self, kind: str) -> str:
        """The next id of a kind: the same ones again after a reset, as products keep them."""
        return str(uuid.uuid5(NAMESPACE, f"{kind}/{self.number(kind)}"))

    def code(self, kind: str) -> str:
        """The next id of a kind, such as `fr-5f1c…`."""
        return f"{kind}-{self.uuid(kind).replace('-', '')[:24]}"

    def package(self, name: str) -> Package:
        """A package by its id, also by one of before its renewal; raises KeyError."""
        return self.packages[name if name in self.packages else self._former[name]]

    def servers_in(self, project_id: str) -> list[Server]:
        """The servers of a project, deleted ones too."""
        return list(self._by_project.get(project_id, {}).values())

    def packages_of(self, domain_id: str) -> list[Package]:
        """An account's packages."""
        return list(self._by_domain.get(domain_id, {}).values())

    def packages_on(self, server_id: str) -> list[Package]:
        """A plan's packages."""
        return list(self._by_server.get(server_id, {}).values())

    def server(self, name: str) -> Server:
        """A server by its id or its name; raises KeyError."""
        if name in self.servers:
            return self.servers[name]
        for server in self.servers.values():
            if server.name == name:
                return server
        raise KeyError(name)

    # -- keeping --------------------------------------------------------------------------

    def keep_account(self, account: Account) -> None:
        """Add or change an account."""
        self.accounts[account.domain_id] = account
        self.store.put("accounts", account.domain_id, account)

    def keep_user(self, user: User) -> None:
        """Add or change an access key."""
        self.users[user.access_key] = user
        self.store.put("users", user.access_key, user)

    def keep_server(self, server: Server) -> None:
        """Add or change a server."""
        self._place(server)
        self.store.put("servers", server.id, server)

    def _place(self, server: Server) -> None:
        self.servers[server.id] = server
        self._by_project.setdefault(server.project_id, {})[server.id] = server
        if server.task:
            self._at_work.add(server.id)
        else:
            self._at_work.discard(server.id)

    def keep_package(self, package: Package, formerly: str = "") -> None:
        """Add or change a package; `formerly` is the id it had until now."""
        if formerly:
            for index in (
                self.packages,
                self._by_domain[package.domain_id],
                self._by_server.get(package.server_id, {}),
            ):
                index.pop(formerly, None)
            self.store.put("packages", formerly, None)
        self._shelve(package)
        self.store.put("packages", package.id, package)

    def _shelve(self, package: Package) -> None:
        self.packages[package.id] = package
        self._by_domain.setdefault(package.domain_id, {})[package.id] = package
        self._former.update(dict.fromkeys(package.former, package.id))
        if package.server_id:
            self._by_server.setdefault(package.server_id, {})[package.id] = package

    def keep_job(self, job: Job) -> None:
        """Add a job, and forget the oldest of too many."""
        self.jobs[job.id] = job
        self.store.put("jobs", job.id, job)
        while len(self.jobs) > KEPT_JOBS:
            oldest = next(iter(self.jobs))
            del self.jobs[oldest]
            self.store.put("jobs", oldest, None)

    def load(self) -> bool:
        """Read what is on disk; False when there is nothing."""
        rows = self.store.rows
        self.accounts = {key: Account(**row) for key, row in rows("accounts")}
        self.users = {key: User(**row) for key, row in rows("users")}
        for _, row in rows("servers"):
            self._place(Server(**row))
        for _, row in rows("packages"):
            self._shelve(Package(**row))
        self.jobs = {key: _job(row) for key, row in rows("jobs")}
        self._numbers = dict(rows("numbers"))
        settings: dict[str, Any] = dict(rows("settings"))
        self.offset = float(settings.get("offset", 0.0))
        self.lag = float(settings.get("lag", self.lag))
        return bool(self.accounts)


def _job(row: dict[str, Any]) -> Job:
    return Job(**{**row, "steps": [Step(**step) for step in row["steps"]]})

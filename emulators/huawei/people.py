"""What tests and people do in the emulated cloud: look, buy, and live in it."""

from collections.abc import Iterable
from typing import Any

from emulators.huawei import acts, billing
from emulators.huawei.models import GIB, Package, Server
from emulators.huawei.state import State
from emulators.huawei.traffic import sent
from emulators.huawei.world import DEMO, DemoKeys


class People:
    """Servers go by id or name, packages by id or by the server that owns them."""

    state: State

    # -- what there is ----------------------------------------------------------------------

    def server(self, name: str) -> Server:
        """A server as it is now; raises KeyError."""
        with self.state.lock:
            self.state.settle()
            return self.state.server(name)

    def package(self, name: str) -> Package:
        """A package; raises KeyError."""
        with self.state.lock:
            try:
                return self.state.package(name)
            except KeyError:
                owner = self.state.server(name).id
                return self.state.packages_on(owner)[0]

    def remaining(self, name: str) -> int:
        """Bytes left of a package by billing's count."""
        with self.state.lock:
            self.state.settle()
            return billing.remaining(self.state, self.package(name))

    def cycle(self, name: str) -> tuple[float, float]:
        """Start and end of a package's cycle, as billing shows them."""
        with self.state.lock:
            start, end = billing.current_cycle(self.state, self.package(name))
            return self.state.told(start), self.state.told(end)

    def sent(self, name: str, seconds: float) -> int:
        """Bytes a server has sent out in the last seconds."""
        with self.state.lock:
            self.state.settle()
            now = self.state.now()
            return sent(self.state.server(name), now - seconds, now)

    # -- buying -----------------------------------------------------------------------------

    def add_account(
        self,
        site: str = "intl",
        regions: Iterable[str] = ("ap-southeast-1",),
        *,
        actions: Iterable[str] = ("*",),
        name: str = "",
    ) -> DemoKeys:
        """Sign somebody up and return an access key with these rights."""
        with self.state.lock:
            account = acts.add_account(self.state, site, list(regions), name)
            return self.add_keys(account.domain_id, actions)

    def open_region(self, domain_id: str, region: str) -> None:
        """Give an account a project in another region."""
        with self.state.lock:
            account = self.state.accounts[domain_id]
            account.projects.setdefault(region, self.state.secret())
            self.state.keep_account(account)

    def add_keys(self, domain_id: str, actions: Iterable[str] = ("*",)) -> DemoKeys:
        """Another access key of an account."""
        with self.state.lock:
            user = acts.add_user(self.state, domain_id, list(actions))
            site = self.state.accounts[domain_id].site
            return DemoKeys(site, user.access_key, user.secret_key, domain_id)

    def set_actions(self, access_key: str, actions: Iterable[str]) -> None:
        """Change what an access key may do."""
        with self.state.lock:
            self.state.users[access_key].actions = list(actions)
            self.state.keep_user(self.state.users[access_key])

    def revoke(self, access_key: str) -> None:
        """Delete an access key."""
        with self.state.lock:
            del self.state.users[access_key]
            self.state.store.put("users", access_key, None)

    def add_plan(  # noqa: PLR0913 - a plan has that many sides
        self,
        domain_id: str = "",
        region: str = "ap-southeast-1",
        name: str = "",
        *,
        total_gb: float = 1024,
        left_gb: float | None = None,
        gb_per_hour: float = 0.0,
        swing: float = 0.0,
        age_days: float = 10,
    ) -> Server:
        """Buy a Flexus L plan for the demo's account unless told: a server with its package."""
        with self.state.lock:
            since = self.state.now() - age_days * 86400
            habits = acts.Habits(gb_per_hour * GIB / 3600, swing, since)
            server = acts.add_server(
                self.state, domain_id or DEMO["intl"].domain_id, region, name, habits, is_plan=True
            )
            left = None if left_gb is None else round(left_gb * GIB)
            acts.add_package(self.state, server, round(total_gb * GIB), left)
            return server

    def add_second_package(self, name: str, total_gb: float) -> Package:
        """Give a plan another package, which is used after the first."""
        with self.state.lock:
            server = self.state.server(name)
            bought = self.package(name).bought + 1
            return acts.add_package(self.state, server, round(total_gb * GIB), bought=bought)

    def add_server(
        self,
        domain_id: str = "",
        region: str = "ap-southeast-1",
        name: str = "",
        *,
        gb_per_hour: float = 0.0,
        charging: str = "0",
    ) -> Server:
        """Buy a plain server, without a package of its own."""
        with self.state.lock:
            habits = acts.Habits(gb_per_hour * GIB / 3600, charging=charging)
            owner = domain_id or DEMO["intl"].domain_id
            return acts.add_server(self.state, owner, region, name, habits)

    def add_shared_package(
        self,
        domain_id: str = "",
        region: str = "ap-southeast-1",
        *,
        total_gb: float = 500,
        left_gb: float | None = None,
        days: float = 90,
        line: str = "dynamic",
    ) -> Package:
        """Buy a package for a region; `line` is its BGP type: dynamic, static, or another one."""
        with self.state.lock:
            owner = domain_id or DEMO["intl"].domain_id
            left = None if left_gb is None else round(left_gb * GIB)
            total = round(total_gb * GIB)
            bought = acts.add_shared_package(self.state, owner, region, total, days=days, left=left)
            bought.line = line
            self.state.keep_package(bought)
            return bought

    # -- living -----------------------------------------------------------------------------

    def set_remaining(self, name: str, gigabytes: float) -> None:
        """Let billing show this now; what is sent from here on comes off it."""
        with self.state.lock:
            self.state.settle()
            billing.set_remaining(self.state, self.package(name), round(gigabytes * GIB))

    def set_rate(self, name: str, gb_per_hour: float, swing: float | None = None) -> None:
        """Let a server send this much from now on."""
        with self.state.lock:
            rate = gb_per_hour * GIB / 3600
            acts.set_rate(self.state, self.state.server(name), rate, swing)

    def use(self, name: str, gigabytes: float) -> None:
        """Send this much at once; billing counts it when the hour is over."""
        with self.state.lock:
            server = self.state.server(name)
            server.bursts.append([self.state.now(), gigabytes * GIB])
            self.state.keep_server(server)

    def switch(self, name: str, *, is_on: bool) -> None:
        """The user presses the power button: done at once."""
        with self.state.lock:
            acts.switch(self.state, self.state.server(name), is_on=is_on)

    def begin_task(self, name: str, task: str, seconds: float = 60) -> None:
        """Somebody else's `powering-off` or `powering-on` is under way."""
        with self.state.lock:
            acts.begin_task(self.state, self.state.server(name), task, seconds)

    def set_server(self, name: str, **changes: Any) -> None:
        """Change fields of a server, for example is_locked, is_unlisted, ignores_soft, tags."""
        with self.state.lock:
            server = self.state.server(name)
            for field, value in changes.items():
                getattr(server, field)  # an unknown field is an error
                setattr(server, field, value)
            self.state.keep_server(server)

    def set_account(self, domain_id: str, **changes: Any) -> None:
        """Change fields of an account, for example is_frozen or recorder_is_on."""
        with self.state.lock:
            account = self.state.accounts[domain_id]
            for field, value in changes.items():
                getattr(account, field)
                setattr(account, field, value)
            self.state.keep_account(account)

    def remove(self, name: str) -> None:
        """Delete a server."""
        with self.state.lock:
            acts.remove(self.state, self.state.server(name))

    def lose(self, name: str, polls: int = 1) -> None:
        """Let billing leave a package out for so many polls; what comes at once is one poll."""
        with self.state.lock:
            package = self.package(name)
            package.lost_polls = polls
            self.state.keep_package(package)

    def set_unit(self, name: str, measure_id: int) -> None:
        """Let billing count a package in another unit: 10 GB, 11 MB; 99 is none."""
        with self.state.lock:
            package = self.package(name)
            package.measure_id = measure_id
            self.state.keep_package(package)

    def renew(self, name: str) -> str:
        """Renew a package and return its new id."""
        with self.state.lock:
            return acts.renew(self.state, self.package(name))

    def end_cycle(self, name: str, seconds: float = 0.0) -> None:
        """Let a package's cycle end so many seconds from now."""
        with self.state.lock:
            acts.end_cycle(self.state, self.package(name), seconds)

    def move(self, hours: float) -> None:
        """Let hours pass at once while clocks stay: for people at the control page."""
        with self.state.lock:
            self.state.move(hours * 3600)

    def set_lag(self, hours: float) -> None:
        """Let billing count an hour so long after it has ended."""
        with self.state.lock:
            self.state.lag = hours * 3600
            self.state.store.put("settings", "lag", self.state.lag)

"""An account at the emulated cloud with servers and packages; a test moves time and polls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.utils import timezone

from bots.services import limits
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, OutboundHour, Package, Reading, Server, ServerPackage
from traffic_guard.services.forecasting import forecast
from traffic_guard.services.readings import polling, sums
from traffic_guard.services.readings.polling import Poll
from traffic_guard.services.readings.sums import Standing
from traffic_guard.testing import GB, make_account

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.huawei import HuaweiEmulator
    from emulators.huawei.models import Server as Cloud


class Watched:
    """One account of a tenant, its first server `web` with a package of 1,000 GB, and its clock."""

    def __init__(
        self,
        tenant: Tenant,
        emulator: HuaweiEmulator,
        clock: ManualClock,
        machine: Any,
        name: str = "Huawei",
    ) -> None:
        self.tenant, self.emulator = tenant, emulator
        self._clock, self._machine = clock, machine
        # the moment at which every test begins; from here on it stands still
        self._set(clock.time() // 60 * 60)
        keys = emulator.add_account()
        self.domain_id = keys.domain_id
        self.account: Account = make_account(
            tenant,
            name=name,
            site=keys.site,
            access_key=keys.access_key,
            secret_key=keys.secret_key,
            domain_id=keys.domain_id,
            poll_at=self.now,
        )

    def another(self, name: str) -> Self:
        """Return another account of the tenant, in the same world."""
        return type(self)(self.tenant, self.emulator, self._clock, self._machine, name)

    # --- Time

    @property
    def now(self) -> datetime:
        """The time, here and at the cloud."""
        return timezone.now()

    def _set(self, to: float) -> None:
        self._clock.advance(to - self._clock.time())
        self._machine.move_to(to, tick=False)

    def passes(self, **spans: float) -> None:
        """Let time pass."""
        self._set(self._clock.time() + timedelta(**spans).total_seconds())

    # --- The cloud

    def add_server(self, name: str = "web", **plan: Any) -> Server:
        """Buy a plan and write the server and its package, as a search leaves them."""
        values = {"total_gb": 1000, "left_gb": 500, **plan}
        bought = self.emulator.add_plan(self.domain_id, name=name, **values)
        with scope(self.tenant):
            server = self._server(bought)
            self.add_package(server, self.emulator.package(name).id)
        return server

    def add_package(self, server: Server, cloud_id: str, **fields: Any) -> Package:
        """Write a package that was never read."""
        with scope(self.tenant):
            package: Package = Package.objects.create(
                tenant=self.tenant, account=self.account, cloud_id=cloud_id, **fields
            )
            ServerPackage.objects.create(tenant=self.tenant, server=server, package=package)
        return package

    def _server(self, bought: Cloud) -> Server:
        server: Server = Server.objects.create(
            tenant=self.tenant,
            account=self.account,
            name=bought.name,
            cloud_id=bought.id,
            region=bought.region,
            project_id=bought.project_id,
            addresses=[bought.address],
        )
        return server

    # --- The poller

    def poll(self, **options: Any) -> Poll | None:
        """Read the account now, as if it were due."""
        with scope(self.tenant, transaction=False):
            polling.request(self.account.pk, self.now)
            found = polling.poll(self.account.pk, self.now, **options)
            forecast.refresh(self.account.pk, self.now)
        return found

    def fetch(self) -> Account:
        """Return the account as it is stored."""
        with scope(self.tenant):
            self.account = Account.objects.get(pk=self.account.pk)
        return self.account

    @property
    def wait(self) -> timedelta:
        """How long the account waits for its next reading."""
        at = self.fetch().poll_at
        assert at is not None
        return at - self.now

    @property
    def cycle(self) -> tuple[datetime, datetime]:
        """The cycle of the package of `web`."""
        package = self.package()
        assert package.cycle_start is not None
        assert package.cycle_end is not None
        return package.cycle_start, package.cycle_end

    @staticmethod
    def forget_calls() -> None:
        """Have nobody wait for his turn at the cloud any more."""
        limits.client().flushdb()

    def server(self, name: str = "web") -> Server:
        """Return a server as it is stored."""
        with scope(self.tenant):
            found: Server = Server.objects.get(name=name)
        return found

    def package(self, name: str = "web") -> Package:
        """Return the package in effect of a server."""
        with scope(self.tenant):
            found: Package = Package.objects.get(
                links__server__name=name, successor=None, ended_at=None
            )
        return found

    def readings(self, name: str = "web") -> list[float]:
        """Return what a server's packages had left in GB, oldest first."""
        with scope(self.tenant):
            rows = Reading.objects.filter(package__links__server__name=name).order_by("at", "pk")
            return [round(row.remaining_bytes / GB, 3) for row in rows]

    def hours(self, name: str = "web") -> dict[datetime, float]:
        """Return what the live counter saw, in GB by hour."""
        with scope(self.tenant):
            rows = OutboundHour.objects.filter(server__name=name).order_by("hour")
            return {row.hour: round(row.sent_bytes / GB, 3) for row in rows}

    def standing(self, name: str = "web", **options: Any) -> Standing:
        """Return what a server has left now."""
        with scope(self.tenant):
            return sums.standing(Server.objects.get(name=name), self.now, **options)

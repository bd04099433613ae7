"""Huawei Cloud: one account over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from traffic_guard.gateways.accounts import Finding, FoundServer, Keys, Place, Project
from traffic_guard.gateways.cloud import Throttle
from traffic_guard.gateways.huawei_accounts import Accounts
from traffic_guard.gateways.huawei_checks import Checks
from traffic_guard.gateways.huawei_metrics import Metrics
from traffic_guard.gateways.huawei_quota import Quota
from traffic_guard.gateways.huawei_servers import Servers
from traffic_guard.gateways.huawei_units import KNOWN, Units
from traffic_guard.gateways.quota import Deduction, SharedPackage, Unit, UsageAnswer
from traffic_guard.gateways.servers import Eip, Hours, Job, LiveServer
from traffic_guard.gateways.wire import Meter, Wire


def connect(keys: Keys, throttle: Throttle | None = None) -> LiveHuawei:
    """Return an account; calls nobody yet. The registry has looked at the keys."""
    return LiveHuawei(keys, throttle)


class LiveHuawei:
    """The gateway on the real APIs."""

    def __init__(self, keys: Keys, throttle: Throttle | None) -> None:
        self._keys = keys
        self._meter = Meter(throttle)
        wire = Wire(keys, self._meter)
        self._accounts = Accounts(keys, wire)
        self._quota = Quota(keys, wire)
        self._units = Units(keys, wire)
        self._metrics = Metrics(wire)
        self._servers = Servers(keys, self._meter)

    def __repr__(self) -> str:
        return f"<Huawei Cloud account of {self._keys!r}>"

    @property
    def calls(self) -> Mapping[str, int]:
        return self._meter.calls

    def domain_id(self) -> str:
        return self._accounts.domain_id()

    def projects(self) -> tuple[Project, ...]:
        return self._accounts.projects()

    def discover(self) -> tuple[FoundServer, ...]:
        return self._accounts.discover()

    def usages(self, package_ids: Sequence[str]) -> UsageAnswer:
        return self._quota.usages(package_ids)

    def shared_packages(self) -> tuple[SharedPackage, ...]:
        return self._quota.shared_packages()

    def units(self) -> dict[str, Unit]:
        return self._units.units()

    def known_units(self) -> dict[str, Unit]:
        return dict(KNOWN)

    def deductions(
        self, package_id: str, since: datetime, until: datetime
    ) -> tuple[Deduction, ...]:
        return self._quota.deductions(package_id, since, until)

    def servers(self, place: Place) -> tuple[LiveServer, ...]:
        return self._servers.servers(place)

    def states(self, place: Place, server_ids: Sequence[str]) -> dict[str, LiveServer]:
        return self._servers.states(place, server_ids)

    def stop(self, place: Place, server_ids: Sequence[str], *, hard: bool = False) -> str:
        return self._servers.stop(place, server_ids, hard=hard)

    def start(self, place: Place, server_ids: Sequence[str]) -> str:
        return self._servers.start(place, server_ids)

    def reboot(self, place: Place, server_ids: Sequence[str], *, hard: bool = False) -> str:
        return self._servers.reboot(place, server_ids, hard=hard)

    def job(self, place: Place, job_id: str) -> Job:
        return self._servers.job(place, job_id)

    def addresses(self, place: Place) -> tuple[Eip, ...]:
        return self._metrics.addresses(place)

    def outbound(
        self, place: Place, eips: Sequence[Eip], since: datetime, until: datetime
    ) -> dict[str, Hours]:
        return self._metrics.outbound(place, eips, since, until)

    def check(self, place: Place | None = None) -> tuple[Finding, ...]:
        return Checks(self._accounts, self._quota, self._servers, self._metrics).run(place)

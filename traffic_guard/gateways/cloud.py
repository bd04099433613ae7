"""A cloud as the traffic guard uses it: one account behind `CloudProvider`.

Amounts are Decimal in the unit named beside them, traffic is in bytes, times are aware. Every
method raises what errors.py names and nothing else. The wire calls named are Huawei Cloud's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from traffic_guard.gateways.accounts import (
    Charging,
    Finding,
    FoundServer,
    Keys,
    Place,
    Project,
    masked,
)
from traffic_guard.gateways.errors import Busy, CloudError, Kind, Refused, Unreachable
from traffic_guard.gateways.quota import Deduction, SharedPackage, Unit, Usage, UsageAnswer
from traffic_guard.gateways.servers import (
    Eip,
    Hours,
    Job,
    JobState,
    LiveServer,
    Power,
    ServerResult,
)

__all__ = [
    "Busy",
    "Charging",
    "CloudError",
    "CloudProvider",
    "Deduction",
    "Eip",
    "Finding",
    "FoundServer",
    "Hours",
    "Job",
    "JobState",
    "Keys",
    "Kind",
    "LiveServer",
    "Place",
    "Power",
    "Project",
    "Refused",
    "ServerResult",
    "SharedPackage",
    "Throttle",
    "Unit",
    "Unreachable",
    "Usage",
    "UsageAnswer",
    "masked",
]

# called with (api, route) before each HTTP request; it may wait, or raise Busy
Throttle = Callable[[str, str], None]


class CloudProvider(Protocol):
    """One account of a cloud. Build it inside the task that uses it, never before a fork."""

    @property
    def calls(self) -> Mapping[str, int]:
        """HTTP requests that were sent so far, by api."""

    def domain_id(self) -> str:
        """Return the account's own id. IAM `GET /v3/auth/domains` unless the keys name it."""

    def projects(self) -> tuple[Project, ...]:
        """Return the regions that the account can use. IAM `GET /v3/projects`."""

    def discover(self) -> tuple[FoundServer, ...]:
        """Return the plans that own traffic packages, deleted ones too; may lag by a day.

        Config `GET /v1/resource-manager/domains/{domain_id}/all-resources`, all pages. An empty
        answer may mean that the tenant's resource recorder is off.
        """

    def usages(self, package_ids: Sequence[str]) -> UsageAnswer:
        """Return what is left of packages, 100 to a call.

        BSS `POST /v2/payments/free-resources/usages/details/query`. An id without an answer is
        asked for alone: another single id that comes back then is its successor.
        """

    def shared_packages(self) -> tuple[SharedPackage, ...]:
        """Return packages in effect or used up, of any unit: judge by it which are of traffic.

        BSS `POST /v3/payments/free-resources/query`, all pages. Those of plans are among them;
        those bought for one enterprise project are not.
        """

    def units(self) -> dict[str, Unit]:
        """Return units by their id; to be kept for days.

        BSS `GET /v2/bases/measurements` and `GET /v2/bases/conversions`.
        """

    def known_units(self) -> dict[str, Unit]:
        """Return the few units that are certain, for when `units` gives no answer. No call."""

    def deductions(
        self, package_id: str, since: datetime, until: datetime
    ) -> tuple[Deduction, ...]:
        """Return what was booked on a package, oldest first, in spans of at most 90 days.

        BSS `GET /v2/bills/customer-bills/free-resources-usage-records`, all pages.
        """

    def servers(self, place: Place) -> tuple[LiveServer, ...]:
        """Return every server of a place. ECS `GET /v1/{project_id}/cloudservers/detail`."""

    def states(self, place: Place, server_ids: Sequence[str]) -> dict[str, LiveServer]:
        """Return servers as they are now, by id, 100 to a call; an id may be absent.

        The same call with `server_id`; one that the cloud does not know is GONE.
        """

    def stop(self, place: Place, server_ids: Sequence[str], *, hard: bool = False) -> str:
        """Ask for a stop of 1 to 100 servers and return the job's id. `hard` cuts the power.

        ECS `POST /v1/{project_id}/cloudservers/action`. Success of the call is no stop: read the
        job, and the servers' state.
        """

    def start(self, place: Place, server_ids: Sequence[str]) -> str:
        """Ask for a start of 1 to 100 servers and return the job's id. Same call."""

    def reboot(self, place: Place, server_ids: Sequence[str], *, hard: bool = False) -> str:
        """Ask for a reboot of 1 to 100 servers and return the job's id. Same call."""

    def job(self, place: Place, job_id: str) -> Job:
        """Return how far a job is. ECS `GET /v1/{project_id}/jobs/{job_id}`."""

    def addresses(self, place: Place) -> tuple[Eip, ...]:
        """Return the public addresses of a place. VPC `GET /v3/{project_id}/eip/publicips`."""

    def outbound(
        self, place: Place, eips: Sequence[Eip], since: datetime, until: datetime
    ) -> dict[str, Hours]:
        """Return the bytes that addresses sent out, by hour, by EIP id; nearly live.

        CES `POST /V1.0/{project_id}/batch-query-metric-data`. The running hour is not whole.
        Hours without a figure are absent: the server was off, or nothing is known.
        """

    def check(self, place: Place | None = None) -> tuple[Finding, ...]:
        """Try each right that the guard needs, harmlessly; `place` names where to look for servers.

        Stop and start cannot be tried without effect: their `is_granted` is None. Raises Refused
        where the keys themselves are not accepted.
        """

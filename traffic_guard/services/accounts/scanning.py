"""Asks a cloud which servers, packages and addresses an account has; writes nothing.

Each part is asked for by itself. What was not answered is absent from the scan, and absent is
never the same as empty: what is known of it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from traffic_guard.gateways.cloud import (
    Busy,
    CloudError,
    CloudProvider,
    Eip,
    FoundServer,
    Kind,
    LiveServer,
    Place,
    Power,
    Refused,
    SharedPackage,
)
from traffic_guard.models import Account
from traffic_guard.services.accounts.access import Connect

T = TypeVar("T")
# a lack of rights is the check's to tell; a region may be closed to an account
TOLERATED = frozenset({Kind.DENIED, Kind.NOT_FOUND, Kind.OTHER})


@dataclass(slots=True)
class Scan:
    """What a cloud answered; None or absent: it did not.

    `plans` own their packages; `live` and `eips` are by place; `shared` are packages of traffic.
    `errors` are calls that may succeed later.
    """

    plans: tuple[FoundServer, ...] | None = None
    live: dict[Place, tuple[LiveServer, ...]] = field(default_factory=dict)
    eips: dict[Place, tuple[Eip, ...]] = field(default_factory=dict)
    shared: tuple[SharedPackage, ...] | None = None
    errors: list[CloudError] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing stayed without an answer that may come later."""
        return not self.errors


def scan(account: Account, known: Iterable[Place], connect: Connect) -> Scan:
    """Return what the cloud says an account has; `known` are places with servers of it.

    Raises:
        CloudError: it does not take the keys.
    """
    found = Scan()
    cloud = connect(account)
    found.plans = _asked(found, cloud.discover)
    for place in _places(account, found, known):
        if (servers := _asked(found, cloud.servers, place)) is not None:
            found.live[place] = tuple(one for one in servers if one.power is not Power.GONE)
    # only where there is somebody to have an address
    for place in sorted(_used(found, known), key=lambda one: (one.region, one.project_id)):
        if (eips := _asked(found, cloud.addresses, place)) is not None:
            found.eips[place] = eips
    found.shared = _shared(found, cloud)
    return found


def _places(account: Account, found: Scan, known: Iterable[Place]) -> list[Place]:
    """Return where servers may be: each region of the account, and where plans and servers are."""
    regions = (Place(one["region"], one["project_id"]) for one in account.projects)
    plans = (plan.place for plan in found.plans or () if not plan.is_deleted)
    places = dict.fromkeys((*regions, *plans, *known))
    return [place for place in places if place.region and place.project_id]


def _used(found: Scan, known: Iterable[Place]) -> set[Place]:
    live = {place for place, servers in found.live.items() if servers}
    plans = {plan.place for plan in found.plans or () if plan.server_id and not plan.is_deleted}
    return {place for place in live | plans | {*known} if place.region and place.project_id}


def _shared(found: Scan, cloud: CloudProvider) -> tuple[SharedPackage, ...] | None:
    """Return the packages of traffic; the unit of one that is unknown may be of traffic too."""
    packages = _asked(found, cloud.shared_packages)
    if not packages:
        return packages
    units = _asked(found, cloud.units)
    if units is None:
        return None
    other = {unit.unit_id for unit in units.values() if unit.bytes is None}
    return tuple(one for one in packages if one.unit_id not in other)


def _asked(found: Scan, ask: Callable[..., T], *args: Place) -> T | None:
    """Return an answer; None where there is none now, or the keys may not ask.

    Raises:
        Refused: the keys are not taken at all.
    """
    try:
        return ask(*args)
    except Refused as refused:
        if refused.kind not in TOLERATED:
            raise
    except CloudError as error:
        found.errors.append(error)
    return None


def wait_of(found: Scan) -> float:
    """Return the seconds that the cloud asked us to wait, 0 where it named none."""
    return max((one.retry_after for one in found.errors if isinstance(one, Busy)), default=0.0)

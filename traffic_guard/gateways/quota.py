"""What a cloud says of traffic packages. Amounts are Decimal in the unit named by `unit_id`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Usage:
    """What is left of a package in its running cycle; None is unknown, never zero.

    `package_id` differs from `asked_id` where a renewed package has taken over. `line` is the type
    of addresses that it pays for, as SharedPackage has it.
    """

    asked_id: str
    package_id: str
    name: str
    usage_name: str
    remaining: Decimal | None
    total: Decimal | None
    unit_id: str
    cycle_start: datetime | None
    cycle_end: datetime | None
    is_resetting: bool
    line: str = ""


@dataclass(frozen=True, slots=True)
class UsageAnswer:
    """Answers to a query; `missing` are the ids that did not come back: unknown, never 0 left."""

    usages: tuple[Usage, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedPackage:
    """A package of a region that no server owns alone.

    `status`: 0 not yet in effect, 1 in effect, 2 used up, 3 expired, 4 unsubscribed.
    `scope_id` is the enterprise project that may use it, "" for all. `line` is the type of
    addresses that it pays for, in the cloud's word; "" unknown: it is added to no other.
    """

    package_id: str
    name: str
    usage_name: str
    region: str
    remaining: Decimal | None
    total: Decimal | None
    unit_id: str
    effective_at: datetime | None
    expires_at: datetime | None
    status: int
    order_id: str = ""
    service: str = ""
    is_resetting: bool = False
    scope_id: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure; `bytes` None: not one of traffic, or not known. Never act on those."""

    unit_id: str
    name: str
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Deduction:
    """One booking on a package: `resource_id` used `used` of it, `after` was left."""

    at: datetime
    package_id: str
    resource_id: str
    resource_type: str
    before: Decimal | None
    used: Decimal | None
    after: Decimal | None
    unit_id: str

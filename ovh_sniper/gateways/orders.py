"""Orders after the checkout, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class OrderStatus(StrEnum):
    """How far an order is; a word that OVH adds later is `unknown`."""

    NOT_PAID = "notPaid"
    CHECKING = "checking"
    DOCUMENTS_REQUESTED = "documentsRequested"  # OVH waits for identity papers
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether the order will never change again."""
        return self in (OrderStatus.DELIVERED, OrderStatus.CANCELLED)


class RetractionReason(StrEnum):
    """The words that OVH takes as a reason."""

    COMPETITOR = "competitor"
    DIFFICULTY = "difficulty"
    EXPENSIVE = "expensive"
    OTHER = "other"
    PERFORMANCE = "performance"
    RELIABILITY = "reliability"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Order:
    """An order. An unpaid one is cancelled at `expires_at`, 24 hours after it was made."""

    id: int
    ordered_at: datetime
    expires_at: datetime | None
    retractable_until: datetime | None
    currency: str
    without_tax: Decimal
    tax: Decimal
    with_tax: Decimal
    url: str = field(repr=False)  # may hold the order's password: for its owner only


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of an order, without tax; `service` is empty until the server is delivered."""

    id: int
    description: str
    kind: str
    quantity: int
    total: Decimal
    plan_code: str
    service: str
    datacenter: str  # of a server's own lines, empty elsewhere and where OVH does not say


@dataclass(frozen=True, slots=True)
class FollowUpEvent:
    """Something that happened in a step."""

    at: datetime
    label: str
    description: str


@dataclass(frozen=True, slots=True)
class FollowUpStep:
    """A step (VALIDATING, VALIDATED, DELIVERING, AVAILABLE); it lags behind the status."""

    name: str
    status: str  # TODO, DOING, DONE or ERROR
    events: tuple[FollowUpEvent, ...]


def service_name(lines: tuple[OrderLine, ...], plan_code: str) -> str:
    """Return the name of the delivered server of a plan, empty before delivery."""
    named = (line.service for line in lines if line.plan_code == plan_code and line.service)
    return next(named, "")

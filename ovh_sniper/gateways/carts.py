"""Carts, quotes and the order that a checkout leaves, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart. Whoever knows its id can edit it: the id is a secret."""

    id: str = field(repr=False)
    description: str
    expires_at: datetime | None
    item_ids: tuple[int, ...]
    # OVH's mark on a cart that was checked out; it can never be checked out again
    is_ordered: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a cart: a server, or an option of one."""

    id: int
    plan_code: str
    duration: str  # ISO 8601, such as P1M
    mode: str  # default, upfront12, ...
    quantity: int
    parent_id: int | None
    option_ids: tuple[int, ...]
    # ids of the labels that are set; a label is never changed, only set anew under another id
    setting_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """A label to configure, with what OVH takes for it (empty: free text).

    `is_required` is not to be trusted: `dedicated_datacenter` says False, yet the checkout fails
    without it.
    """

    label: str
    is_required: bool
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """An addon that a server can have, without tax; None where OVH names no monthly price.

    A mandatory family that is left out is filled with OVH's default hardware, silently.
    """

    family: str
    plan_code: str
    name: str
    is_mandatory: bool
    is_exclusive: bool
    monthly: Decimal | None


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A line of a quote or an order, without tax."""

    item_id: int | None
    description: str
    kind: str  # INSTALLATION, DURATION, ... as OVH says
    quantity: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """What a cart costs now."""

    lines: tuple[QuoteLine, ...]
    currency: str
    without_tax: Decimal
    tax: Decimal
    with_tax: Decimal


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that exists. Its address may hold the order's password: for its owner only."""

    order_id: int
    url: str = field(repr=False)
    quote: Quote

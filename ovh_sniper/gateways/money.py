"""OVH's amounts as Decimal: integers in 1e-8 of the currency, never floats."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

CENT = Decimal("0.01")


def from_ucents(amount: int) -> Decimal:
    """Return the amount of an integer in 1e-8 units (89.99 is 8999000000), whole cents as such."""
    exact = Decimal(int(amount)).scaleb(-8)
    cents = exact.quantize(CENT)
    return cents if cents == exact else exact


def from_price(price: Mapping[str, Any]) -> Decimal:
    """Return the amount of a price object; `value`, a decimal for display, where nothing else is.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: it is no price.
    """
    ucents = price.get("priceInUcents")
    return from_ucents(ucents) if ucents is not None else Decimal(str(price["value"]))

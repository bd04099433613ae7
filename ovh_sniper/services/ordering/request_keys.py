"""Requests that programs repeat until they are answered: the same key is the same order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from ovh_sniper.models import Order

# with a number and a mark behind it, it fits Order.request_key
LONGEST = 74
OF_SUCCESSORS = re.compile(r">\d+$")


def of_header(text: str) -> str:
    """Return an order's `request_key` for the key that a program names its request by.

    Two long keys that begin alike stay two, and none is that of a press or a command.
    """
    return f"api:{hashlib.sha256(text.encode()).hexdigest()}"


def numbered(request_key: str, quantity: int) -> list[str]:
    """Return the key of each order of a request; "" for each where it has none."""
    if not request_key:
        return [""] * quantity
    if len(request_key) > LONGEST:
        request_key = hashlib.sha256(request_key.encode()).hexdigest()
    return [f"{request_key}#{number}" for number in range(quantity)]


def successor(request_key: str, left: int) -> str:
    """Return the key of the order that takes a refused one's place, `left` places before the end.

    "" where the refused one has none.
    """
    return f"{OF_SUCCESSORS.sub('', request_key)}>{left}" if request_key else ""


def is_same(orders: Sequence[Order], *, quantity: int, **terms: Any) -> bool:
    """Tell whether these orders of a key, as `by_hand.order_plan` returns them, are those wanted.

    `terms` are fields of each. A program that uses a key for something else must not take the old
    order for the new one.
    """
    if len(orders) != quantity:
        return False
    start = orders[0].request_key.rpartition("#")[0]
    more = Order.objects.filter(request_key=f"{start}#{quantity}")
    return not more.exists() and all(
        getattr(order, name) == value for order in orders for name, value in terms.items()
    )

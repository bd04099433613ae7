"""Orders as a table for spreadsheets: the spend audit, line by line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ovh_sniper.models import Order

COLUMNS = (
    "id",
    "wanted_at",
    "state",
    "reason",
    "detail",
    "account",
    "wish",
    "source",
    "requested_by",
    "plan_code",
    "configuration",
    "datacenter",
    "ovh_order_id",
    "due_now",
    "renewal",
    "currency",
    "cap_due_now",
    "cap_renewal",
    "ordered_at",
    "ended_at",
    "service_name",
)
# What makes spreadsheets calculate a cell instead of showing it.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Spreadsheets take a file for UTF-8 only with this in front.
MARK = "\ufeff"


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


def lines(orders: Iterable[Order], zone: ZoneInfo) -> Iterator[str]:
    """Yield the lines of the table, times on the clocks of a zone; no secret stands in it."""
    writer = csv.writer(_Line())
    yield MARK + str(writer.writerow(COLUMNS))
    for order in orders:
        yield str(writer.writerow([_cell(value, zone) for value in _values(order)]))


def _values(order: Order) -> tuple[Any, ...]:
    return (
        order.public_id,
        order.created_at,
        order.state,
        order.reason,
        order.detail,
        order.account.name,
        str(order.wish) if order.wish is not None else "",
        order.source,
        order.requested_by,
        order.plan_code,
        order.fqn,
        order.datacenter,
        order.ovh_order_id,
        order.due_now,
        order.renewal,
        order.currency,
        order.cap_due_now,
        order.cap_renewal,
        order.checkout_at,
        order.ended_at,
        order.service_name,
    )


def _cell(value: Any, zone: ZoneInfo) -> str:
    """Return a value as a cell; what somebody typed never becomes a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, Decimal | int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text

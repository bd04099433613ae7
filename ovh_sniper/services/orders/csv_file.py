"""Orders as a table for spreadsheets: the spend audit, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from ovh_sniper.models import Order
from tenants import spreadsheets

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


def lines(orders: Iterable[Order], zone: ZoneInfo) -> Iterator[str]:
    """Return the lines of the table, times on the clocks of a zone; no secret stands in it."""
    return spreadsheets.lines(COLUMNS, map(_values, orders), zone)


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

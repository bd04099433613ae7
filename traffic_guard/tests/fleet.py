"""Servers as a poll and the guard leave them behind, for pages to show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, Server
from traffic_guard.testing import GB, make_package, make_server


def make_known(
    account: Account,
    name: str,
    *,
    left: float,
    total: float = 1000,
    rate: float = 0,
    read_ago: timedelta = timedelta(minutes=5),
    **fields: Any,
) -> Server:
    """Write a server with its package and what its row says of it; GB, and GB an hour."""
    now = timezone.now()
    server = make_server(account, name, **fields)
    package = make_package(server, left=left, total=total, read_at=now - read_ago)
    hours = left / rate if rate else None
    ends_at = now + timedelta(hours=hours or 0)
    is_short = hours is not None and package.cycle_end is not None and ends_at < package.cycle_end
    values = {
        "remaining_bytes": package.remaining_bytes,
        "total_bytes": package.total_bytes,
        "percent_left": 100 * left / total,
        "cycle_start": package.cycle_start,
        "cycle_end": package.cycle_end,
        "read_at": package.read_at,
        "burn_rate": rate * GB,
        "runs_out_at": ends_at if is_short else None,
    }
    with scope(account.tenant_id):
        Server.objects.filter(pk=server.pk).update(**values)
        found: Server = Server.objects.select_related("account").get(pk=server.pk)
    return found


def make_plan(server: Server, at: datetime | None = None, **fields: Any) -> PlannedStop:
    """Write a stop that waits for its grace period."""
    at = at or timezone.now() + timedelta(minutes=30)
    with scope(server.tenant_id):
        plan: PlannedStop = PlannedStop.objects.create(
            tenant_id=server.tenant_id,
            server=server,
            cycle_end=server.cycle_end or at + timedelta(days=9),
            execute_at=at,
            due_at=at,
            **fields,
        )
    return plan

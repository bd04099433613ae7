"""Planned stops and settled actions as the guard leaves them, and the messages about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bots.models import Bot, OutboxMessage
from bots.testing import Someone
from tenants.ids import public_id
from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, PowerAction, Server
from traffic_guard.services.telling import actions, alerts, stops
from traffic_guard.services.telling.alerts import Raised
from traffic_guard.testing import make_package, make_server
from traffic_guard.tests.chatting import sent_to

State = PlannedStop.State


def low_server(account: Any, name: str = "web-1", *, left: float = 8, **fields: Any) -> Server:
    """Write a running server with little left of 1,000 GB, as a poll leaves its figures."""
    now = timezone.now()
    values = {
        "cloud_id": public_id(),
        "percent_left": left / 10,
        "burn_rate": 2.0 * 1024**3,
        "runs_out_at": now + timedelta(hours=left / 2),
        "cycle_end": now + timedelta(days=20),
        "read_at": now,
        **fields,
    }
    server = make_server(account, name, **values)
    package = make_package(server, left=left, cloud_id=public_id())
    for field in ("remaining_bytes", "total_bytes"):
        setattr(server, field, getattr(package, field))
    with scope(account.tenant_id):
        server.save(update_fields=["remaining_bytes", "total_bytes"])
    return server


def make_plan(server: Server, *, minutes: int = 30, **fields: Any) -> PlannedStop:
    """Write a stop that happens in so many minutes; nobody was told."""
    at = timezone.now() + timedelta(minutes=minutes)
    values = {"cycle_end": server.cycle_end, "execute_at": at, "due_at": at, **fields}
    with scope(server.tenant_id):
        plan: PlannedStop = PlannedStop.objects.create(
            tenant_id=server.tenant_id, server=server, **values
        )
    return plan


def announced(*servers: Server, **fields: Any) -> list[PlannedStop]:
    """Plan stops of servers, and tell of them as one run does."""
    plans = [make_plan(server, **fields) for server in servers]
    with scope(servers[0].tenant_id):
        stops.planned(plans)
    return plans


def make_action(
    server: Server, kind: str = "stop", state: str = "done", **fields: Any
) -> PowerAction:
    """Write an action that is settled; nobody was told."""
    values = {
        "origin": PowerAction.Origin.GUARD,
        "request_key": public_id(),
        "settled_at": timezone.now(),
        "cycle_end": server.cycle_end,
        **fields,
    }
    with scope(server.tenant_id):
        action: PowerAction = PowerAction.objects.create(
            tenant_id=server.tenant_id, server=server, kind=kind, state=state, **values
        )
    return action


def tell(account: Account, *items: Raised) -> None:
    """Tell of what one look at an account raised."""
    with scope(account.tenant_id):
        alerts.raised(account, items, timezone.now())


def settle(found: Sequence[PowerAction], now: datetime | None = None) -> None:
    """Tell what became of actions."""
    with scope(found[0].tenant_id):
        actions.settled(found, now)


def fresh(plan: PlannedStop) -> PlannedStop:
    """Return a plan as it is stored."""
    with scope(plan.tenant_id):
        found: PlannedStop = PlannedStop.objects.select_related("server").get(pk=plan.pk)
    return found


def posts(bot: Bot, someone: Someone | int) -> list[OutboxMessage]:
    """Return the messages that the bot sent somebody by itself, each as it was first."""
    return [one for one in sent_to(bot, someone) if one.method == "sendMessage" and one.slot]


def shown(bot: Bot, someone: Someone | int) -> OutboxMessage:
    """Return the last of them as it reads now: its last edit, or itself."""
    return [one for one in sent_to(bot, someone) if one.slot][-1]

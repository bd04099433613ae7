"""The protect list: servers that are never stopped automatically."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import PlannedStop, PowerAction, Server
from traffic_guard.services.guarding import decisions, planning
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.telling import preferences, stops


def protect(server: Server, *, on: bool, by: Actor, now: datetime) -> bool:
    """Protect a server, or lift that; False: it was so already. Its planned stop is called off.

    Needs the tenant's open scope, in a transaction. A stop that was sent goes on: nothing can take
    it back.
    """
    preferences.take_turn(server.tenant_id)
    mine = Server.objects.filter(pk=server.pk, is_protected=not on)
    name = (by.name or by.kind)[:120] if on else ""
    is_new = bool(mine.update(is_protected=on, protected_by=name))
    if is_new:
        server.is_protected, server.protected_by = on, name
        code = Event.PROTECTED_BY if on else Event.UNPROTECTED_BY
        decisions.note(server, code, now, actor=by.name)
        act = "protected" if on else "unprotected"
        audit.record(f"traffic_server.{act}", actor=by, target=server)
    if on:
        call_off_all([server], "protected", by, now)
    return is_new


def call_off_all(servers: list[Server] | None, reason: str, by: Actor, now: datetime) -> None:
    """Call off every automatic stop that can still be; None: of all servers of the open scope."""
    open_ones = Q(state__in=PlannedStop.OPEN)
    unsent_ones = Q(
        state=PlannedStop.State.EXECUTED,
        action__state=PowerAction.State.INTENDED,
        action__attempts=0,
    )
    found = PlannedStop.objects.filter(open_ones | unsent_ones)
    if servers is not None:
        found = found.filter(server__in=servers)
    called_off = [
        planning.call_off(plan, reason, by=by, now=now)
        for plan in found.select_related("server", "action").order_by("pk")
    ]
    stops.all_changed([plan for plan in called_off if plan is not None], now)

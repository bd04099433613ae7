"""Rests of the automatic stops: of one server, or of all of a tenant's."""

from __future__ import annotations

from datetime import datetime

from tenants import scoping
from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import Preferences, Server
from traffic_guard.services.guarding import decisions, protecting
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.telling import preferences


def pause_server(server: Server, until: datetime | None, *, by: Actor, now: datetime) -> None:
    """Stop a server automatically no sooner than `until`; None: again from now on.

    Needs the tenant's open scope, in a transaction. "Skip this cycle" is lifted with it.
    """
    preferences.take_turn(server.tenant_id)
    changes = {"paused_until": until}
    if until is None:
        changes["skipped_cycle_end"] = None
    Server.objects.filter(pk=server.pk).update(**changes)
    for name, value in changes.items():
        setattr(server, name, value)
    code = Event.UNPAUSED_BY if until is None else Event.PAUSED_BY
    said = None if until is None else until.isoformat()
    decisions.note(server, code, now, actor=by.name, until=said)
    audit.record("traffic_server.paused", actor=by, target=server, until=said)
    if until is not None:
        protecting.call_off_all([server], "paused", by, now)


def pause_all(until: datetime, *, by: Actor, now: datetime) -> Preferences:
    """Stop nothing of the open scope's tenant automatically before `until`."""
    found = _set(until)
    protecting.call_off_all(None, "paused", by, now)
    audit.record("traffic_guard.paused", actor=by, until=until.isoformat())
    return found


def resume_all(*, by: Actor, now: datetime) -> Preferences:
    """Let the guard of the open scope's tenant act again; what is below is looked at anew."""
    del now
    found = _set(None)
    audit.record("traffic_guard.resumed", actor=by)
    return found


def _set(until: datetime | None) -> Preferences:
    tenant_id = scoping.current()
    if tenant_id is None:
        raise scoping.ScopeError("Pausing needs a tenant's scope.")
    found = preferences.take_turn(tenant_id)
    Preferences.objects.filter(pk=found.pk).update(paused_until=until)
    found.paused_until = until
    return found

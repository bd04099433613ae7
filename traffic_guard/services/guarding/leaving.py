"""Servers that are no longer guarded: taken off the list, or of an account that is disconnected.

Both need the tenant's open scope, in a transaction. Stops that were planned for them are given up
at once, and the messages that speak of those are made true.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from tenants.services.audit import Actor
from traffic_guard.models import Account, PlannedStop, Server
from traffic_guard.services.accounts import linking, manual
from traffic_guard.services.accounts.access import SECRETS
from traffic_guard.services.guarding import plans
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.telling import preferences, stops

KEYS = tuple(f"server__account__{name}" for name in SECRETS)


def hide(server: Server, *, actor: Actor, now: datetime) -> bool:
    """Take a server off the list: it is no longer watched, and never stopped. False: it was."""
    preferences.take_turn(server.tenant_id)
    if not manual.hide(server, actor=actor, now=now):
        return False
    _give_up(PlannedStop.objects.filter(server=server), Verdict.HIDDEN, now)
    return True


def disconnect(account: Account, actor: Actor, now: datetime) -> bool:
    """Stop using an account and delete its keys; its history stays. False: it was disconnected.

    Raises:
        linking.InUse: what became of a stop or start is being looked up, which takes working keys.
    """
    if not linking.disconnect(account, actor, now):
        return False
    preferences.take_turn(account.tenant_id)
    _give_up(PlannedStop.objects.filter(server__account=account), Verdict.LEFT, now)
    return True


def _give_up(rows: QuerySet[PlannedStop], why: Verdict, now: datetime) -> None:
    waiting = rows.filter(state__in=PlannedStop.OPEN).select_related("server__account")
    dropped = [plan for plan in waiting.defer(*KEYS).order_by("pk") if plans.drop(plan, why, now)]
    if dropped:
        stops.all_changed(dropped, now)

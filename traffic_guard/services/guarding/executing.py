"""Carries planned stops out when their time has come, after everything was looked at again.

A fresh reading and a fresh live state are asked for first. What is unknown then stops nothing: the
plan waits a while, and is given up. What holds becomes an intent in the same transaction that ends
the plan, so a stop is ordered once, and sending.py does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tenants.scoping import unscoped
from traffic_guard.gateways.cloud import CloudError
from traffic_guard.models import Account, PlannedStop, Server
from traffic_guard.services.accounts import access
from traffic_guard.services.accounts.access import Connect
from traffic_guard.services.guarding import states
from traffic_guard.services.guarding.claims import HOLD, Clock, Key
from traffic_guard.services.guarding.deciding import FRESH, Decider
from traffic_guard.services.policies import intervals
from traffic_guard.services.readings import polling
from traffic_guard.services.telling import accounts as telling

EXECUTE = "traffic_guard.tasks.guarding.execute"


def due(now: datetime, limit: int) -> list[Key]:
    """Return (tenant id, account id) of accounts with planned stops whose time has come."""
    with unscoped("the clock looks for planned stops of all tenants"):
        rows = PlannedStop.objects.filter(_due(now)).order_by("tenant_id", "server__account_id")
        return list(rows.values_list("tenant_id", "server__account_id").distinct()[:limit])


def execute(
    account_id: int, *, clock: Clock = timezone.now, connect: Connect = access.provider_of
) -> list[PlannedStop]:
    """Carry out, put off or give up the due stops of an account; return those that changed.

    Needs the tenant's scope without a transaction: it calls the cloud. Plans that another worker
    holds are left alone.
    """
    account = access.load(account_id)
    mine = _claim(account, clock())
    if not mine:
        return []
    _refresh(account, mine, clock, connect)
    with transaction.atomic():
        return Decider(account, mine, clock).run()


def _due(now: datetime) -> Q:
    return Q(state__in=PlannedStop.OPEN, due_at__isnull=False, due_at__lte=now)


def _claim(account: Account, now: datetime) -> list[PlannedStop]:
    hold = now + HOLD
    rows = PlannedStop.objects.filter(_due(now), server__account=account).order_by("pk")
    mine = []
    for plan in rows:
        if PlannedStop.objects.filter(_due(now), pk=plan.pk).update(due_at=hold):
            plan.due_at = hold
            mine.append(plan)
    return mine


def _refresh(account: Account, mine: Sequence[PlannedStop], clock: Clock, connect: Connect) -> None:
    """Ask for what is left and for the live states; where that fails, they just stay old."""
    now = clock()
    servers = list(Server.objects.filter(pk__in=[plan.server_id for plan in mine]))
    for server in servers:
        server.account = account
    if any(one.read_at is None or one.read_at < now - FRESH for one in servers):
        _read(account, now, connect)
    try:
        states.look(connect(account), servers, clock())
    except CloudError:
        return  # `power_at` shows it


def _read(account: Account, now: datetime, connect: Connect) -> None:
    if polling.request(account.pk, now):
        polling.poll(
            account.pk,
            now,
            interval_of=intervals.of_account,
            connect=connect,
            tell=telling.news,
        )

"""Which accounts are read next: a tenant with a thousand delays nobody who has one.

Of everything that is due each tenant gets one turn before any gets a second, and who was served
longest ago goes first. No more is handed out than the clouds' limit takes until the next tick, so
that no queue grows in which a big tenant stands ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from bots.services.limits import Away, client
from tenants.models import Tenant
from tenants.scoping import unscoped
from traffic_guard.models import Account
from traffic_guard.services.accounts import limiter
from traffic_guard.services.readings import pacing
from traffic_guard.services.readings.pacing import READABLE, SHARE

Key = tuple[int, int]  # tenant id, account id
# when each tenant was served last, by Redis; lost with it, and then the longest overdue comes first
SERVED = "botharbor:traffic:served"
KEPT_SECONDS = 86_400
ACTIVE = Tenant.State.ACTIVE
# nothing was read so long from now, unless this machine's clock was wrong; longer than a hold
ODD = timedelta(minutes=5)


def claimable(account_id: int, now: datetime) -> QuerySet[Account]:
    """Return the account if it is due, to claim it with an UPDATE."""
    rows: QuerySet[Account] = Account.objects.filter(READABLE, _is_due(now), pk=account_id)
    return rows


def _is_due(now: datetime) -> Q:
    """Return which accounts' turn has come; one that was read in the future has a wrong turn."""
    ahead = now + ODD
    return Q(poll_at__lte=now) | Q(poll_at__gt=ahead, polled_at__gt=ahead)


def due(now: datetime, limit: int, provider: str = "") -> list[Key]:
    """Return (tenant id, account id) of accounts that are due, in fair order; notes their turn.

    As many as make about `limit` calls to one API; of one cloud, or of all.
    """
    if limit < 1:
        return []
    of_cloud = Q(provider=provider) if provider else Q()
    with unscoped("the clock looks for accounts of all tenants"):
        rows = (
            Account.objects.filter(READABLE, of_cloud, _is_due(now), tenant__state=ACTIVE)
            .annotate(
                turn=Window(RowNumber(), partition_by=F("tenant"), order_by=F("poll_at").asc())
            )
            .filter(turn__lte=limit)
            .order_by("turn", "poll_at")
            .values_list("tenant_id", "pk", "turn", "poll_at")
        )
        found = list(rows)
        served = _served({tenant_id for tenant_id, *_ in found})
        found.sort(key=lambda row: (row[2], served.get(row[0], 0.0), row[3]))
        calls = pacing.calls_of([pk for _tenant_id, pk, *_ in found[:limit]])
    chosen, spent = list[Key](), 0
    for tenant_id, pk, *_ in found[:limit]:
        spent += calls[pk]
        if chosen and spent > limit:
            break
        chosen.append((tenant_id, pk))
    _note([tenant_id for tenant_id, _pk in chosen], now)
    return chosen


def capacity(provider: str, seconds: float) -> int:
    """Return how many calls may be made to one API until the next tick, `seconds` from now."""
    # a small cloud has one API, of its own name
    billing = min(limiter.pace(provider, api) for api in ("bss", provider))
    # states and live figures may rest for long: what is left is read all the same
    others = [pace for api in ("ecs", "ces") if (pace := limiter.pace(provider, api))]
    slowest = min([billing, *others])
    return max(round(slowest * SHARE * seconds), 1) if slowest else 0


def _served(tenant_ids: Iterable[int]) -> Mapping[int, float]:
    ids = sorted(tenant_ids)
    if not ids:
        return {}
    try:
        values = client().hmget(SERVED, [str(pk) for pk in ids])
    except Away:
        return {}
    return {pk: float(value) for pk, value in zip(ids, values, strict=True) if value is not None}


def _note(tenant_ids: list[int], now: datetime) -> None:
    if not tenant_ids:
        return
    try:
        client().hset(SERVED, mapping={str(pk): now.timestamp() for pk in tenant_ids})
        client().expire(SERVED, KEPT_SECONDS)
    except Away:
        return  # the order is fair by age alone

"""A worker's hold on actions of one account: claimed one by one, lost when it takes too long."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from tenants.scoping import unscoped
from traffic_guard.models import Account, PowerAction
from traffic_guard.services.guarding import steps

Clock = Callable[[], datetime]
Key = tuple[int, int]  # tenant id, account id
# longer than the calls about one group of servers may take
HOLD = timedelta(minutes=3)
MOST = 500


def due(states: Iterable[str], now: datetime, limit: int) -> list[Key]:
    """Return the accounts that have actions in these states that are due."""
    with unscoped("the clock looks for actions of all tenants"):
        rows = _due(states, now).order_by("tenant_id", "server__account_id")
        return list(rows.values_list("tenant_id", "server__account_id").distinct()[:limit])


def claim(account: Account, states: Iterable[str], now: datetime) -> list[PowerAction]:
    """Hold the due actions of an account; what another worker holds is left out."""
    rows = _due(states, now).filter(server__account=account).select_related("server")
    hold = now + HOLD
    mine = [one for one in rows.order_by("pk")[:MOST] if steps.move(one, due_at=hold)]
    for action in mine:
        action.server.account = account
    return mine


def _due(states: Iterable[str], now: datetime) -> QuerySet[PowerAction]:
    rows: QuerySet[PowerAction] = PowerAction.objects.filter(
        state__in=list(states), due_at__isnull=False, due_at__lte=now
    )
    return rows

"""How things stand for a tenant, in a few numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ovh_sniper.models import Account, Order, Poller, Wish
from ovh_sniper.services.orders import listing, spend
from ovh_sniper.services.orders.spend import Total
from ovh_sniper.services.telling import preferences
from tenants.models import Tenant

State = Order.State


@dataclass(frozen=True, slots=True)
class Debt:
    """What waits to be paid in one currency, with tax, and when the first of it ends."""

    currency: str
    count: int
    amount: Decimal
    first_ends_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand for a tenant."""

    zone: ZoneInfo
    pollers: Sequence[Poller]
    armed: dict[str, int]  # Wish.Mode -> wishes
    paused: int
    accounts: Sequence[Account]
    undecided: int  # orders that are queued, under way or being looked up
    today: Sequence[Total]
    debts: Sequence[Debt]
    muted_until: datetime | None


def of(tenant_id: int, now: datetime) -> Standing:
    """Return it; inside the tenant's open scope."""
    zone = ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    linked = Account.objects.filter(left_at=None).defer(*listing.ACCOUNT_SECRETS)
    accounts = list(linked.order_by("name"))
    wishes = list(
        Wish.objects.filter(state__in=[Wish.State.ARMED, Wish.State.PAUSED]).values_list(
            "host", "mode", "state"
        )
    )
    hosts = {account.host for account in accounts} | {host for host, _mode, _state in wishes}
    settings = preferences.of(tenant_id)
    is_muted = settings.muted_until is not None and settings.muted_until > now
    return Standing(
        zone=zone,
        pollers=list(Poller.objects.filter(host__in=hosts).order_by("host")),
        armed=dict(Counter(mode for _host, mode, state in wishes if state == Wish.State.ARMED)),
        paused=sum(state == Wish.State.PAUSED for _host, _mode, state in wishes),
        accounts=accounts,
        undecided=Order.objects.filter(state__in=listing.UNDER_WAY).count(),
        today=spend.total(since=today),
        debts=debts(),
        muted_until=settings.muted_until if is_muted else None,
    )


def debts() -> list[Debt]:
    """Return what waits to be paid, by currency; inside the tenant's open scope."""
    unpaid = Order.objects.filter(state=State.PLACED, pay_until__isnull=False)
    found: dict[str, list[tuple[Decimal, datetime]]] = {}
    for currency, due, ends_at in unpaid.values_list("currency", "due_now", "pay_until"):
        if ends_at is not None:
            found.setdefault(currency, []).append((due or Decimal(0), ends_at))
    return [
        Debt(
            currency,
            len(rows),
            sum((due for due, _ends_at in rows), Decimal(0)),
            min(ends_at for _due, ends_at in rows),
        )
        for currency, rows in sorted(found.items())
    ]

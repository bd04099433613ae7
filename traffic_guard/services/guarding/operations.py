"""What needs an operator's eye, over all tenants: clouds, accounts, stops, and how fast it goes.

Needs `unscoped`, as it is open under `/operator/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from tenants.models import Tenant
from tenants.percentiles import Lag, lag
from traffic_guard.models import Account, PlannedStop, PowerAction, Reading
from traffic_guard.services.accounts import access, findings, limiter
from traffic_guard.services.readings import pacing

State = PowerAction.State
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
# An account that waits for its reading for so long is late: ticks come every few seconds.
LATE = timedelta(minutes=10)
# An answer that was lost, and a stop whose time has come, are looked at within seconds.
LONG = timedelta(minutes=2)
MOST = 20
# so many of the latest are looked at for percentiles
MOST_SPANS = 5_000
BY_HAND = (
    PowerAction.Origin.PORTAL,
    PowerAction.Origin.CHAT,
    PowerAction.Origin.LINK,
    PowerAction.Origin.API,
)


@dataclass(frozen=True, slots=True)
class Api:
    """One API of a cloud: calls a second that it takes from us now (0: paused), and calls made."""

    name: str
    pace: float
    this_hour: int
    last_hour: int


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud that accounts belong to; intervals are `stretch` times as long as wanted."""

    provider: str
    title: str
    accounts: int
    late: int
    stretch: float
    apis: list[Api]


@dataclass(frozen=True, slots=True)
class Sick:
    """An account that cannot be used, or whose automatic stops rest, and why, in words."""

    account: Account
    problem: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of all tenants together."""

    readings: int  # in the last hour
    late: int
    broken: int
    halted: int
    unclear: int  # for longer than LONG
    unverified: int  # in the last day
    waiting: int
    held: int
    overdue: int  # planned stops that nobody looked at when their time came


def clouds(now: datetime) -> list[Cloud]:
    """Return how the clouds are asked; two queries, and a few of Redis for each."""
    rows = Account.objects.filter(pacing.READABLE, tenant__state=Tenant.State.ACTIVE).order_by()
    counted = rows.values("provider").annotate(
        count=Count("pk"), late=Count("pk", filter=Q(poll_at__lt=now - LATE))
    )
    return [
        Cloud(
            provider=row["provider"],
            title=findings.cloud_title(row["provider"]),
            accounts=row["count"],
            late=row["late"],
            stretch=pacing.stretch(row["provider"]),
            apis=_apis(row["provider"], now),
        )
        for row in sorted(counted, key=lambda row: str(row["provider"]))
    ]


def _apis(provider: str, now: datetime) -> list[Api]:
    """Return the APIs of a cloud that were called lately, or rest; small clouds have one."""
    found = (
        Api(
            name,
            limiter.pace(provider, name),
            limiter.calls(provider, name, now),
            limiter.calls(provider, name, now - HOUR),
        )
        for name in (*limiter.APIS, provider)
    )
    return [one for one in found if one.this_hour or one.last_hour or not one.pace]


def late_accounts(now: datetime) -> list[Account]:
    """Return accounts that wait for their reading, the longest first."""
    found = _late(now).select_related("tenant").defer(*access.SECRETS)
    return list(found.order_by("poll_at", "pk")[:MOST])


def sick_accounts() -> list[Sick]:
    """Return accounts that their cloud refuses, and those whose automatic stops rest."""
    found = Account.objects.filter(_broken() | _halted(), left_at=None)
    rows = found.select_related("tenant").defer(*access.SECRETS).order_by("-checked_at", "-pk")
    return [Sick(account, _worst(account)) for account in rows[:MOST]]


def _worst(account: Account) -> str:
    said = findings.of_account(account)
    return said[0].title if said else account.halted_for


def unclear_actions(now: datetime) -> list[PowerAction]:
    """Return actions of which nobody knows what became, and those that were not confirmed."""
    found = PowerAction.objects.filter(_unclear(now) | _unverified(now))
    return list(found.select_related("tenant", "server").order_by("-created_at", "-pk")[:MOST])


def late_stops(now: datetime) -> list[PlannedStop]:
    """Return planned stops whose time has come and that nobody has looked at."""
    found = PlannedStop.objects.filter(_overdue(now)).select_related("tenant", "server")
    return list(found.order_by("execute_at", "pk")[:MOST])


def counts(now: datetime) -> Counts:
    """Return the numbers; four queries."""
    accounts = Account.objects.filter(left_at=None).aggregate(
        broken=Count("pk", filter=_broken()), halted=Count("pk", filter=_halted())
    )
    actions = PowerAction.objects.filter(_unclear(now) | _unverified(now)).aggregate(
        unclear=Count("pk", filter=_unclear(now)), unverified=Count("pk", filter=_unverified(now))
    )
    plans = PlannedStop.objects.filter(state__in=PlannedStop.OPEN).aggregate(
        waiting=Count("pk", filter=Q(state=PlannedStop.State.WAITING)),
        held=Count("pk", filter=Q(state=PlannedStop.State.HELD)),
        overdue=Count("pk", filter=_overdue(now)),
    )
    raw = Reading.objects.filter(grain=Reading.Grain.RAW, at__gt=now - HOUR)
    return Counts(readings=raw.count(), late=_late(now).count(), **accounts, **actions, **plans)


def lags(now: datetime) -> list[Lag]:
    """Return how long things took in the last 24 hours; three queries."""
    plans = PlannedStop.objects.filter(created_at__gt=now - DAY)
    done = PlannedStop.objects.filter(
        state=PlannedStop.State.EXECUTED, settled_at__gt=now - DAY, action__sent_at__isnull=False
    )
    sent = PowerAction.objects.filter(created_at__gt=now - DAY, sent_at__isnull=False)
    confirmed = sent.filter(state=State.DONE, settled_at__isnull=False)
    return [
        lag("planned", _("reading → stop planned"), _since_reading(plans)),
        lag(
            "executed",
            _("time is up → sent to the cloud"),
            _spans(done, "execute_at", "action__sent_at"),
        ),
        lag(
            "asked",
            _("asked for by hand → sent to the cloud"),
            _spans(sent.filter(origin__in=BY_HAND), "created_at", "sent_at"),
        ),
        lag(
            "confirmed",
            _("sent → confirmed by the server’s state"),
            _spans(confirmed, "sent_at", "settled_at"),
        ),
    ]


def _since_reading(plans: QuerySet[PlannedStop]) -> Iterable[float]:
    rows = plans.order_by("-pk").values_list("facts__read_at", "created_at")[:MOST_SPANS]
    for text, at in rows:
        read_at = parse_datetime(text) if text else None
        if read_at is not None:
            yield max((at - read_at).total_seconds(), 0.0)


def _spans(rows: QuerySet[Any], since: str, until: str) -> list[float]:
    pairs = rows.order_by("-pk").values_list(since, until)[:MOST_SPANS]
    return [max((later - sooner).total_seconds(), 0.0) for sooner, later in pairs]


# --- What counts


def _late(now: datetime) -> QuerySet[Account]:
    return Account.objects.filter(
        pacing.READABLE, poll_at__lt=now - LATE, tenant__state=Tenant.State.ACTIVE
    )


def _broken() -> Q:
    return Q(state=Account.State.BROKEN)


def _halted() -> Q:
    return ~Q(halted_for="")


def _unclear(now: datetime) -> Q:
    since = Q(sent_at__lt=now - LONG) | Q(sent_at=None, created_at__lt=now - LONG)
    return Q(state__in=[State.SENDING, State.UNCLEAR]) & since


def _unverified(now: datetime) -> Q:
    return Q(state=State.UNVERIFIED, settled_at__gt=now - DAY)


def _overdue(now: datetime) -> Q:
    return Q(state=PlannedStop.State.WAITING, due_at__lt=now - LONG)

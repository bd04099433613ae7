"""Daily and weekly digests: how servers stand, what was stopped, what needs somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from bots.services import posts, recipients
from bots.services.recipients import Role
from tenants.models import Tenant
from tenants.scoping import unscoped
from traffic_guard.models import Account, PlannedStop, PowerAction, Preferences, Server
from traffic_guard.services.telling import (
    bulletins,
    digest_cards,
    facts,
    lookups,
    preferences,
    saving,
)
from traffic_guard.services.telling.digest_cards import DAILY, WEEKLY, Digest
from traffic_guard.services.telling.facts import Facts, Frame

EVENT = "traffic.digest"
# One that could not be sent for so long is left out: the next one is near.
LATEST = timedelta(hours=6)
SPANS = {DAILY: timedelta(days=1), WEEKLY: timedelta(days=7)}
SENT_ON = {DAILY: "daily_sent_on", WEEKLY: "weekly_sent_on"}
MOST = 20


def due(now: datetime) -> list[tuple[int, str]]:
    """Return tenant and period of all digests that are to be sent now."""
    with unscoped("the clock looks for digests of all tenants"):
        wanted = Q(daily_hour__isnull=False) | Q(weekly_day__isnull=False)
        rows = Preferences.objects.filter(wanted, tenant__state=Tenant.State.ACTIVE)
        found = list(rows.select_related("tenant").order_by("pk"))
    return [
        (one.tenant_id, period)
        for one in found
        for period in SPANS
        if _slot(one, period, now) is not None
    ]


def send(tenant_id: int, period: str, now: datetime) -> bool:
    """Send a tenant's digest if it is due, once for several workers; tell whether it was.

    Needs the tenant's open scope, in a transaction.
    """
    found = Preferences.objects.select_related("tenant").filter(tenant_id=tenant_id).first()
    slot = _slot(found, period, now) if found is not None else None
    if found is None or slot is None:
        return False
    column = SENT_ON[period]
    unsent = Q(**{column: None}) | Q(**{f"{column}__lt": slot.date()})
    if not Preferences.objects.filter(unsent, pk=found.pk).update(**{column: slot.date()}):
        return False
    digest = collect(tenant_id, period, slot, now)
    chats = recipients.told(bulletins.PRODUCT, preferences.of(tenant_id), Role.VIEWER)
    posts.post(chats, lambda _one: (digest_cards.text(digest), None))
    posts.notice(
        EVENT,
        lambda: (digest_cards.heading(digest), ""),
        blocks=lambda: digest_cards.blocks(digest),
    )
    return True


def _slot(settings: Preferences, period: str, now: datetime) -> datetime | None:
    """Return the time whose digest is due and was not sent, in the tenant's time zone."""
    hour = settings.daily_hour if period == DAILY else settings.weekly_hour
    if hour is None or (period == WEEKLY and settings.weekly_day is None):
        return None
    local = now.astimezone(ZoneInfo(settings.tenant.time_zone))
    slot = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    # by the calendar: the hour stays the same when the clocks are changed
    if slot > local:
        slot -= timedelta(days=1)
    if period == WEEKLY and slot.weekday() != settings.weekly_day:
        return None
    if now - slot >= LATEST:
        return None
    sent_on = getattr(settings, SENT_ON[period])
    return slot if sent_on is None or sent_on < slot.date() else None


def collect(tenant_id: int, period: str, until: datetime, now: datetime) -> Digest:
    """Return what happened until then, and how things stand; in the tenant's open scope."""
    frame = facts.frame_of(tenant_id, now)
    since = until - SPANS[period]
    listed = lookups.shown()
    known = _facts(list(listed.order_by(F("percent_left").asc(nulls_first=True))[:MOST]), frame)
    soonest = listed.filter(lookups.runs_out()).order_by("runs_out_at")
    plans = list(
        PlannedStop.objects.filter(state__in=PlannedStop.OPEN)
        .select_related("server")
        .order_by("execute_at")[:MOST]
    )
    about = facts.of([plan.server for plan in plans], frame)
    return Digest(
        period=period,
        frame=frame,
        since=since,
        servers=listed.count(),
        least=[one for one in known if one.left is not None],
        running_out=[one for one in _facts(list(soonest[:MOST]), frame) if one.runs_out_at],
        unknown=[one for one in known if one.left is None],
        plans=[(plan, about[plan.server_id]) for plan in plans],
        actions=_actions(since, until),
        accounts=list(
            Account.objects.filter(
                Q(state__in=[Account.State.BROKEN, Account.State.LIMITED]) | ~Q(halted_for=""),
                left_at=None,
            )
            .defer("access_key", "secret_key")
            .order_by("name")
        ),
        saved=saving.between(since, until, frame.settings),
    )


def _actions(since: datetime, until: datetime) -> list[PowerAction]:
    states = [PowerAction.State.DONE, PowerAction.State.REFUSED, PowerAction.State.UNVERIFIED]
    found = PowerAction.objects.filter(
        settled_at__gte=since, settled_at__lt=until, state__in=states
    )
    return list(found.select_related("server").order_by("settled_at"))


def _facts(servers: list[Server], frame: Frame) -> list[Facts]:
    known = facts.of(servers, frame)
    return [known[server.pk] for server in servers]

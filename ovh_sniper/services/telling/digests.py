"""The daily digest: what came in stock, was ordered and refused, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.html import strip_tags

from bots.services import posts
from ovh_sniper.models import Account, Alert, Order, Preferences
from ovh_sniper.services.orders import spend
from ovh_sniper.services.telling import digest_cards, preferences, recipients, standing
from ovh_sniper.services.telling.digest_cards import Digest, Seen
from ovh_sniper.services.telling.recipients import Role
from tenants.models import Tenant
from tenants.scoping import unscoped

EVENT = "ovh.digest"
# One that could not be sent for so long is left out: the next one is near.
LATEST = timedelta(hours=6)
# Keys that end within this time are named.
SOON = timedelta(days=7)


def due(now: datetime) -> list[int]:
    """Return the ids of all tenants whose digest is to be sent now."""
    with unscoped("the clock looks for digests of all tenants"):
        rows = Preferences.objects.filter(
            digest_hour__isnull=False, tenant__state=Tenant.State.ACTIVE
        ).select_related("tenant")
        return [one.tenant_id for one in rows.order_by("pk") if _slot(one, now) is not None]


def send(tenant_id: int, now: datetime) -> bool:
    """Send a tenant's digest if it is due, once for several workers; tell whether it was.

    Needs the tenant's open scope, in a transaction.
    """
    found = Preferences.objects.select_related("tenant").filter(tenant_id=tenant_id).first()
    slot = _slot(found, now) if found is not None else None
    if found is None or slot is None:
        return False
    unsent = Q(digest_sent_on=None) | Q(digest_sent_on__lt=slot.date())
    mine = Preferences.objects.filter(unsent, pk=found.pk)
    if not mine.update(digest_sent_on=slot.date()):
        return False
    facts = collect(_day_before(slot), slot, now)
    chats = recipients.told(preferences.of(tenant_id), Role.VIEWER)
    posts.post(chats, lambda _one: (digest_cards.text(facts), None))
    posts.notice(EVENT, lambda: (digest_cards.heading(), strip_tags(digest_cards.text(facts))))
    return True


def _slot(settings: Preferences, now: datetime) -> datetime | None:
    """Return the time whose digest is due and was not sent, in the tenant's time zone."""
    if settings.digest_hour is None:
        return None
    local = now.astimezone(ZoneInfo(settings.tenant.time_zone))
    slot = local.replace(hour=settings.digest_hour, minute=0, second=0, microsecond=0)
    if slot > local:
        slot = _day_before(slot)
    if now - slot >= LATEST:
        return None
    sent_on = settings.digest_sent_on
    return slot if sent_on is None or sent_on < slot.date() else None


def _day_before(slot: datetime) -> datetime:
    # by the calendar: the hour stays the same when the clocks are changed
    return slot - timedelta(days=1)


def collect(since: datetime, until: datetime, now: datetime) -> Digest:
    """Return what happened between two times, and what waits now; in the tenant's open scope."""
    zone = since.tzinfo if isinstance(since.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    orders = Order.objects.select_related("account").order_by("pk")
    return Digest(
        zone=zone,
        now=now,
        seen=_seen(since, until),
        ordered=list(orders.filter(placed_at__gte=since, placed_at__lt=until)),
        refused=list(
            orders.filter(state=Order.State.REFUSED, ended_at__gte=since, ended_at__lt=until)
        ),
        spend=spend.total(since=since, until=until),
        debts=standing.debts(),
        ending=list(Account.objects.filter(expires_at__lte=now + SOON).order_by("expires_at")),
    )


def _seen(since: datetime, until: datetime) -> Sequence[Seen]:
    """Return the plans that came in stock, each stock interval counted once."""
    rows = Alert.objects.filter(created_at__gte=since, created_at__lt=until)
    found: dict[str, dict[int, str]] = {}
    for plan_code, interval_id, datacenter in rows.values_list(
        "plan_code", "interval_id", "datacenter"
    ):
        found.setdefault(plan_code, {})[interval_id] = datacenter
    return [
        Seen(plan_code, len(places), tuple(sorted(set(places.values()))))
        for plan_code, places in sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    ]

"""From stock that moved to wishes that wait for it: alerts, and intents to order."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Order, Poller, Wish
from ovh_sniper.services.matching import fitting, intents, picking
from ovh_sniper.services.stock import intervals
from ovh_sniper.services.telling import alerts, news
from ovh_sniper.services.wording.objections import CannotOrder
from tenants import schedules
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

if TYPE_CHECKING:
    from ovh_sniper.services.stock.intervals import StockChange

log = logging.getLogger(__name__)

# What a process that died left undone is looked for this far back.
RECENT = timedelta(minutes=10)
# When there is nothing to look at yet: no look at this host was made, or its prices are not there.
SOON = timedelta(seconds=15)
AFTER_TROUBLE = timedelta(seconds=15)


# --- Who waits for it


def find(host: str, changes: Sequence[StockChange], now: datetime) -> fitting.Found:
    """Return the armed wishes of all tenants that fit: tenant id -> (wish id, change).

    One indexed query over the plans that moved; opens `unscoped` itself. Baseline changes and ends
    of stock fit nothing.
    """
    by_plan: dict[str, list[StockChange]] = defaultdict(list)
    for change in changes:
        if change.kind != "closed" and not change.is_baseline:
            by_plan[change.row.plan_code].append(change)
    if not by_plan:
        return {}
    with unscoped("stock is the same for all tenants"):
        rows = Wish.objects.filter(
            Q(expires_at=None) | Q(expires_at__gt=now),
            state=Wish.State.ARMED,
            host=host,
            plan_code__in=by_plan,
        ).annotate(places=Cast("datacenters", TextField()))
        waiting = list(rows.values_list("pk", "tenant_id", *fitting.TERMS, "places"))
    return fitting.of_all(waiting, by_plan)


# --- What happens then


def on_changes(host: str, changes: Sequence[StockChange], now: datetime) -> int:
    """Act on what moved, for all tenants; return how many orders were intended.

    Outside any scope. Tenants are served one by one, each in its own transactions: what fails for
    one stops no other. May be called again for the same changes: alerts are once for each wish and
    interval, orders once for each place.
    """
    count = 0
    found = find(host, changes, now)
    active = set(
        Tenant.objects.filter(pk__in=found, state=Tenant.State.ACTIVE).values_list("pk", flat=True)
    )
    # orders ahead of all alerts: stock is gone within seconds
    for tenant_id in active:
        count += _guarded(_intend, tenant_id, found[tenant_id], now)
    for tenant_id in active:
        _guarded(_alert, tenant_id, found[tenant_id], now)
    closed = [change for change in changes if change.kind == "closed"]
    if closed:
        alerts.end_everywhere(closed, now)
    return count


def _guarded(act: Any, tenant_id: int, found: list[tuple[int, StockChange]], now: datetime) -> int:
    try:
        return int(act(tenant_id, found, now))
    except Exception:  # one tenant's trouble is no other's
        log.exception("tenant %s was not served; catch_up tries again", tenant_id)
        return 0


def _intend(tenant_id: int, found: list[tuple[int, StockChange]], now: datetime) -> int:
    count = 0
    with scope(tenant_id):
        for wish, changes in _loaded(found):
            if wish.mode == Wish.Mode.ORDER and _may_act(wish, now):
                count += _apart(wish, partial(_intend_whole, wish, changes, now))
    return count


def _intend_whole(wish: Wish, changes: Sequence[StockChange], now: datetime) -> int:
    """Intend a wish's orders so that the commit, which other wishes share, finds no fault in them:
    a wish that was removed meanwhile is found here."""
    count = _intend_all(wish, changes, now)
    if count:
        connection.check_constraints(table_names=[Order._meta.db_table])
    return count


def _apart(wish: Wish, act: Callable[[], int]) -> int:
    """Do something for one wish so that its trouble takes nothing of the others' back."""
    try:
        with transaction.atomic():
            return act()
    except Exception:  # one wish's trouble is no other's
        log.exception("wish %s was not served; catch_up tries again", wish.pk)
        return 0


def _alert(tenant_id: int, found: list[tuple[int, StockChange]], now: datetime) -> int:
    with scope(tenant_id):
        pairs = [
            (wish, change)
            for wish, changes in _loaded(found)
            if _may_act(wish, now)
            for change in changes
        ]
        return len(alerts.raise_alerts(tenant_id, pairs, now)) if pairs else 0


def _loaded(found: list[tuple[int, StockChange]]) -> list[tuple[Wish, list[StockChange]]]:
    """Return the wishes that are still armed with what they wait for."""
    grouped: dict[int, list[StockChange]] = defaultdict(list)
    for pk, change in found:
        grouped[pk].append(change)
    rows = Wish.objects.filter(pk__in=grouped, state=Wish.State.ARMED)
    # the bot's token is of no use here, and costs time to decrypt
    wishes = rows.select_related("account", "tenant", "bot").defer("bot__token")
    return [(wish, grouped[wish.pk]) for wish in wishes.order_by("pk")]


def _may_act(wish: Wish, now: datetime) -> bool:
    """Tell whether it is a wish's time; where not, have it look again when it is."""
    zone = ZoneInfo(wish.tenant.time_zone)
    try:
        if schedules.is_open(wish.schedule, zone, now):
            return True
        opens = schedules.next_open(wish.schedule, zone, now)
    except (ValueError, TypeError, AttributeError):
        # one wish's trouble is no other's
        log.exception("wish %s has a schedule that says nothing", wish.pk)
        return False
    wake_at(wish, opens)
    return False


def _intend_all(wish: Wish, changes: Sequence[StockChange], now: datetime) -> int:
    """Intend as many orders as a wish has places left; return how many."""
    left = len(intents.free_places(wish))
    if not left:
        return 0
    picked = picking.pick(wish, changes, left, now)
    orders = []
    try:
        for change in picked.places:
            order = intents.intend(
                wish, change, change.datacenter, source=Order.Source.WISH, now=now
            )
            if order is None:
                break
            orders.append(order)
    except CannotOrder as error:
        log.warning("wish %s cannot order: %s", wish.pk, error)
        if error.reason == "catalogue":
            wake_at(wish, now + SOON)
    if picked.held_until is not None and len(orders) < left:
        # what OVH goes on showing changes no more, so nothing else would bring it back
        wake_at(wish, picked.held_until)
    if orders:
        news.submitted(*orders)
    return len(orders)


def wake_at(wish: Wish, at: datetime) -> None:
    """Have a wish matched with what is in stock at a time, unless that is to happen before."""
    later = Q(retry_at=None) | Q(retry_at__gt=at)
    Wish.objects.filter(later, pk=wish.pk).update(retry_at=at)


# --- What is there already


def match_now(wish: Wish, now: datetime) -> int:
    """Act on what is in stock already, as when a wish was armed; return orders intended.

    Needs the tenant's open scope, in a transaction. Where no look at the host was made yet, the
    wish is looked at again soon.
    """
    is_over = wish.expires_at is not None and wish.expires_at <= now
    is_on = wish.state == Wish.State.ARMED and wish.tenant.state == Tenant.State.ACTIVE
    if is_over or not is_on:
        return 0
    if wish.track == Wish.Track.DEDICATED and not _was_looked_at(wish.host):
        Wish.objects.filter(pk=wish.pk).update(retry_at=now + SOON)
        return 0
    if not _may_act(wish, now):
        return 0
    changes = [
        change
        for change in intervals.in_stock(Host(wish.host), wish.plan_code)
        if fitting.waits_for(wish, change)
    ]
    if not changes:
        return 0
    count = _intend_all(wish, changes, now) if wish.mode == Wish.Mode.ORDER else 0
    found = [(wish, change) for change in changes]
    _apart(wish, lambda: len(alerts.raise_alerts(wish.tenant_id, found, now)))
    return count


def _was_looked_at(host: str) -> bool:
    return Poller.objects.filter(host=host, succeeded_at__isnull=False).exists()


def due(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (tenant id, wish id) of all tenants' wishes that look at the stock anew now."""
    with unscoped("the clock looks for wishes of all tenants"):
        rows = Wish.objects.filter(
            state=Wish.State.ARMED, retry_at__lte=now, tenant__state=Tenant.State.ACTIVE
        )
        return list(rows.order_by("retry_at", "pk").values_list("tenant_id", "pk")[:limit])


def look(wish_id: int, now: datetime) -> int:
    """Match one wish that is due, once for two workers; return orders intended.

    Needs the tenant's open scope, in a transaction.
    """
    mine = Wish.objects.filter(pk=wish_id, state=Wish.State.ARMED, retry_at__lte=now)
    if not mine.update(retry_at=None):
        return 0
    rows = Wish.objects.select_related("account", "tenant", "bot").defer("bot__token")
    return match_now(rows.get(pk=wish_id), now)


def put_off(wish_id: int, now: datetime) -> None:
    """Have a wish whose look failed looked at again later, not at every tick."""
    mine = Wish.objects.filter(pk=wish_id, state=Wish.State.ARMED, retry_at__lte=now)
    mine.update(retry_at=now + AFTER_TROUBLE)


def catch_up(host: str, now: datetime) -> int:
    """Act again on stock that opened lately: what a process that died between had not done."""
    return on_changes(host, intervals.in_stock(Host(host), since=now - RECENT), now)

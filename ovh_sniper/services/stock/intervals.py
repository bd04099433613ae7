"""The stock of a host, kept as intervals: what each look at OVH's list opens, changes and closes.

One process at a time writes a host's stock. It keeps what it knows in memory, since a look compares
about 60,000 places with the last one; the epoch on the Poller row tells when another one took over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import Configuration, Poller, StockInterval, Unwatched
from ovh_sniper.services.stock import announcements, list_rows, writing
from ovh_sniper.services.stock.known import (
    CHANGED,
    CLOSED,
    OPENED,
    Known,
    StockChange,
    Superseded,
    as_kept,
)
from tenants.ids import public_id

__all__ = [
    "CHANGED",
    "CLOSED",
    "GAP",
    "OPENED",
    "Known",
    "StockChange",
    "Superseded",
    "apply",
    "in_stock",
    "load",
    "unchanged",
]

# Nobody looked for longer than this: it is noted, and statistics leave the time out.
GAP = timedelta(minutes=10)


@transaction.atomic
def load(host: Host) -> Known:
    """Become the one process that writes this host's stock, and return what is known of it."""
    Poller.objects.get_or_create(host=host.value)
    Poller.objects.filter(host=host.value).update(epoch=F("epoch") + 1)
    poller = Poller.objects.get(host=host.value)
    known = Known(host, poller.epoch, poller.succeeded_at is None, poller.succeeded_at)
    for one in Configuration.objects.filter(list_rows.LISTED, host=host.value):
        known.configurations[one.fqn] = one.pk
        known.rows[one.fqn] = list_rows.of_configuration(one)
        if one.is_gone:
            known.gone.add(one.fqn)
    intervals = StockInterval.objects.filter(configuration__host=host.value, closed_at=None)
    for interval in intervals.select_related("configuration"):
        place = (interval.configuration.fqn, interval.datacenter)
        if place[0] in known.rows:
            known.open[place] = as_kept(interval)
    known.announced = announcements.load(host)
    return known


def apply(
    known: Known, rows: Sequence[StockRow], now: datetime, *, plan_code: str = ""
) -> list[StockChange]:
    """Write what a look changed, in one transaction, and return it: opened, changed, then closed.

    `rows` are all that OVH listed, of one plan where `plan_code` is given: only that plan's places
    can then be closed. What is first seen by the first look of all is the baseline. After any error
    memory may be ahead of what is written: `load` again.

    Raises:
        Superseded: another process writes this host now; nothing was written.
    """
    with transaction.atomic():
        _claim(known, now, is_full=not plan_code, revision=public_id())
        return writing.write(known, rows, now, plan_code=plan_code)


@transaction.atomic
def unchanged(known: Known, now: datetime, *, plan_code: str = "") -> None:
    """Note a look at a list that was as at the last one.

    Raises:
        Superseded: another process writes this host now.
    """
    _claim(known, now, is_full=not plan_code)
    if not plan_code:
        known.looked_at = now


def in_stock(
    host: Host, plan_code: str = "", *, since: datetime | None = None
) -> list[StockChange]:
    """Return what can be ordered now, as changes of kind opened.

    Of one plan or of all; with `since` only what came after that time.
    """
    rows = StockInterval.objects.filter(configuration__host=host.value, closed_at=None)
    if plan_code:
        rows = rows.filter(configuration__plan_code=plan_code)
    if since is not None:
        rows = rows.filter(opened_at__gt=since)
    return [
        StockChange(
            OPENED,
            list_rows.of_configuration(one.configuration),
            one.datacenter,
            one.availability,
            one.delivery_hours,
            one.pk,
            one.opened_at,
            one.is_baseline,
        )
        for one in rows.select_related("configuration").order_by("pk")
    ]


def _claim(known: Known, now: datetime, *, is_full: bool, **told: str) -> None:
    mine = Poller.objects.filter(host=known.host.value, epoch=known.epoch)
    looked = {"succeeded_at": now} if is_full else {"polled_at": now}
    if not mine.update(**looked, **told):
        raise Superseded(known.host.value)
    # a look at one plan says nothing of the others
    if is_full and known.looked_at is not None and now - known.looked_at > GAP:
        Unwatched.objects.create(host=known.host.value, since=known.looked_at, until=now)

"""What was used before an account was linked, from the cloud's log of deductions.

So that a new account's charts are not empty, each package is looked up once: its running cycle and
the two before it. Cycles before the running one have no stated ends: they are taken to end where
the next one begins, a month apart; nothing is ever decided by them.
"""

from __future__ import annotations

import calendar
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from tenants.scoping import unscoped
from traffic_guard.gateways.cloud import Busy, CloudError, Deduction, Refused
from traffic_guard.models import Account, Package, Reading
from traffic_guard.services.accounts import access, limiter
from traffic_guard.services.readings import pacing, units

log = logging.getLogger(__name__)

HOLD = timedelta(minutes=4)
AGAIN, LATER = timedelta(minutes=5), timedelta(hours=6)
FURTHEST = timedelta(days=89)
EARLIER_CYCLES = 2
Key = tuple[int, int]  # tenant id, package id


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle, as far as it is known."""

    start: datetime
    end: datetime


def due(now: datetime, limit: int) -> list[Key]:
    """Return (tenant id, package id) of packages whose past was not fetched yet."""
    with unscoped("the clock looks for packages of all tenants"):
        usable = Account.objects.filter(pacing.READABLE)
        rows = Package.objects.filter(backfill_at__lte=now, account__in=usable)
        return list(rows.order_by("backfill_at").values_list("tenant_id", "pk")[:limit])


def fill(package_id: int, now: datetime, *, connect: access.Connect = access.provider_of) -> bool:
    """Fetch a package's past and write it as readings; False: it was not due, or not answered.

    Needs the tenant's scope without a transaction: it calls the cloud.
    """
    hold = now + HOLD
    if not Package.objects.filter(pk=package_id, backfill_at__lte=now).update(backfill_at=hold):
        return False
    package = (
        Package.objects.select_related("account")
        .defer(*(f"account__{name}" for name in access.SECRETS))
        .get(pk=package_id)
    )
    account = access.load(package.account_id)
    try:
        cloud = connect(account)
        booked = cloud.deductions(package.cloud_id, now - FURTHEST, now)
        sizes = units.sizes(account.provider, cloud, {one.unit_id for one in booked}, now)
    except CloudError as error:
        _put_off(package, hold, error, now)
        return False
    with transaction.atomic():
        mine = Package.objects.filter(pk=package.pk, backfill_at=hold)
        if not mine.update(backfill_at=None):
            return False
        Reading.objects.bulk_create(_readings(package, booked, sizes, now), ignore_conflicts=True)
    return True


def _put_off(package: Package, hold: datetime, error: CloudError, now: datetime) -> None:
    log.info("the past of package %s cannot be had: %s", package.pk, error)
    limiter.heard(package.account.provider, error)
    wait = LATER if isinstance(error, Refused) else AGAIN
    if isinstance(error, Busy):
        wait = max(timedelta(seconds=30), timedelta(seconds=error.retry_after))
    Package.objects.filter(pk=package.pk, backfill_at=hold).update(backfill_at=now + wait)


def _readings(
    package: Package, booked: Sequence[Deduction], sizes: dict[str, int | None], now: datetime
) -> Iterator[Reading]:
    """Make readings of what was booked before the first one of ours."""
    first = package.readings.order_by("at").values_list("at", flat=True).first() or now
    total = package.total_bytes or 0
    for one, left, cycle in _told(booked, sizes, _cycles(package)):
        # above the total: another quota than today's, whose share would mean nothing
        if one.at >= first or left > total:
            continue
        yield Reading(
            tenant_id=package.tenant_id,
            package=package,
            at=one.at,
            remaining_bytes=left,
            total_bytes=total,
            raw_amount=f"{one.after:f}"[:40],
            unit_id=one.unit_id[:20],
            cycle_start=cycle.start,
            cycle_end=cycle.end,
            # so the guard, which asks for each reading of late, never takes it for one of ours
            grain=Reading.Grain.HOUR,
        )


def _told(
    booked: Sequence[Deduction], sizes: dict[str, int | None], cycles: list[Cycle]
) -> Iterator[tuple[Deduction, int, Cycle]]:
    """Yield bookings with what was left, in bytes, and their cycle; the newest first.

    A cycle begins where the rest jumps up, near the time that a month makes it begin: the very
    first one begins with the purchase, hours sooner.
    """
    number, later = 0, 0
    for one in reversed(booked):
        size = sizes.get(one.unit_id)
        if one.after is None or not size or number >= len(cycles):
            continue
        left = int(Decimal(one.after) * size)
        # the hour that ended with the cycle is booked at its end
        if one.at <= cycles[number].start and left < later:
            number += 1
            if number == len(cycles):
                return
        later = left
        yield one, left, cycles[number]


def _cycles(package: Package) -> list[Cycle]:
    if package.cycle_start is None or package.cycle_end is None:
        return []
    found = [Cycle(package.cycle_start, package.cycle_end)]
    if package.is_resetting:
        for _earlier in range(EARLIER_CYCLES):
            found.append(Cycle(month_before(found[-1].start), found[-1].start))
    return found


def month_before(at: datetime) -> datetime:
    """Return the same day and time a month earlier, or that month's last day."""
    year, month = (at.year, at.month - 1) if at.month > 1 else (at.year - 1, 12)
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))

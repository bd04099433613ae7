"""Price lists: kept for all tenants, fetched daily and when something points at a change."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bots.nudging import wake_after_commit
from ovh_sniper.gateways.catalogue import Catalogue, Price
from ovh_sniper.gateways.errors import Busy, OvhError, Refused, Unreachable
from ovh_sniper.gateways.ovh import Host, Shelf, StockRow, shelf
from ovh_sniper.models import Account, CatalogueChange, StoredCatalogue, StoredPlan, Wish
from ovh_sniper.services.catalogue import plan_rows, storage
from tenants.models import Tenant
from tenants.scoping import unscoped

log = logging.getLogger(__name__)

FETCH = "ovh_sniper.tasks.catalogues.fetch"
Pair = tuple[Host, str]
DAILY = timedelta(days=1)
# Whatever hints at a change: no price list is fetched more often than that.
SOONEST = timedelta(hours=1)
# Waits after a failure: 1, 2, 4 ... minutes, an hour at most; a refusal would be the same at once.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
# A worker that died with a fetch under way has lost its claim after that.
HOLD = timedelta(minutes=5)
# Unpacked price lists take one or two megabytes each; OVH has two dozen.
KEPT = 32


# --- What is known


_kept: OrderedDict[tuple[str, str], tuple[str, Catalogue]] = OrderedDict()
_lock = threading.Lock()


def current(host: Host, subsidiary: str) -> Catalogue | None:
    """Return the price list as fetched last, None where it was not fetched yet.

    One light query a call; unpacked once a process and change.
    """
    key = (Host(host).value, subsidiary)
    row = StoredCatalogue.objects.filter(host=key[0], subsidiary=subsidiary)
    digest = row.values_list("digest", flat=True).first()
    if not digest:
        return None
    with _lock:
        found = _kept.get(key)
        if found is not None and found[0] == digest:
            _kept.move_to_end(key)
            return found[1]
    return _read(key, row)


def _read(key: tuple[str, str], row: QuerySet[StoredCatalogue]) -> Catalogue | None:
    stored = row.only("digest", "body").first()
    if stored is None or not stored.digest:
        return None
    try:
        catalogue = storage.unpack(bytes(stored.body))
    except storage.Unreadable as error:
        # as good as none, until the next fetch
        log.warning("the price list %s/%s cannot be read: %s", *key, error)
        return None
    with _lock:
        _kept[key] = stored.digest, catalogue
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return catalogue


def price_of(host: Host, subsidiary: str, row: StockRow, extras: Mapping[str, str]) -> Price | None:
    """Return what one server of a stock row costs now, with `extras` (family -> addon code).

    None where there is no price list, or it names no price or no certain addon for the hardware.
    """
    catalogue = current(host, subsidiary)
    if catalogue is None:
        return None
    plan, chosen = catalogue.plans.get(row.plan_code), catalogue.addons_of(row)
    if plan is None or chosen is None:
        return None
    for name, code in extras.items():
        family = plan.family(name)
        if family is None or code not in family.addons:
            return None
    codes = {**chosen, **extras}.values()
    return catalogue.price(row.plan_code, codes, at=timezone.now())


# --- Which are fetched, and when


def ensure(host: Host, subsidiary: str) -> StoredCatalogue:
    """Return the row of a price list; a new one is due at once, and a worker is told."""
    found, is_new = StoredCatalogue.objects.get_or_create(
        host=Host(host).value, subsidiary=subsidiary, defaults={"retry_at": timezone.now()}
    )
    if is_new:
        wake_after_commit(FETCH, (found.host, found.subsidiary))
    return found


def wanted() -> set[Pair]:
    """Return all pairs that accounts and wishes of active tenants need."""
    with unscoped("price lists are the same for all tenants"):
        is_active = {"tenant__state": Tenant.State.ACTIVE}
        accounts = Account.objects.filter(**is_active, left_at=None).exclude(subsidiary="")
        watched = Wish.objects.filter(
            **is_active,
            track=Wish.Track.DEDICATED,
            state__in=[Wish.State.ARMED, Wish.State.PAUSED],
        ).exclude(subsidiary="")
        pairs = {
            pair
            for rows in (accounts, watched)
            for pair in rows.order_by().values_list("host", "subsidiary").distinct()
        }
    return {(Host(host), subsidiary) for host, subsidiary in pairs}


def due(now: datetime, limit: int) -> list[Pair]:
    """Return the price lists to be fetched now, those that waited longest first."""
    rows = StoredCatalogue.objects.filter(retry_at__lte=now).order_by("retry_at", "pk")
    return [(Host(host), name) for host, name in rows.values_list("host", "subsidiary")[:limit]]


def claim(host: Host, subsidiary: str, now: datetime) -> bool:
    """Take a price list that is due for this worker alone; it is due again if it dies."""
    row = StoredCatalogue.objects.filter(
        host=Host(host).value, subsidiary=subsidiary, retry_at__lte=now
    )
    return row.update(retry_at=now + HOLD) == 1


def unknown_plans(host: Host, plan_codes: Iterable[str], now: datetime) -> None:
    """Have the host's price lists fetched soon that lack plans which the stock list newly has.

    Each at most once an hour: many plans of the stock list have no public price at all.
    """
    codes = set(plan_codes)
    if not codes:
        return
    rows = StoredCatalogue.objects.filter(host=Host(host).value, fetched_at__isnull=False)
    for stored in rows.defer("body"):
        known = StoredPlan.objects.filter(catalogue=stored, plan_code__in=codes).count()
        if known < len(codes):
            doubt(Host(host), stored.subsidiary, now)


def doubt(host: Host, subsidiary: str, now: datetime) -> None:
    """Have a price list fetched soon that may be out of date, at most once an hour."""
    for stored in StoredCatalogue.objects.filter(
        host=Host(host).value, subsidiary=subsidiary, failures=0, fetched_at__isnull=False
    ).defer("body"):
        at = max(now, (stored.fetched_at or now) + SOONEST)
        StoredCatalogue.objects.filter(pk=stored.pk, retry_at__gt=at).update(retry_at=at)


# --- Fetching


def refresh(
    host: Host,
    subsidiary: str,
    now: datetime,
    shelf: Callable[[Host], Shelf] = shelf,
) -> bool:
    """Fetch a price list and keep it; return whether anything in it changed.

    Outside any transaction: it waits for OVH. A failure keeps the old list, and is tried again
    later and later.
    """
    stored = ensure(host, subsidiary)
    try:
        catalogue = shelf(Host(host)).catalogue(subsidiary)
        if not catalogue.plans:
            raise Unreachable("OVH sent an empty price list.", unclear=False)
    except OvhError as error:
        _note_failure(stored, error, now)
        return False
    return _keep(stored, catalogue, now)


def _note_failure(stored: StoredCatalogue, error: OvhError, now: datetime) -> None:
    log.warning("the price list %s was not fetched: %s", stored, error)
    failures = stored.failures + 1
    wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    if isinstance(error, Refused):
        wait = LONGEST_WAIT
    elif isinstance(error, Busy | Unreachable):
        wait = max(wait, timedelta(seconds=error.retry_after))
    StoredCatalogue.objects.filter(pk=stored.pk).update(
        failures=min(failures, 1000), last_error=str(error)[:300], retry_at=now + wait
    )


def _keep(stored: StoredCatalogue, catalogue: Catalogue, now: datetime) -> bool:
    body, digest = storage.pack(catalogue)
    with transaction.atomic():
        # of two workers the second one compares with what the first one wrote
        row = StoredCatalogue.objects.select_for_update(no_key=True).defer("body").get(pk=stored.pk)
        if row.fetched_at is not None and row.fetched_at > now:
            return False
        is_first, is_other = row.fetched_at is None, row.digest != digest
        if is_other:
            row.body, row.digest, row.catalogue_id = body, digest, catalogue.id
            row.currency, row.tax_rate = catalogue.currency, catalogue.tax_rate
        is_changed = _rewrite(row, catalogue, now, tells=not is_first) or is_other
        if is_changed:
            row.changed_at = now
        row.fetched_at, row.failures, row.last_error = now, 0, ""
        row.retry_at = _next(catalogue, now)
        row.save()
    return is_changed


def _next(catalogue: Catalogue, now: datetime) -> datetime:
    """Return when to look again: prices move by themselves where a promotion begins or ends."""
    turn = plan_rows.next_turn(catalogue, now)
    return now + DAILY if turn is None else min(now + DAILY, max(turn, now + SOONEST))


def _rewrite(row: StoredCatalogue, catalogue: Catalogue, now: datetime, *, tells: bool) -> bool:
    """Bring the plans' rows up to date, and note what changed unless it is the first fetch."""
    old = {one.plan_code: one for one in StoredPlan.objects.filter(catalogue=row)}
    for one in old.values():
        one.catalogue = row
    new = plan_rows.rows(row, catalogue, now)
    gone = [one.pk for code, one in old.items() if code not in new]
    moved = [
        one for code, one in new.items() if code not in old or plan_rows.differs(old[code], one)
    ]
    StoredPlan.objects.filter(pk__in=gone).delete()
    StoredPlan.objects.bulk_create(
        moved,
        update_conflicts=True,
        unique_fields=["catalogue", "plan_code"],
        update_fields=plan_rows.COLUMNS,
        batch_size=500,
    )
    if tells:
        CatalogueChange.objects.bulk_create(plan_rows.changes(old, new, now))
    return bool(gone or moved)

"""VPS plans that tenants watch: looked at once for all of them, kept as intervals, alerted of.

Each subsidiary has a list of its own, and each place an answer for either system. Stock is what the
systems' own words say: the word for both together is not reliable (seen by users of the API).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from ovh_sniper.gateways.errors import Busy, OvhError, Refused, Unreachable
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import Shelf, VpsStock, shelf
from ovh_sniper.models import VpsPlan, Wish
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.polling import demand
from ovh_sniper.services.stock import vps_rows, writing
from ovh_sniper.services.stock.intervals import GAP, StockChange
from ovh_sniper.services.stock.vps_rows import LINUX, WINDOWS, is_there
from tenants.scoping import unscoped

log = logging.getLogger(__name__)

# The clock ticks each minute; a bit less, so that no tick comes a moment too early.
EVERY = timedelta(seconds=50)
# More plans than this take turns: dedicated servers share this address's calls.
AT_ONCE = 8
# A worker that died with a look under way has lost it after that.
HOLD = timedelta(minutes=2)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a VPS plan stands, in OVH's words for each system; `since`: in stock from then on."""

    datacenter: str  # as wishes name it
    linux: str
    windows: str
    delivery_days: int
    linux_since: datetime | None
    windows_since: datetime | None

    @property
    def is_there(self) -> bool:
        """Tell whether it can be ordered with either system."""
        return is_there(self.linux) or is_there(self.windows)


@dataclass(frozen=True, slots=True)
class Plan:
    """A VPS plan of one subsidiary as it was seen last; `places` is empty until it was."""

    host: Host
    subsidiary: str
    plan_code: str
    looked_at: datetime | None
    changed_at: datetime | None
    last_error: str
    places: tuple[Place, ...]


# --- What is known


def known(host: Host) -> list[Plan]:
    """Return the VPS plans of a host that somebody watches or watched; two queries."""
    since = vps_rows.since(host)
    return [
        Plan(
            Host(one.host),
            one.subsidiary,
            one.plan_code,
            one.looked_at,
            one.changed_at,
            one.last_error,
            tuple(_place(one, place, since) for place in one.places),
        )
        for one in VpsPlan.objects.filter(host=host.value).order_by("plan_code", "subsidiary")
    ]


def _place(plan: VpsPlan, place: Mapping[str, Any], since: Mapping[Any, datetime]) -> Place:
    datacenter = place["datacenter"]

    def opened(system: str) -> datetime | None:
        return since.get((vps_rows.fqn_of(plan, system), datacenter))

    return Place(
        datacenter,
        place["linux"],
        place["windows"],
        place["days"],
        opened(LINUX),
        opened(WINDOWS),
    )


# --- Which are looked at, and when


def ensure_wanted(now: datetime) -> None:
    """Write rows, due now, for the plans that a wish began to watch."""
    have = set(VpsPlan.objects.values_list("host", "subsidiary", "plan_code"))
    VpsPlan.objects.bulk_create(
        [
            VpsPlan(host=host, subsidiary=subsidiary, plan_code=plan_code, retry_at=now)
            for host, subsidiary, plan_code in sorted(_wanted(now) - have)
        ],
        ignore_conflicts=True,
    )


def due(now: datetime, limit: int = AT_ONCE) -> list[int]:
    """Return the ids of plans that a wish watches and that are to be looked at now."""
    wanted = _wanted(now)
    rows = VpsPlan.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now)).order_by("retry_at")
    found = rows.values_list("pk", "host", "subsidiary", "plan_code")
    return [pk for pk, *key in found if tuple(key) in wanted][:limit]


def _wanted(now: datetime) -> set[tuple[str, str, str]]:
    with unscoped("a VPS plan is looked at once for all tenants"):
        rows = _watching(now).order_by().values_list("host", "subsidiary", "plan_code")
        return set(rows.distinct())


def _watching(now: datetime) -> QuerySet[Wish]:
    return Wish.objects.filter(
        demand.of_active_tenants(),
        Q(expires_at=None) | Q(expires_at__gt=now),
        state=Wish.State.ARMED,
        track=Wish.Track.VPS,
    )


def look(
    plan_id: int, now: datetime, *, open_shelf: Callable[[Host], Shelf] = shelf
) -> list[StockChange]:
    """Look at one plan that is due, once for two workers, and act on what changed; return that.

    Outside any scope and transaction: it waits for OVH. A failure keeps what was known.
    """
    is_due = Q(retry_at=None) | Q(retry_at__lte=now)
    if not VpsPlan.objects.filter(is_due, pk=plan_id).update(retry_at=now + HOLD):
        return []
    plan = VpsPlan.objects.get(pk=plan_id)
    try:
        places = open_shelf(Host(plan.host)).vps(plan.subsidiary, plan.plan_code)
        if not places:
            raise Unreachable("OVH named no place.", unclear=False)
    except OvhError as error:
        _note_failure(plan, error, now)
        return []
    changes = _keep(plan, places, now)
    reacting.on_changes(plan.host, changes, now)
    return changes


def _keep(plan: VpsPlan, places: Iterable[VpsStock], now: datetime) -> list[StockChange]:
    # after a time in which nobody looked, nobody knows since when things are as they are
    is_first = plan.looked_at is None or now - plan.looked_at > GAP
    found = [vps_rows.as_stored(place) for place in places]
    with transaction.atomic():
        before = vps_rows.known(plan, is_first=is_first)
        changes = writing.write(before, vps_rows.rows(plan, found), now)
        told = {"changed_at": now} if found != plan.places else {}
        VpsPlan.objects.filter(pk=plan.pk).update(
            places=found, looked_at=now, retry_at=now + EVERY, failures=0, last_error="", **told
        )
        if is_first:
            _have_matched(plan, now)
    return changes


def _have_matched(plan: VpsPlan, now: datetime) -> None:
    """Have the wishes that waited for the first look told of what was there already."""
    with unscoped("a VPS plan is looked at once for all tenants"):
        mine = _watching(now).filter(
            host=plan.host, subsidiary=plan.subsidiary, plan_code=plan.plan_code
        )
        ids = list(mine.values_list("pk", flat=True))
        Wish.objects.filter(pk__in=ids, state=Wish.State.ARMED).update(retry_at=now)


def _note_failure(plan: VpsPlan, error: OvhError, now: datetime) -> None:
    log.warning("the VPS plan %s cannot be looked at: %s", plan, error)
    failures = plan.failures + 1
    wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    if isinstance(error, Refused):
        wait = LONGEST_WAIT
    elif isinstance(error, Busy | Unreachable):
        wait = max(wait, timedelta(seconds=error.retry_after))
    VpsPlan.objects.filter(pk=plan.pk).update(
        failures=min(failures, 1000), last_error=str(error)[:300], retry_at=now + wait
    )

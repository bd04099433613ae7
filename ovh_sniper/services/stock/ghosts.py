"""Ghost stock: shown, and refused at checkout. Remembered for all tenants, to warn and to wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Least

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import GhostStock

# How long no unattended order is tried after a refusal: doubled with each one in a row.
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=30)
DOUBLINGS = 6
# A refusal after so long a time counts as the first one again.
FORGOTTEN = timedelta(hours=6)


def held(host: Host, fqn: str, datacenter: str, now: datetime) -> bool:
    """Tell whether OVH refused it so lately that no unattended order is tried."""
    return _of(host, fqn, datacenter).filter(hold_until__gt=now).exists()


def last_refused(host: Host, fqn: str, datacenter: str) -> datetime | None:
    """Return when OVH last refused it; None: never, or an order of it went through since."""
    found = _of(host, fqn, datacenter).first()
    if found is None or not found.refusals:
        return None
    return found.last_refused_at


def of_plan(host: Host, plan_code: str) -> list[GhostStock]:
    """Return what OVH refused of a plan, the latest first."""
    rows = GhostStock.objects.filter(host=host.value, plan_code=plan_code, refusals__gt=0)
    return list(rows.order_by("-last_refused_at"))


def of_places(host: Host, fqns: Iterable[str]) -> dict[tuple[str, str], GhostStock]:
    """Return (fqn, datacenter) -> what OVH refused there."""
    rows = GhostStock.objects.filter(host=host.value, fqn__in=list(fqns), refusals__gt=0)
    return {(one.fqn, one.datacenter): one for one in rows}


def note_refused(host: Host, fqn: str, plan_code: str, datacenter: str, now: datetime) -> None:
    """Note a refusal; each one in a row doubles how long nothing is tried. In a transaction."""
    _ensure(host, fqn, plan_code, datacenter, now)
    found = _of(host, fqn, datacenter).select_for_update(no_key=True).get()
    is_fresh = now - found.last_refused_at > FORGOTTEN
    count = 1 if is_fresh else found.refusals + 1
    wait = min(FIRST * 2 ** min(count - 1, DOUBLINGS), LONGEST)
    GhostStock.objects.filter(pk=found.pk).update(
        refusals=count, last_refused_at=now, hold_until=now + wait
    )


def note_ordered(host: Host, fqn: str, datacenter: str, now: datetime) -> None:
    """Note that an order went through: what was refused before is forgotten."""
    _of(host, fqn, datacenter).update(
        refusals=0, last_ordered_at=now, hold_until=Least(F("hold_until"), Value(now))
    )


def _ensure(host: Host, fqn: str, plan_code: str, datacenter: str, now: datetime) -> None:
    if _of(host, fqn, datacenter).exists():
        return
    try:
        with transaction.atomic():
            GhostStock.objects.create(
                host=host.value,
                fqn=fqn,
                plan_code=plan_code,
                datacenter=datacenter,
                last_refused_at=now,
                hold_until=now,
            )
    except IntegrityError:
        # two refusals at the same moment: one row
        return


def _of(host: Host, fqn: str, datacenter: str) -> QuerySet[GhostStock]:
    return GhostStock.objects.filter(host=host.value, fqn=fqn, datacenter=datacenter)

"""Who needs which host's stock: accounts, armed wishes, and pages that somebody looks at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Poller, Preferences, Wish
from ovh_sniper.services.polling import cadence
from ovh_sniper.services.polling.cadence import Demand
from tenants.models import Tenant
from tenants.scoping import unscoped

# A stock page that was opened keeps its host polled for so long; noted once in a while.
LOOKED_AT = timedelta(minutes=10)
NOTED_EVERY = timedelta(minutes=1)


def want(host: Host, now: datetime) -> Poller:
    """Have a host polled for a while because somebody looks at its stock: one query, mostly."""
    poller, _is_new = Poller.objects.get_or_create(host=Host(host).value)
    until = now + LOOKED_AT
    if poller.wanted_until is None or poller.wanted_until < until - NOTED_EVERY:
        Poller.objects.filter(pk=poller.pk).update(wanted_until=until)
    return poller


def needed(now: datetime) -> set[Host]:
    """Return the hosts that somebody needs."""
    with unscoped("each host is polled once for all tenants"):
        accounts = Account.objects.filter(of_active_tenants(), left_at=None).order_by()
        found = {
            *accounts.values_list("host", flat=True).distinct(),
            *Poller.objects.filter(wanted_until__gt=now).values_list("host", flat=True),
        }
        return {Host(one) for one in found} | _armed_hosts(now)


def of(host: Host, now: datetime) -> Demand | None:
    """Return what is wanted of a host's poller; None: nobody needs the host."""
    with unscoped("each host is polled once for all tenants"):
        hosts = _armed_hosts(now)
        if host in hosts:
            mine = _armed(now).filter(host=host.value).order_by()
            plans = sorted(mine.values_list("plan_code", flat=True).distinct())
            found = Demand(
                is_armed=True,
                plans=tuple(plans),
                interval=_interval(mine),
                armed_hosts=len(hosts),
            )
            return found if cadence.is_enough(found) else _shared(found, mine)
    return Demand(armed_hosts=len(hosts)) if host in needed(now) else None


def _shared(found: Demand, armed: QuerySet[Wish]) -> Demand:
    """Return a demand with whose plans they are: of one tenant's many no other one's shall suffer.

    A plan that a tenant orders or is asked about is not among those that he only watches.
    """
    ordered: dict[int, list[str]] = defaultdict(list)
    watched: dict[int, list[str]] = defaultdict(list)
    acts = armed.filter(mode__in=[Wish.Mode.ASK, Wish.Mode.ORDER])
    for tenant_id, code in acts.values_list("tenant_id", "plan_code").distinct():
        ordered[tenant_id].append(code)
    for tenant_id, code in armed.values_list("tenant_id", "plan_code").distinct():
        if code not in ordered.get(tenant_id, ()):
            watched[tenant_id].append(code)
    return replace(found, ordered=_each(ordered), watched=_each(watched))


def _each(plans: Mapping[int, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(plans[tenant_id])) for tenant_id in sorted(plans))


def of_active_tenants() -> Q:
    """Return the condition on rows of tenants that none of them is suspended."""
    # Joined, tenants would be looked up for each of 100,000 wishes, and where PostgreSQL has no
    # statistics yet it would walk all of them each time: seconds for what takes milliseconds.
    suspended = Tenant.objects.exclude(state=Tenant.State.ACTIVE).values_list("pk", flat=True)
    return ~Q(tenant_id__in=list(suspended))


def _armed(now: datetime) -> QuerySet[Wish]:
    return Wish.objects.filter(
        of_active_tenants(),
        Q(expires_at=None) | Q(expires_at__gt=now),
        state=Wish.State.ARMED,
        track=Wish.Track.DEDICATED,
    )


def _armed_hosts(now: datetime) -> set[Host]:
    # the first row of each is enough: no walk through all that is armed
    armed = _armed(now)
    return {host for host in Host if armed.filter(host=host.value).exists()}


def _interval(armed: QuerySet[Wish]) -> float:
    """Return the shortest interval of the tenants that these wishes are of, not below the floor."""
    default = int(Preferences._meta.get_field("interval").default)
    others = Preferences.objects.exclude(interval=default).values_list("tenant_id", "interval")
    chosen = dict(others)
    tenants = set(armed.values_list("tenant_id", flat=True).distinct())
    floor: float = settings.OVH_MIN_INTERVAL
    return max(float(min(chosen.get(one, default) for one in tenants)), floor)

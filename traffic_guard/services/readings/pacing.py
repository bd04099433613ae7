"""Whether all accounts can be read as often as they want, and how often they are where not.

The bottleneck is the API that takes the most calls a poll. Its calls a second are counted from what
accounts want; above four fifths of the limit all intervals grow by the same factor, so that the
order stays fair and what a page says ("read every 22 minutes") is what happens.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from tenants.scoping import current, unscoped
from traffic_guard.gateways.registry import CLOUDS
from traffic_guard.models import Account, Package, Server
from traffic_guard.services.readings.cadence import QUICKEST, USUAL

# the rest is for checks, searches, stops and starts
SHARE = 0.8
BATCH = 100  # packages, or servers of a place, in one call
# measured every minute (tasks/readings.py): it may miss a few
KEY, KEPT_SECONDS = "traffic-stretch", 600
READABLE = Q(left_at=None, state__in=[Account.State.READY, Account.State.LIMITED])


def read_every(account: Account) -> timedelta:
    """Return how often an account is read at present: as wanted, or as the limit allows."""
    return wanted(account) * stretch(account.provider)


def wanted(account: Account) -> timedelta:
    """Return how often an account's policy wants it to be read."""
    return timedelta(seconds=account.wanted_seconds) or USUAL


def stretch(provider: str) -> float:
    """Return by what all intervals of a cloud are longer than wanted: 1 where all fits.

    Nothing of it is a tenant's own.
    """
    key = f"{KEY}:{provider}"
    kept = cache.get(key)
    if kept is None:
        # a page has its tenant's scope open, which sees too little: the clock measures
        kept = 1.0 if current() is not None else measure(provider)
    return float(kept)


def slowest() -> float:
    """Return the largest factor of all clouds; no query."""
    return max(stretch(name) for name in CLOUDS)


def measure(provider: str) -> float:
    """Count what accounts want, over all tenants, and keep the factor; outside any scope."""
    limit: float = SHARE * settings.TRAFFIC_CALLS_PER_SECOND
    found = max(1.0, demand(provider) / limit)
    cache.set(f"{KEY}:{provider}", found, KEPT_SECONDS)
    return found


def demand(provider: str) -> float:
    """Return the calls a second that an API would get were all accounts read as they want."""
    with unscoped("the limit is shared by all tenants"):
        accounts = Account.objects.filter(READABLE, provider=provider)
        wanted_of = dict(accounts.values_list("pk", "wanted_seconds"))
        calls = calls_of(accounts)
    return sum(
        calls.get(pk, 1) / max(seconds, QUICKEST.total_seconds())
        for pk, seconds in wanted_of.items()
    )


def calls_of(accounts: QuerySet[Account] | Sequence[int]) -> dict[int, int]:
    """Return how many calls a poll of accounts makes to the API that it asks most; by account.

    Billing takes 100 packages a call, servers and the live counter at least one for each place.
    """
    counted = Server.objects.filter(account__in=accounts, hidden_at=None).order_by()
    places: dict[int, int] = {}
    for row in counted.values("account", "region", "project_id").annotate(count=Count("pk")):
        calls = math.ceil(row["count"] / BATCH)
        places[row["account"]] = places.get(row["account"], 0) + calls
    packages = Package.objects.filter(account__in=accounts, ended_at=None, successor=None)
    found = defaultdict(lambda: 1, places)
    for pk, count in packages.order_by().values_list("account").annotate(Count("pk")):
        found[pk] = max(found[pk], math.ceil(count / BATCH))
    return found


def providers() -> list[str]:
    """Return the clouds of which somebody has an account."""
    with unscoped("the clock measures each cloud"):
        rows = Account.objects.filter(READABLE).order_by().values_list("provider", flat=True)
        return sorted(set(rows))

"""Fills a store for `benchmarks.traffic_polls`: tenants of very different sizes, all watched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

INTERVAL = timedelta(minutes=15)
REGION = "ap-southeast-1"
# of the accounts, those of one tenant, and of some middling ones; the others have one each
BIG, MIDDLING, MIDDLING_TENANTS = 0.5, 0.4, 10


def sizes(accounts: int) -> list[int]:
    """Return how many accounts each tenant has."""
    big = round(accounts * BIG)
    each = round(accounts * MIDDLING / MIDDLING_TENANTS)
    middling = [each] * MIDDLING_TENANTS if each > 1 else []
    return [big, *middling, *([1] * (accounts - big - sum(middling)))]


def build(accounts: int, servers: int, now: datetime) -> None:
    """Create tenants, accounts, servers and packages; polls are spread over the first interval."""
    from tenants.models import Tenant

    numbers = iter(range(accounts))
    for index, size in enumerate(sizes(accounts)):
        tenant = Tenant.objects.create(slug=f"traffic-{index}", name=f"Tenant {index} of {size}")
        for _one in range(size):
            number = next(numbers)
            # a fixed stride spreads neighbours
            at = now + INTERVAL * (number * 617 % accounts / accounts)
            _account(tenant, number, servers, at)


def _account(tenant: Any, number: int, servers: int, at: datetime) -> None:
    from tenants.scoping import scope
    from traffic_guard.models import Package, Server, ServerPackage
    from traffic_guard.testing import make_account

    account = make_account(
        tenant,
        name=f"account-{number}",
        access_key=f"BENCHKEY{number:012d}",
        domain_id=f"d-{number}",
        poll_at=at,
    )
    with scope(tenant):
        made = Server.objects.bulk_create(_servers(account, number, servers, Server))
        packages = Package.objects.bulk_create(
            Package(
                tenant=tenant,
                account=account,
                cloud_id=f"f-{number}-{n}",
                region=REGION,
            )
            for n in range(servers)
        )
        ServerPackage.objects.bulk_create(
            ServerPackage(tenant=tenant, server=server, package=package)
            for server, package in zip(made, packages, strict=True)
        )


def _servers(account: Any, number: int, servers: int, model: Any) -> Iterator[Any]:
    for n in range(servers):
        yield model(
            tenant_id=account.tenant_id,
            account=account,
            cloud_id=f"s-{number}-{n}",
            name=f"server-{number}-{n}",
            region=REGION,
            project_id=f"p-{number}",
        )

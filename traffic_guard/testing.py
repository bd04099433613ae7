"""Builders for tests: accounts of the emulated clouds, servers, packages, readings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tenants.blind_index import fingerprint
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor
from traffic_guard.models import Account, Package, Reading, Server, ServerPackage

TESTER = Actor(kind="system", name="tests")
GB = 1024**3
REGION, PROJECT = "ap-southeast-1", "0a1b2c3d4e5f"


def make_account(tenant: Tenant, **fields: Any) -> Account:
    """Write an account as a check of working keys leaves it."""
    values: dict[str, Any] = {
        "name": "Huawei",
        "access_key": "TESTACCESSKEY0000001",
        "secret_key": "testSecretKeyThatOpensNothing00000000001",
        "rights": Account.Rights.GUARD,
        "state": Account.State.READY,
        "checked_at": timezone.now(),
        **fields,
    }
    values.setdefault("key_mark", fingerprint("traffic-key", f"huawei {values['access_key']}"))
    with scope(tenant):
        account: Account = Account.objects.create(tenant=tenant, **values)
    return account


def make_server(account: Account, name: str = "web-1", **fields: Any) -> Server:
    """Write a running server of an account, without a package."""
    values: dict[str, Any] = {
        "name": name,
        "cloud_id": f"id-of-{name}",
        "region": REGION,
        "project_id": PROJECT,
        "addresses": ["203.0.113.10"],
        "charging": "prepaid",
        "power": Server.Power.RUNNING,
        "power_at": timezone.now(),
        **fields,
    }
    with scope(account.tenant_id):
        server: Server = Server.objects.create(
            tenant_id=account.tenant_id, account=account, **values
        )
    return server


def make_package(
    server: Server, *, left: float = 100, total: float = 1000, **fields: Any
) -> Package:
    """Write a package of a server with its newest reading; `left` and `total` in GB."""
    now = timezone.now()
    values: dict[str, Any] = {
        "cloud_id": f"package-of-{server.name}",
        "name": "Lightweight BGP data package",
        "region": server.region,
        "remaining_bytes": int(left * GB),
        "total_bytes": int(total * GB),
        "raw_amount": str(left),
        "unit_id": "10",
        "cycle_start": now - timedelta(days=10),
        "cycle_end": now + timedelta(days=20),
        "first_cycle_end": now - timedelta(days=10),
        "read_at": now,
        "moved_at": now,
        **fields,
    }
    with scope(server.tenant_id):
        package: Package = Package.objects.create(
            tenant_id=server.tenant_id, account_id=server.account_id, **values
        )
        ServerPackage.objects.create(tenant_id=server.tenant_id, server=server, package=package)
    make_reading(package, package.read_at or now)
    return package


def make_reading(package: Package, at: datetime, left: float | None = None) -> Reading:
    """Write a reading of a package; `left` in GB, else what the package has left now."""
    remaining = package.remaining_bytes if left is None else int(left * GB)
    values: dict[str, Any] = {
        "remaining_bytes": remaining,
        "total_bytes": package.total_bytes,
        "raw_amount": str((remaining or 0) / GB),
        "unit_id": package.unit_id,
        "cycle_start": package.cycle_start,
        "cycle_end": package.cycle_end,
    }
    with scope(package.tenant_id):
        reading: Reading = Reading.objects.create(
            tenant_id=package.tenant_id, package=package, at=at, **values
        )
    return reading

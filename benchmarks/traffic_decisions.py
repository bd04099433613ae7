"""From the reading that breaches a threshold to the planned stop; prints figures as JSON lines.

`python -m benchmarks.traffic_decisions SERVERS` under DJANGO_SETTINGS_MODULE=benchmarks.settings.
The cloud is the emulator, over HTTP, in this process; the task is the worker's own.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import django

from emulators.clock import ManualClock
from emulators.httpd import Server
from emulators.huawei import HuaweiEmulator


def main(servers: int) -> None:
    """Measure and print."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    emulator = HuaweiEmulator(clock=ManualClock())
    emulator.limits.per_second = 0
    with Server(emulator.app) as server:
        _point_at(server.url)
        account = _stage(emulator, servers)
        spent = [_breach(emulator, account, number) for number in range(servers)]
    note = f"{servers} breaches of an account with {servers} servers; slowest {max(spent):.0f} ms"
    _say("traffic.decision", statistics.median(spent), "ms", note)
    emulator.close()


def _point_at(url: str) -> None:
    from django.conf import settings

    settings.TRAFFIC_CALLS_PER_SECOND = 10_000
    for service in ("iam", "config", "bss"):
        setattr(settings, f"HUAWEI_{service.upper()}_URL", f"{url}/huawei/{service}/{{site}}")
    for service in ("ecs", "vpc", "ces"):
        setattr(settings, f"HUAWEI_{service.upper()}_URL", f"{url}/huawei/{service}/{{region}}")


def _stage(emulator: HuaweiEmulator, servers: int) -> Any:
    """Link an account whose servers are stopped below 50 GB, and read it once."""
    from tenants.models import Tenant
    from tenants.scoping import scope
    from traffic_guard.models import Package, ServerPackage
    from traffic_guard.services.policies import editing
    from traffic_guard.testing import GB, TESTER, make_account, make_server

    keys = emulator.add_account()
    tenant = Tenant.objects.create(slug="guarded", name="Guarded")
    account = make_account(
        tenant,
        site=keys.site,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
        domain_id=keys.domain_id,
    )
    with scope(tenant):
        editing.save(
            tenant,
            TESTER,
            auto_stop=True,
            dry_run="never",
            threshold_bytes=50 * GB,
            grace_minutes=30,
        )
        for number in range(servers):
            bought = emulator.add_plan(keys.domain_id, name=f"web-{number}", left_gb=500)
            server = make_server(
                account, bought.name, cloud_id=bought.id, project_id=bought.project_id
            )
            package = Package.objects.create(
                tenant=tenant, account=account, cloud_id=emulator.package(bought.name).id
            )
            ServerPackage.objects.create(tenant=tenant, server=server, package=package)
    _read(account)
    return account


def _breach(emulator: HuaweiEmulator, account: Any, number: int) -> float:
    """Let one server's rest fall; return the ms from asking for the reading to the stop's row."""
    from tenants.scoping import scope
    from traffic_guard.models import PlannedStop

    emulator.set_remaining(f"web-{number}", 20)
    _read(account)  # one source alone decides nothing
    begun = time.perf_counter()
    _read(account)
    spent = (time.perf_counter() - begun) * 1000
    with scope(account.tenant_id):
        found = PlannedStop.objects.filter(server__name=f"web-{number}").first()
    assert found is not None, f"no stop of web-{number} was planned"
    return spent


def _read(account: Any) -> None:
    from django.utils import timezone

    from tenants.scoping import scope
    from traffic_guard.services.readings import polling
    from traffic_guard.tasks import readings as tasks

    with scope(account.tenant_id, transaction=False):
        polling.request(account.pk, timezone.now())
        assert tasks.read(account.pk, timezone.now())


def _say(name: str, value: float, unit: str, note: str) -> None:
    print(json.dumps({"name": name, "value": value, "unit": unit, "note": note}), flush=True)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))

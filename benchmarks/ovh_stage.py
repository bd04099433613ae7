"""Fills an empty database for `benchmarks.ovh_orders`: wishes that order, their carts kept warm.

`python -m benchmarks.ovh_stage WISHES` under DJANGO_SETTINGS_MODULE=benchmarks.settings; prints
what each wish waits for, as JSON.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import django

HOST = "eu"
CAP = Decimal(5000)


def build(count: int) -> list[dict[str, Any]]:
    """Create everything; return the configurations and datacenters to put in stock."""
    from django.core.management import call_command

    from ovh_sniper.models import Preferences, WarmCart
    from ovh_sniper.testing import fetch_catalogue, make_account, poll, warm_up
    from tenants.models import Tenant
    from tenants.scoping import scope

    call_command("migrate", verbosity=0)
    tenant = Tenant.objects.create(slug="buyer", name="Buyer")
    account = make_account(tenant, HOST)
    with scope(tenant):
        Preferences.objects.create(tenant=tenant, interval=1)
    fetch_catalogue(HOST)
    poll(HOST)
    made = [_wish(account, cell) for cell in _cells(count)]
    while True:
        warm_up()
        with scope(tenant):
            ready = WarmCart.objects.filter(state=WarmCart.State.READY)
            if len(set(ready.values_list("wish_id", flat=True))) == count:
                return made


def _cells(count: int) -> Iterator[tuple[Any, str]]:
    """Yield configurations, sold in the account's country, with a datacenter each.

    Of as few plans as possible: then a look at what is armed comes soon.
    """
    from ovh_sniper.gateways.hosts import Host
    from ovh_sniper.models import Configuration
    from ovh_sniper.services.catalogue import catalogues
    from ovh_sniper.services.stock import list_rows

    catalogue = catalogues.current(Host.EU, "FR")
    assert catalogue is not None
    plans: dict[str, list[tuple[Any, str]]] = {}
    for one in Configuration.objects.filter(host=HOST).order_by("pk"):
        plan = catalogue.plans.get(one.plan_code)
        if plan is not None and catalogue.addons_of(list_rows.of_configuration(one)) is not None:
            plans.setdefault(one.plan_code, []).extend((one, place) for place in plan.datacenters)
    largest = sorted(plans.values(), key=len, reverse=True)
    return itertools.islice(itertools.chain.from_iterable(largest), count)


def _wish(account: Any, cell: tuple[Any, str]) -> dict[str, Any]:
    from ovh_sniper.testing import make_wish

    configuration, datacenter = cell
    make_wish(
        account,
        plan_code=configuration.plan_code,
        memory=configuration.memory,
        storage=configuration.storage,
        system_storage=configuration.system_storage,
        gpu=configuration.gpu,
        datacenters=[datacenter],
        cap_due_now=CAP,
    )
    return {"fqn": configuration.fqn, "datacenter": datacenter}


if __name__ == "__main__":
    django.setup()
    json.dump(build(int(sys.argv[1])), sys.stdout)

"""Builders for tests: accounts of the emulated OVH, wishes, looks at its stock, the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from ovh_sniper import demo
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import shelf
from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.services.carts import keeping, planning
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.ordering import executing, following, reconciling
from ovh_sniper.services.stock import intervals
from ovh_sniper.services.stock.intervals import StockChange
from ovh_sniper.services.wishes import lifecycle
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

TESTER = Actor(kind="system", name="tests")
State = Order.State
# what the clock may have to do after one another until an order rests
ROUNDS = 12

# The keys of the emulator's demo accounts (emulators/ovh/world.py); they open nothing else.
DEMO: dict[str, dict[str, Any]] = {
    "eu": {
        **demo.KEYS,
        "nichandle": "hd10001-ovh",
        "subsidiary": "FR",
        "currency": "EUR",
        "payment_method": "************4242",
        "payment_method_id": 900000123,
    },
    "ca": {
        "application_key": "harborDemoCa0001",
        "application_secret": "harborDemoCaSecret00000000000001",
        "consumer_key": "harborDemoCaConsumer000000000001",
        "nichandle": "hd20001-ovh",
        "subsidiary": "QC",
        "currency": "CAD",
        "payment_method": "************4242",
        "payment_method_id": 900000124,
    },
    "us": {
        "application_key": "harborDemoUs0001",
        "application_secret": "harborDemoUsSecret00000000000001",
        "consumer_key": "harborDemoUsConsumer000000000001",
        "nichandle": "hd30001-ovh",
        "subsidiary": "US",
        "currency": "USD",
    },
}
PLAN = {"eu": "27sk15", "ca": "27sk15", "us": "27sk15-us"}
DATACENTER = {"eu": "gra", "ca": "bhs", "us": "vin"}


def make_account(tenant: Tenant, host: str = "eu", **fields: Any) -> Account:
    """Write an account of the emulator's demo world as the doctor leaves a healthy one."""
    values = {"name": f"OVH {host}", "host": host, **DEMO[host], **fields}
    with scope(tenant):
        account: Account = Account.objects.create(
            tenant=tenant, state=Account.State.READY, checked_at=timezone.now(), **values
        )
    return account


def make_wish(account: Account, **fields: Any) -> Wish:
    """Write an armed wish: one server of the demo's plan, anywhere, ordered at once."""
    values: dict[str, Any] = {
        "account": account,
        "host": account.host,
        "subsidiary": account.subsidiary,
        "plan_code": PLAN[account.host],
        "mode": Wish.Mode.ORDER,
        **fields,
    }
    with scope(account.tenant_id):
        return lifecycle.create(actor=TESTER, now=timezone.now(), may_pay=True, **values)


def fetch_catalogue(host: str = "eu", subsidiary: str = "") -> None:
    """Have the price list of a subsidiary fetched from the emulator."""
    subsidiary = subsidiary or DEMO[host]["subsidiary"]
    catalogues.ensure(Host(host), subsidiary)
    catalogues.refresh(Host(host), subsidiary, timezone.now())


def poll(
    host: str = "eu", *, now: datetime | None = None, plan_code: str = ""
) -> list[StockChange]:
    """Look at the emulator's stock once, as a poller that has just started does, and act on it."""
    at = now or timezone.now()
    known = intervals.load(Host(host))
    rows = shelf(Host(host)).availabilities(plan_code).rows
    changes = intervals.apply(known, rows, at, plan_code=plan_code)
    reacting.on_changes(host, changes, at)
    return changes


def orders_of(tenant: Tenant) -> list[Order]:
    """Return the tenant's orders, the oldest first."""
    with scope(tenant, transaction=False):
        return list(Order.objects.select_related("account", "wish").order_by("pk"))


def run_orders(now: datetime | None = None) -> None:
    """Do what the clock would do with orders at a time, until none has anything due then."""
    for _round in range(ROUNDS):
        at = now or timezone.now()
        due = following.due(at, 500)
        if not due:
            return
        for tenant_id, order_id, state in due:
            with scope(tenant_id, transaction=False):
                _advance(order_id, state, at)


def _advance(order_id: int, state: str, now: datetime) -> None:
    if state == State.INTENDED:
        executing.execute(order_id, now=now)
    elif state == State.ORDERING:
        reconciling.abandoned(order_id, now)
    elif state == State.UNKNOWN:
        reconciling.reconcile(order_id, now=now)
    else:
        following.follow(order_id, now=now)


def warm_up(now: datetime | None = None) -> None:
    """Have the carts of all wishes planned, built and looked after, as the clock does."""
    at = now or timezone.now()
    for tenant_id, wish_id in planning.unplanned(500):
        with scope(tenant_id):
            wish = Wish.objects.select_related("account", "tenant").get(pk=wish_id)
            planning.plan(wish, at)
    for _round in range(ROUNDS):
        due = keeping.due(at, 500)
        if not due:
            return
        for tenant_id, account_id in due:
            with scope(tenant_id, transaction=False):
                keeping.tend_account(account_id, at)

"""Rows of every model of `ovh_sniper`, for the tests of the operators' admin."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from ovh_sniper.models import (
    Account,
    Alert,
    Announced,
    CatalogueChange,
    Configuration,
    GhostStock,
    Order,
    Poller,
    Preferences,
    StockInterval,
    StoredCatalogue,
    StoredPlan,
    Unwatched,
    VpsPlan,
    WarmCart,
    Wish,
)
from tenants.ids import random_text
from tenants.models import Tenant
from tenants.scoping import scope

PLAN = "27sk15"
PLACE = {"fqn": "27sk15.ram", "datacenter": "gra"}


def make_accounts(tenant: Tenant, *, rows: int) -> list[str]:
    """Create accounts with wishes, carts, orders and alerts; return what no page may show."""
    now = timezone.now()
    secrets = []
    with scope(tenant):
        Preferences.objects.create()
        for number in range(rows):
            account = Account.objects.create(
                name=f"shop {number}",
                host="eu",
                state=Account.State.LIMITED,
                nichandle=f"ab{number}-ovh",
                subsidiary="FR",
                currency="EUR",
                findings=[
                    {
                        "code": "missing",
                        "function": "order",
                        "items": ["POST /order/cart/*/checkout"],
                    }
                ],
                consent_back=(mark := f"https://example.org/back/{random_text(43)}"),
                **(keys := _keys()),
            )
            wish = Wish.objects.create(
                account=account, host="eu", subsidiary="FR", plan_code=PLAN, mode="order"
            )
            money = {"due_now": Decimal("33.58"), "renewal": Decimal("12.99"), "currency": "EUR"}
            cart, url = random_text(36), f"https://ovh.example/?orderPassword={random_text(8)}"
            order = Order.objects.create(
                account=account,
                wish=wish,
                place=1,
                source="wish",
                plan_code=PLAN,
                state="unknown",
                reason="price_over_cap",
                cart_id=cart,
                url=url,
                **PLACE,
                **money,
            )
            WarmCart.objects.create(
                account=account, wish=wish, order=order, cart_id=cart, **PLACE, **money
            )
            Alert.objects.create(
                wish=wish,
                interval_id=number,
                plan_code=PLAN,
                availability="1H-low",
                stock_seen_at=now,
                out_for=90,
                **PLACE,
                **money,
            )
            secrets += [*keys.values(), mark, cart, url]
    return secrets


def _keys() -> dict[str, str]:
    names = ("application_key", "application_secret", "consumer_key", "new_consumer_key")
    return {name: random_text(32) for name in (*names, "client_id", "client_secret", "consent_url")}


def fill_shared_tables(*, rows: int = 2) -> None:
    """Create the rows that belong to no tenant."""
    now = timezone.now()
    Poller.objects.create(host="eu", succeeded_at=now, interval=5, cadence="armed", rows=9_000)
    for number in range(rows):
        configuration = Configuration.objects.create(
            host="eu", fqn=f"{PLAN}.{number}", plan_code=PLAN, first_seen=now, last_seen=now
        )
        StockInterval.objects.create(
            configuration=configuration,
            datacenter="gra",
            availability="1H-low",
            delivery_hours=1,
            best_hours=1,
            opened_at=now,
        )
        Announced.objects.create(configuration=configuration, datacenter="rbx", since=now)
        GhostStock.objects.create(
            host="eu",
            fqn=f"{PLAN}.{number}",
            datacenter="gra",
            refusals=1,
            last_refused_at=now,
            hold_until=now,
        )
        Unwatched.objects.create(host="eu", since=now - timedelta(hours=1), until=now)
        catalogue = StoredCatalogue.objects.create(
            host="eu", subsidiary=("FR", "DE", "PL")[number], body=b"x" * 100, fetched_at=now
        )
        StoredPlan.objects.create(
            catalogue=catalogue, plan_code=PLAN, name="KS", setup=1, first_period=1, renewal=1
        )
        CatalogueChange.objects.create(
            catalogue=catalogue,
            plan_code=PLAN,
            name="KS",
            kind="price",
            before={"renewal": "12.99"},
            after={"renewal": "10.99"},
            noticed_at=now,
        )
        VpsPlan.objects.create(host="eu", subsidiary="FR", plan_code=f"vps-{number}", looked_at=now)

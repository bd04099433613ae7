"""Orders in any state, written as if all that leads there had happened."""

from __future__ import annotations

from typing import Any

from ovh_sniper.models import Account, Order
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.tests.market import Market
from tenants.scoping import scope

PLAN, PLACE = "27sk15", "gra"


def make_order(account: Account, **fields: Any) -> Order:
    """Write an order by hand of the demo's plan, queued unless told otherwise."""
    values = {
        "account": account,
        "source": Order.Source.CHAT,
        "plan_code": PLAN,
        "fqn": f"{PLAN}.ram-64g-ecc-3200.softraid-2x500nvme",
        "datacenter": PLACE,
        "currency": "EUR",
        **fields,
    }
    with scope(account.tenant_id):
        order: Order = Order.objects.create(tenant_id=account.tenant_id, **values)
    return order


def order(market: Market, **fields: Any) -> list[Order]:
    """Order by hand, as the portal and a chat do."""
    given = {"source": Order.Source.PORTAL, "now": market.now, **fields}
    with scope(market.tenant):
        return by_hand.order_plan(market.account, given.pop("plan", PLAN), **given)

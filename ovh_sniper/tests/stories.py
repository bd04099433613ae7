"""What has happened before a test comes to its point."""

from __future__ import annotations

from typing import Any

from ovh_sniper.models import Order, WarmCart
from ovh_sniper.tests.market import Market


def bought(market: Market, **fields: Any) -> Order:
    """Have a server ordered by a wish with these terms."""
    market.wish(**fields)
    market.appear()
    market.run()
    assert market.order.ovh_order_id
    return market.order


def lose(market: Market, kind: str = "lost_answer", *places: str) -> list[Order]:
    """Have orders sent whose answers are all lost; OVH made them, or (with another kind) not."""
    market.fault(kind, times=len(places or "1"))
    for order in market.orders:
        if order.state == "intended":
            market.carry_out(order)
    assert set(market.states) == {"unknown"}
    return market.orders


def ready(market: Market) -> list[WarmCart]:
    """Return the carts that an order may take."""
    return [cart for cart in market.cart_rows if cart.state == WarmCart.State.READY]

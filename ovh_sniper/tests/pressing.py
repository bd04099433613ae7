"""Every button and command of the bot, and all that a press could change."""

from __future__ import annotations

from typing import Any

from bots.models import FailedUpdate
from ovh_sniper.models import ChatRequest, Order, Preferences, Wish
from ovh_sniper.services.telling.buttons import (
    AlertDetails,
    CancelOrder,
    Confirm,
    Drop,
    Mute,
    OrderDetails,
    OrderNow,
    PayOrder,
    WishFor,
)
from ovh_sniper.tests.chatting import PLAN
from tenants.models import Tenant
from tenants.scoping import scope

STAFF_ONLY = "This is for the team of this bot only."
COMMANDS = (
    "/status",
    "/list",
    "/stock",
    f"/stock {PLAN}",
    "/queue",
    "/orders",
    "/pause",
    "/resume",
    "/mute 5",
    "/unmute",
)


def buttons(world: dict[str, str]) -> list[str]:
    """Return what every button of the product sends."""
    known = [
        OrderNow(world["alert"]),
        AlertDetails(world["alert"]),
        Mute(7),
        Mute(0),
        CancelOrder(world["order"]),
        PayOrder(world["order"]),
        OrderDetails(world["order"]),
        Confirm(world["request"], world["account"]),
        Drop(world["request"]),
        WishFor(world["request"], world["account"], "order"),
    ]
    pages = ["ol:0", "oh:0", "oq", f"oz:{world['wish']}:0", f"or:{world['wish']}:0"]
    return [one.pack() for one in known] + pages


def kept(tenant: Tenant) -> Any:
    """Return all that a button could change."""
    with scope(tenant):
        return (
            list(Order.objects.order_by("pk").values("pk", "state", "wanted")),
            list(Wish.objects.order_by("pk").values("pk", "state")),
            list(ChatRequest.objects.values("pk", "taken_at")),
            list(Preferences.objects.values("muted_until")),
            FailedUpdate.objects.count(),
        )

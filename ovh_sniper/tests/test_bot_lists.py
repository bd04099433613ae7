"""What is in stock, what is under way, the latest orders; cancelling and paying from the chat."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Bot
from bots.testing import Someone, delivered, outgoing
from ovh_sniper.models import Account, Order
from ovh_sniper.testing import make_wish, orders_of, poll, run_orders
from ovh_sniper.tests.chatting import CHEAPEST, PLAN, key_like, keys_of, make_ovh_bot, make_staff
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

COMMANDS = ("status", "list", "stock", "queue", "orders", "pause", "resume", "mute", "unmute")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


@pytest.fixture
def vera(bot: Bot) -> Someone:
    """A viewer."""
    return make_staff(bot, "viewer")


@pytest.fixture
def oscar(bot: Bot) -> Someone:
    """An operator."""
    return make_staff(bot, "operator")


def read(bot: Bot, someone: Someone, said: str) -> str:
    """Return what the bot answers to a text when nothing else waits."""
    delivered(bot)
    return someone.says(said).text


# --- Stock


def test_stock_of_a_plan_tells_where_what_how_much_how_soon_and_since_when(
    bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    poll()
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    ovh_emulator.set_stock("eu", CHEAPEST, "rbx", "72H")
    poll(now=timezone.now() - timedelta(minutes=42))
    said = read(bot, vera, f"/stock {PLAN.upper()}")
    for part in (
        "KS-15 | AMD Ryzen 5600",
        "(EU/FR)",
        "ram-64g-ecc-3200 · softraid-2x500nvme",
        "Now 31.18 EUR, then 15.59 EUR a month",
        "Gravelines, FR (gra): <b>1 hour, few left</b> · for 42 minutes",
        "Roubaix, FR (rbx): <b>72 hours</b>",
    ):
        assert part in said, part
    assert said.index("(gra)") < said.index("(rbx)")


def test_stock_of_before_anybody_looked_says_so(
    bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()
    assert "since before I looked" in read(bot, vera, f"/stock {PLAN}")


def test_stock_that_is_out_tells_when_it_was_last_there(
    bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    now = timezone.now()
    poll(now=now - timedelta(hours=5))
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll(now=now - timedelta(hours=3))
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "unavailable")
    poll(now=now - timedelta(hours=2))
    said = read(bot, vera, f"/stock {PLAN}")
    assert "Last seen in 🇫🇷 Gravelines, FR (gra): it was there for 1 hour" in said
    assert "went 2 hours ago" in said


def test_stock_alone_shows_the_plans_that_are_wished_for(
    bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked, mode="alert")
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()
    said = read(bot, vera, "/stock")
    assert PLAN in said
    # in stock in the demo's world, and wished for by nobody
    assert "24sys012" not in said


def test_stock_of_no_plan_is_a_hint(bot: Bot, vera: Someone, linked: Account) -> None:
    assert "Did you mean <code>27sk15</code>" in read(bot, vera, "/stock 27sk51")
    assert "did not understand" in read(bot, vera, "/stock gravelines")


# --- Orders


def place(linked: Account, emulator: OvhEmulator, count: int = 1) -> None:
    poll()
    make_wish(linked, quantity=count, datacenters=["gra"])
    emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()


def test_the_queue_shows_what_is_under_way_and_what_will_be(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked, plan_code="24sk20", name="Later", quantity=3)
    place(linked, ovh_emulator, 2)
    delivered(bot)
    call = oscar.says("/queue").call
    text = (call or {})["text"]
    assert text.count("queued") == 2
    assert "Later: 3 left to order" in text
    assert set(keys_of(call)) == {"✖ Cancel no. 1", "✖ Cancel no. 2", "🔄 Refresh"}
    run_orders()
    oscar.presses(key_like(call, "Refresh"))
    fresh = outgoing(bot)[-1]
    assert fresh.method == "editMessageText"
    assert "queued" not in fresh.params["text"]
    assert set(keys_of(fresh)) == {"🔄 Refresh"}


def test_an_order_is_cancelled_from_the_queue(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    place(linked, ovh_emulator)
    delivered(bot)
    key = key_like(oscar.says("/queue").call, "Cancel")
    assert "taken back in time" in oscar.presses(key).text
    run_orders()
    assert orders_of(bot.tenant)[0].state == Order.State.CANCELLED
    assert "This order is over" in oscar.presses(key).text


def test_what_was_sent_is_not_cancelled_and_the_bot_says_what_ovh_allows(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    place(linked, ovh_emulator)
    run_orders()
    [order] = orders_of(bot.tenant)
    assert "ends by itself when nobody pays" in oscar.presses(f"oc:{order.public_id}").text
    assert orders_of(bot.tenant)[0].state == Order.State.PLACED


def test_the_latest_orders_have_details_and_acts_by_role(
    bot: Bot, oscar: Someone, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    adam = make_staff(bot, "admin")
    place(linked, ovh_emulator)
    run_orders()
    delivered(bot)
    for who, names in ((vera, {"1 · Details"}), (oscar, {"1 · Details"})):
        assert set(keys_of(who.says("/orders").call)) == names
    assert set(keys_of(adam.says("/orders").call)) == {"1 · Details", "💳 Pay now"}


def test_details_tell_all_but_what_is_secret(
    bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    place(linked, ovh_emulator)
    run_orders()
    [order] = orders_of(bot.tenant)
    delivered(bot)
    vera.presses(f"od:{order.public_id}")
    message = outgoing(bot)[-1]
    said = message.params["text"]
    for part in (str(order.ovh_order_id), CHEAPEST, "31.18 EUR", "ram-64g-ecc-3200-27sk15"):
        assert part in said, part
    assert order.cart_id
    assert "orderPassword" in order.url
    for one in outgoing(bot):
        assert order.cart_id not in str(one.params)
        assert "orderPassword" not in str(one.params)
    page = f"https://botharbor.test/t/{bot.tenant.slug}/ovh/orders/{order.public_id}/"
    assert keys_of(message) == {"🔗 Pay at OVH": page}


def test_an_admin_pays_and_nobody_else(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    adam = make_staff(bot, "admin")
    place(linked, ovh_emulator)
    run_orders()
    [order] = orders_of(bot.tenant)
    key = f"op:{order.public_id}"
    assert "Only owners and admins" in oscar.presses(key).text
    assert orders_of(bot.tenant)[0].wanted == ""
    assert "OVH is asked to take the money" in adam.presses(key).text
    run_orders(timezone.now() + timedelta(seconds=1))
    [booked] = ovh_emulator.orders("eu")
    assert booked["status"] != "notPaid"
    assert "paid already" in adam.presses(key).text


def test_without_a_payment_method_nobody_pays_here(
    bot: Bot, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    adam = make_staff(bot, "admin")
    place(linked, ovh_emulator)
    run_orders()
    with scope(bot.tenant):
        Account.objects.update(payment_method="", payment_method_id=None)
    [order] = orders_of(bot.tenant)
    assert "no valid default payment method" in adam.presses(f"op:{order.public_id}").text
    assert orders_of(bot.tenant)[0].wanted == ""


@pytest.mark.parametrize("command", ["list", "orders", "queue", "status"])
def test_a_list_costs_the_same_queries_however_long_it_is(
    bot: Bot, vera: Someone, linked: Account, command: str
) -> None:
    def grow(count: int) -> int:
        for _one in range(count):
            wish = make_wish(linked, quantity=9)
            with scope(bot.tenant):
                Order.objects.create(
                    tenant_id=bot.tenant_id,
                    account=linked,
                    wish=wish,
                    source="wish",
                    plan_code=PLAN,
                    fqn=CHEAPEST,
                    datacenter="gra",
                )
        delivered(bot)
        with CaptureQueriesContext(connection) as queries:
            vera.says(f"/{command}")
        return len(queries)

    grow(1)
    few = grow(4)
    assert grow(25) == few <= 30

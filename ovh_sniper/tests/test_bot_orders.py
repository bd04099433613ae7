"""Orders that are typed: made at once, once, in OVH’s books; and who hears of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bots.models import Bot, OutboxMessage
from bots.testing import Someone, delivered, outgoing, post
from ovh_sniper.models import Account, Order, Preferences
from ovh_sniper.testing import orders_of, poll, run_orders
from ovh_sniper.tests.chatting import (
    CHEAPEST,
    PLAN,
    make_ovh_bot,
    make_staff,
    put_on_sale,
    said_last,
    texts_to,
)
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

RAM, DISK = "ram-128g-ecc-3200", "softraid-2x960nvme"
State = Order.State


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


@pytest.fixture
def oscar(bot: Bot, linked: Account) -> Someone:
    """An operator of Alice's tenant, linked at its bot."""
    return make_staff(bot, "operator")


def set_preferences(tenant: Tenant, **values: Any) -> None:
    with scope(tenant):
        Preferences.objects.update_or_create(tenant=tenant, defaults=values)


def books(emulator: OvhEmulator) -> list[Any]:
    return emulator.orders("eu")


# --- At once


def test_one_order_at_once_is_the_cheapest_that_is_there(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    said = said_last(bot, oscar.says(f"{PLAN} gra"))["text"]
    for part in ("Ordering", "KS-15", PLAN, "Gravelines, FR (gra)", "31.18 EUR", "OVH eu"):
        assert part in said
    [order] = orders_of(tenant)
    assert (order.fqn, order.datacenter, order.source) == (CHEAPEST, "gra", "chat")
    assert (order.cap_due_now, order.requested_by) == (Decimal("31.18"), "Operator")
    run_orders()
    assert len(books(ovh_emulator)) == 1
    [order] = orders_of(tenant)
    assert (order.state, order.due_now) == (State.PLACED, Decimal("31.18"))


def test_without_a_datacenter_all_that_have_it_are_tried_soonest_first(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    ovh_emulator.set_stock("eu", PLAN, "gra", "72H")
    ovh_emulator.set_stock("eu", PLAN, "rbx", "1H-high")
    poll()
    assert "Roubaix, FR (rbx), then 🇫🇷 Gravelines" in said_last(bot, oscar.says(PLAN))["text"]
    [order] = orders_of(tenant)
    assert (order.datacenter, order.fallbacks) == ("rbx", ["gra"])


def test_options_choose_the_hardware(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} gra 1 {RAM},{DISK}")
    [order] = orders_of(tenant)
    assert order.fqn == f"{PLAN}.{RAM}.{DISK}"
    run_orders()
    [booked] = books(ovh_emulator)
    assert orders_of(tenant)[0].ovh_order_id == booked["orderId"]


def test_the_same_update_again_orders_nothing_more(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    update = oscar.message(f"{PLAN} gra")
    assert post(bot, update).status == post(bot, update).status == 200
    run_orders()
    assert len(orders_of(tenant)) == len(books(ovh_emulator)) == 1


def test_the_same_order_within_two_minutes_is_held_back(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} gra")
    said = said_last(bot, oscar.says(f"{PLAN} gra"))["text"]
    assert "less than two minutes ago by Operator" in said
    assert len(orders_of(tenant)) == 1
    oscar.says(f"{PLAN} rbx")
    assert len(orders_of(tenant)) == 2


def test_a_price_that_rose_since_it_was_shown_is_not_paid(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} gra")
    ovh_emulator.set_price("eu", PLAN, month="13.00", setup="12.99")
    run_orders()
    [order] = orders_of(tenant)
    assert (order.state, order.reason) == (State.REFUSED, "price_over_cap")
    assert books(ovh_emulator) == []


def test_an_order_refused_in_one_place_goes_to_the_next(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} rbx,gra")
    ovh_emulator.fault("ghost")
    run_orders()
    first, second = orders_of(tenant)
    assert (first.datacenter, first.state) == ("rbx", State.REFUSED)
    assert (second.datacenter, second.state) == ("gra", State.PLACED)
    assert second.cap_due_now == Decimal("31.18")


def test_stock_that_was_refused_lately_is_warned_of(
    bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} gra")
    ovh_emulator.fault("ghost")
    run_orders()
    said = said_last(bot, oscar.says(f"{PLAN} gra"))["text"]
    assert "OVH showed this in gra and refused it at checkout" in said


# --- Where it cannot be ordered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{PLAN} sgp", "not sold in this datacenter"),
        (f"{PLAN} gra 1 ram-1g-ecc-1", "No configuration of this plan"),
        (f"{PLAN} gra 0", "So many cannot be ordered at once"),
        (f"{PLAN} gra 101", "So many cannot be ordered at once"),
    ],
)
def test_what_cannot_be_ordered_is_told(
    text: str, said: str, tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    assert said in said_last(bot, oscar.says(text))["text"]
    assert orders_of(tenant) == []


def test_without_an_account_staff_is_told_to_link_one(
    tenant: Tenant, bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    with scope(tenant):
        Account.objects.update(state=Account.State.BROKEN)
    assert "Link one in the portal" in said_last(bot, oscar.says(PLAN))["text"]


def test_an_unknown_plan_gets_a_hint_and_a_guess(bot: Bot, oscar: Someone) -> None:
    said = oscar.says("27sk51 gra 2").text
    assert "I know no plan <code>27sk51</code>" in said
    assert "<code>27sk15</code>" in said.partition("Did you mean")[2]


# --- Who hears of it


def test_whoever_orders_hears_of_it_even_where_staff_is_not_told(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    other = make_staff(bot, "operator")
    set_preferences(tenant, tells_staff=False)
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} gra")
    run_orders()
    assert any("Order no." in text for text in texts_to(bot, oscar))
    assert texts_to(bot, other) == []


def test_all_operators_hear_of_it_where_staff_is_told(
    bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    other, viewer = make_staff(bot, "operator"), make_staff(bot, "viewer")
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} gra")
    run_orders()
    for one in (oscar, other):
        assert any("Order no." in text for text in texts_to(bot, one))
    assert texts_to(bot, viewer) == []


def test_orders_of_a_chat_come_from_the_bot_that_was_asked(
    tenant: Tenant, bot: Bot, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    second = make_ovh_bot(tenant)
    make_staff(bot, "operator", telegram_id=4711)
    olga = make_staff(second, "operator", telegram_id=4711)
    put_on_sale(ovh_emulator)
    delivered(bot)
    olga.says(f"{PLAN} gra")
    assert any("submitted" in text for text in texts_to(second, olga))
    fresh = [one for one in outgoing(bot) if one.state == OutboxMessage.State.DUE]
    assert fresh == []

"""Orders that are typed and wait for a word: the preview, and the wish where there is no stock."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bots.models import Bot
from bots.testing import Someone, outgoing
from ovh_sniper.models import Account, ChatRequest, Order, Preferences, Wish
from ovh_sniper.services.chat import requests
from ovh_sniper.testing import fetch_catalogue, make_account, orders_of, poll, run_orders
from ovh_sniper.tests.chatting import (
    CHEAPEST,
    PLAN,
    key_like,
    keys_of,
    make_ovh_bot,
    make_staff,
    put_on_sale,
    said_last,
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


# --- After a word


def test_several_are_previewed_with_the_total_and_ordered_when_confirmed(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    call = said_last(bot, oscar.says(f"{PLAN} rbx 3"))
    for part in ("3 ×", "Roubaix", "Each: Now 31.18 EUR", "3 orders: Now 93.54 EUR", "46.77 EUR"):
        assert part in call["text"], part
    assert orders_of(tenant) == []
    reply = oscar.presses(key_like(call, "Order for 93.54 EUR"))
    assert (reply.call or {})["method"] == "answerCallbackQuery"
    assert [order.datacenter for order in orders_of(tenant)] == ["rbx"] * 3
    edited = [one for one in outgoing(bot) if one.method == "editMessageText"]
    assert "Ordering" in edited[0].params["text"]
    assert keys_of(edited[0]) == {}
    run_orders()
    assert len(books(ovh_emulator)) == 3


def test_a_confirmation_counts_once(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    key = key_like(said_last(bot, oscar.says(f"{PLAN} 2")), "Order for")
    oscar.presses(key)
    assert "answered already" in oscar.presses(key).text
    run_orders()
    assert len(orders_of(tenant)) == len(books(ovh_emulator)) == 2


def test_what_was_previewed_is_ordered_and_no_other_hardware(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator, CHEAPEST)
    key = key_like(said_last(bot, oscar.says(f"{PLAN} 2")), "Order for")
    for place in ("gra", "rbx"):
        ovh_emulator.set_stock("eu", CHEAPEST, place, "unavailable")
        ovh_emulator.set_stock("eu", f"{PLAN}.{RAM}.{DISK}", place, "1H-low")
    poll()
    oscar.presses(key)
    assert orders_of(tenant) == []
    assert "in stock" in outgoing(bot)[-1].params["text"]


def test_dropping_orders_nothing(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    call = said_last(bot, oscar.says(f"{PLAN} 2"))
    oscar.presses(key_like(call, "Drop"))
    assert "nothing was ordered" in outgoing(bot)[-1].params["text"]
    assert "answered already" in oscar.presses(key_like(call, "Order for")).text
    assert orders_of(tenant) == []


def test_a_preview_expires(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    key = key_like(said_last(bot, oscar.says(f"{PLAN} 2")), "Order for")
    with scope(tenant):
        ChatRequest.objects.update(expires_at=timezone.now())
    assert "more than 10 minutes old" in oscar.presses(key).text
    assert orders_of(tenant) == []
    assert keys_of(outgoing(bot)[-1]) == {}


def test_a_preview_lives_for_ten_minutes(
    tenant: Tenant, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} 2")
    with scope(tenant):
        request = ChatRequest.objects.get()
    assert timedelta(minutes=9, seconds=50) < request.expires_at - request.created_at
    assert request.expires_at - timezone.now() <= requests.LIFE


@pytest.mark.parametrize(
    ("values", "text", "asks"),
    [
        ({}, f"{PLAN} gra", False),
        ({}, f"{PLAN} gra 2", True),
        ({"confirm_above": 2}, f"{PLAN} gra 2", False),
        ({"confirm_above": 2}, f"{PLAN} gra 3", True),
        ({"confirm_above": 0}, f"{PLAN} gra", True),
        ({"confirm_amount": Decimal("31.18")}, f"{PLAN} gra", False),
        ({"confirm_amount": Decimal("31.17")}, f"{PLAN} gra", True),
        ({"confirm_above": 5, "confirm_amount": Decimal("62.35")}, f"{PLAN} gra 2", True),
        ({"confirm_above": 5, "confirm_amount": Decimal("62.36")}, f"{PLAN} gra 2", False),
    ],
)
def test_the_settings_say_when_somebody_must_confirm(
    values: dict[str, Any],
    text: str,
    asks: bool,  # noqa: FBT001
    tenant: Tenant,
    bot: Bot,
    oscar: Someone,
    ovh_emulator: OvhEmulator,
) -> None:
    set_preferences(tenant, **values)
    put_on_sale(ovh_emulator)
    call = said_last(bot, oscar.says(text))
    assert ("Order this?" in call["text"]) is asks
    assert bool(orders_of(tenant)) is not asks


def test_with_several_accounts_one_is_chosen(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    second = make_account(tenant, name="Second")
    put_on_sale(ovh_emulator)
    call = said_last(bot, oscar.says(f"{PLAN} gra"))
    assert set(keys_of(call)) == {
        "✅ With OVH eu: 31.18 EUR",
        "✅ With Second: 31.18 EUR",
        "✖ Drop it",
    }
    oscar.presses(key_like(call, "Second"))
    [order] = orders_of(tenant)
    assert order.account_id == second.pk


def test_an_account_that_cannot_order_is_not_offered(
    tenant: Tenant, bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    make_account(tenant, name="Broken")
    with scope(tenant):
        Account.objects.filter(name="Broken").update(state=Account.State.BROKEN)
    put_on_sale(ovh_emulator)
    oscar.says(f"{PLAN} gra")
    assert [order.account_id for order in orders_of(tenant)] == [linked.pk]


def test_accounts_of_other_hosts_are_offered_where_the_plan_is_sold_there(
    tenant: Tenant, bot: Bot, oscar: Someone, ovh_emulator: OvhEmulator
) -> None:
    make_account(tenant, "ca")
    fetch_catalogue("ca")
    put_on_sale(ovh_emulator)
    ovh_emulator.set_stock("ca", PLAN, "bhs", "1H-low")
    poll("ca")
    prices = set(keys_of(said_last(bot, oscar.says(PLAN))))
    assert any("OVH ca" in one and "CAD" in one for one in prices)


# --- Not in stock: a wish


@pytest.mark.parametrize(
    ("label", "mode"), [("Tell me", "alert"), ("Ask me first", "ask"), ("Order at once", "order")]
)
def test_what_is_out_of_stock_becomes_a_wish(
    label: str, mode: str, tenant: Tenant, bot: Bot, oscar: Someone, linked: Account
) -> None:
    poll()
    call = said_last(bot, oscar.says(f"{PLAN} rbx-hz,gra 2 {RAM}"))
    assert "Not in stock now" in call["text"]
    assert "40.78" in call["text"]
    oscar.presses(key_like(call, label))
    with scope(tenant):
        wish = Wish.objects.get()
        assert (wish.mode, wish.plan_code, wish.quantity) == (mode, PLAN, 2)
        assert (wish.memory, wish.storage) == (RAM, "")
        assert wish.datacenters == ["rbx-hz", "gra"]
        assert (wish.account, wish.bot_id) == (linked, bot.pk)
        assert wish.cap_due_now == (Decimal("40.78") if mode == "order" else None)
        assert wish.state == Wish.State.ARMED
    assert "I watch for it" in outgoing(bot)[-1].params["text"]


def test_a_wish_is_made_once(tenant: Tenant, bot: Bot, oscar: Someone) -> None:
    poll()
    call = said_last(bot, oscar.says(PLAN))
    oscar.presses(key_like(call, "Order at once"))
    assert "answered already" in oscar.presses(key_like(call, "Tell me")).text
    with scope(tenant):
        assert Wish.objects.count() == 1


def test_options_by_addon_code_are_the_same_wish(tenant: Tenant, bot: Bot, oscar: Someone) -> None:
    poll()
    call = said_last(bot, oscar.says(f"{PLAN} 1 {RAM}-27sk15"))
    oscar.presses(key_like(call, "Tell me"))
    with scope(tenant):
        assert Wish.objects.get().memory == RAM

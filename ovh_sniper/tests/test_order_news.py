"""What staff hears of orders later and elsewhere, in every language, within Telegram’s limits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from django.utils.html import strip_tags

from bots.messages import units
from bots.models import Bot, Channel, Notice
from bots.testing import Someone, make_chat
from ovh_sniper.models import Account, Order, Preferences
from ovh_sniper.services.telling import news, order_cards
from ovh_sniper.services.telling.recipients import Recipient
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import TESTER, make_account, make_wish, run_orders
from ovh_sniper.tests.chatting import (
    MAX_DATA,
    MAX_TEXT,
    card,
    key_like,
    keys_of,
    sent_to,
    texts_to,
    the_order,
    wish_for,
)
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Order.State


# --- Afterwards


def follow(emulator: OvhEmulator, tenant: Tenant, status: str, minutes: int) -> None:
    order = the_order(tenant)
    emulator.set_order("eu", order.ovh_order_id or 0, status)
    run_orders(timezone.now() + timedelta(minutes=minutes))


def test_the_orders_message_follows_it_and_news_are_said_aloud(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator)
    run_orders()
    before = len([one for one in sent_to(bot, oscar) if one.method == "sendMessage"])
    follow(ovh_emulator, bot.tenant, "checking", 1)
    assert "being checked by OVH" in card(bot, oscar).params["text"]
    assert "🔗 Pay at OVH" not in keys_of(card(bot, oscar))
    assert len([one for one in sent_to(bot, oscar) if one.method == "sendMessage"]) == before
    follow(ovh_emulator, bot.tenant, "documentsRequested", 2)
    follow(ovh_emulator, bot.tenant, "delivering", 3)
    follow(ovh_emulator, bot.tenant, "delivered", 4)
    said = [one.params["text"] for one in sent_to(bot, oscar) if one.method == "sendMessage"]
    assert len([text for text in said if "asks for documents" in text]) == 1
    [delivered] = [text for text in said if "🎉 Delivered" in text]
    assert the_order(bot.tenant).service_name in delivered


def test_an_unpaid_order_is_reminded_of_with_what_is_left_and_where_to_pay(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator)
    run_orders()
    order = the_order(bot.tenant)
    assert order.pay_until is not None
    run_orders(order.pay_until - timedelta(minutes=29))
    [reminder] = [one for one in sent_to(bot, oscar) if "Not paid yet" in str(one.params["text"])]
    assert "cancels this order in 30 minutes" in reminder.params["text"]
    assert keys_of(reminder)["🔗 Pay at OVH"].endswith(f"/ovh/orders/{order.public_id}/")


def test_an_order_that_ovh_ended_is_told(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator)
    run_orders()
    follow(ovh_emulator, bot.tenant, "cancelled", 1)
    [said] = [text for text in texts_to(bot, oscar) if "Order cancelled" in text]
    assert "Nobody paid in time" in said
    assert "Pay until" not in card(bot, oscar).params["text"]


# --- Where else


def test_the_chosen_group_hears_of_orders_too(
    bot: Bot, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    chat = make_chat(bot)
    with scope(bot.tenant):
        Preferences.objects.create(chat=chat)
    wish_for(linked, ovh_emulator)
    run_orders()
    said = texts_to(bot, chat.telegram_id)
    assert any("Order no." in text for text in said)
    # the role of whoever presses counts there
    shown = [one for one in sent_to(bot, chat.telegram_id) if one.slot.startswith("ovh:order")]
    assert "💳 Pay now" in keys_of(shown[-1])
    stranger = Someone(bot)
    assert "team" in stranger.presses(key_like(shown[-1], "Pay now"), chat=chat).text
    assert the_order(bot.tenant).wanted == ""


def test_the_tenants_channels_hear_of_it_without_secrets(
    bot: Bot, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    with scope(bot.tenant):
        Channel.objects.create(kind=Channel.Kind.EMAIL, name="Post", target="ops@example.org")
    wish_for(linked, ovh_emulator)
    run_orders()
    order = the_order(bot.tenant)
    with scope(bot.tenant):
        told = list(Notice.objects.order_by("pk"))
    assert {"server.in_stock", "server.ordered", "wish.ended"} <= {one.event for one in told}
    for one in told:
        assert "orderPassword" not in f"{one.title} {one.text} {one.data}"
        assert order.cart_id not in f"{one.title} {one.text} {one.data}"


# --- Limits and languages


def long_orders(account: Account, count: int, **fields: Any) -> list[Order]:
    """Write orders with everything as long as it gets."""
    wish = make_wish(account, name="W" * 80, quantity=100, mode="ask")
    values = {
        "wish": wish,
        "source": "wish",
        "plan_code": "27risestor-v1-us",
        "fqn": "27risestor-v1-us.ram-1024g-ecc.softraid-4x18000sa." + "x" * 120,
        "datacenter": "ap-southeast-syd-a",
        "due_now": Decimal("123456.78"),
        "renewal": Decimal("123456.78"),
        "currency": "EUR",
        "detail": "d" * 500,
        "ovh_order_id": None,
        **fields,
    }
    with scope(account.tenant_id):
        return [
            Order.objects.create(tenant_id=account.tenant_id, account=account, place=n, **values)
            for n in range(1, count + 1)
        ]


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
@pytest.mark.parametrize("state", list(State.values))
def test_every_message_of_every_state_fits_in_every_language(
    tenant: Tenant, bot: Bot, language: str, state: str
) -> None:
    orders = long_orders(make_account(tenant), 100, state=state, reason="price_over_cap")
    zone, group = ZoneInfo("Asia/Taipei"), Recipient(bot, -1, language)
    one = orders[0]
    one.pay_until = timezone.now()
    with scope(tenant), translation.override(language):
        for said in (
            order_cards.board(orders),
            order_cards.card(one, zone),
            order_cards.whole(one, zone),
            order_cards.refusal(one),
            order_cards.lost(one),
            order_cards.called_off(one),
            order_cards.reminder(one, 720),
            order_cards.outcome(orders),
        ):
            assert 0 < units(strip_tags(said)) <= MAX_TEXT
        keyboards = [order_cards.board_keys(orders, group), order_cards.card_keys(one, group)]
        for keyboard in keyboards:
            for row in keyboard:
                for key in row:
                    data = getattr(key, "button", None)
                    assert data is None or len(data.pack().encode()) <= MAX_DATA


def test_a_message_said_twice_is_said_once(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator)
    run_orders()
    order = the_order(bot.tenant)
    before = [one for one in sent_to(bot, oscar) if one.method == "sendMessage"]
    for _again in range(2):
        with scope(bot.tenant):
            news.submitted(order)
            news.succeeded(order)
    after = [one for one in sent_to(bot, oscar) if one.method == "sendMessage"]
    assert len(after) == len(before)


def test_a_wish_that_is_paused_takes_its_queued_orders_back_and_says_so(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish = wish_for(linked, ovh_emulator)
    with scope(bot.tenant):
        assert lifecycle.pause([wish], actor=TESTER, now=timezone.now()) == 1
    [said] = [text for text in texts_to(bot, oscar) if "Order cancelled" in text]
    assert "The wish was paused" in said

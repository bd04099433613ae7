"""What staff hears of orders: submitted, ordered, refused, finished; each once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bots.models import Bot
from bots.testing import Someone, outgoing
from ovh_sniper.models import Account, Order, Preferences
from ovh_sniper.services.telling import news
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import make_wish, orders_of, poll, run_orders
from ovh_sniper.tests.chatting import (
    CHEAPEST,
    PLAN,
    board,
    card,
    key_like,
    keys_of,
    make_staff,
    sent_to,
    texts_to,
    the_order,
    wish_for,
)
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Order.State


# --- Submitted


def test_orders_of_one_event_share_a_message_with_a_button_to_cancel_each(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator, quantity=2, name="Mine")
    message = board(bot, oscar)
    assert "2 orders submitted" in message.params["text"]
    assert "Account: OVH eu · Wish: Mine" in message.params["text"]
    assert set(keys_of(message)) == {"✖ Cancel no. 1", "✖ Cancel no. 2"}
    assert "taken back in time" in oscar.presses(key_like(message, "no. 2")).text
    fresh = board(bot, oscar)
    assert fresh.method == "editMessageText"
    assert "queued" in fresh.params["text"]
    assert "cancelled" in fresh.params["text"]
    assert set(keys_of(fresh)) == {"✖ Cancel no. 1"}
    run_orders()
    assert len(ovh_emulator.orders("eu")) == 1


def test_viewers_hear_of_stock_and_not_of_orders(
    bot: Bot, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    vera = make_staff(bot, "viewer")
    wish_for(linked, ovh_emulator)
    run_orders()
    assert all(one.slot.startswith("ovh:alert:") for one in sent_to(bot, vera))
    assert sent_to(bot, vera)


# --- Ordered, refused, unclear, finished


def test_success_tells_number_price_deadline_and_how_to_pay(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    adam = make_staff(bot, "admin")
    wish_for(linked, ovh_emulator)
    run_orders()
    order = the_order(bot.tenant)
    said = card(bot, oscar).params["text"]
    for part in ("✅ Ordered", "KS-15", str(order.ovh_order_id), "31.18 EUR", "15.59", "Pay until"):
        assert part in said, part
    assert set(keys_of(card(bot, oscar))) == {"Details", "🔗 Pay at OVH"}
    assert set(keys_of(card(bot, adam))) == {"💳 Pay now", "Details", "🔗 Pay at OVH"}
    assert "1 of 1 ordered" in board(bot, oscar).params["text"]


def test_no_message_holds_the_orders_password_or_its_cart(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    make_staff(bot, "owner")
    wish_for(linked, ovh_emulator)
    run_orders()
    order = the_order(bot.tenant)
    with scope(bot.tenant):
        news.payment_due(order, 30)
    password = order.url.partition("orderPassword=")[2]
    assert password
    for one in outgoing(bot):
        assert password not in str(one.params)
        assert order.cart_id not in str(one.params)


@pytest.mark.parametrize(
    ("ours", "telegram", "has_link"),
    [
        ("", "https://api.telegram.org", False),
        ("http://127.0.0.1:8000", "https://api.telegram.org", False),
        ("https://bots.example.org", "https://api.telegram.org", True),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000/telegram", True),
        ("", "http://127.0.0.1:9000/telegram", False),
    ],
)
def test_a_link_that_telegram_would_refuse_stands_on_no_button(
    ours: str,
    telegram: str,
    has_link: bool,  # noqa: FBT001
    bot: Bot,
    oscar: Someone,
    linked: Account,
    ovh_emulator: OvhEmulator,
    settings: Any,
) -> None:
    settings.PUBLIC_URL, settings.TELEGRAM_API_URL = ours, telegram
    wish_for(linked, ovh_emulator)
    run_orders()
    assert ("🔗 Pay at OVH" in keys_of(card(bot, oscar))) is has_link


def test_a_refusal_tells_why_and_that_nothing_was_bought(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator, cap_due_now=Decimal(20))
    run_orders()
    [said] = [text for text in texts_to(bot, oscar) if "Not ordered" in text]
    assert "The price now is above the limit. (31.18 &gt; 20.00 EUR)" in said
    assert "Gravelines" in said
    assert "0 of 1 ordered" in board(bot, oscar).params["text"]


def test_a_lost_answer_asks_not_to_order_again_and_its_end_is_told(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator)
    ovh_emulator.fault("lost_answer", method="POST", path="/order/cart/*/checkout")
    run_orders()
    said = texts_to(bot, oscar)
    assert len([text for text in said if "answer was lost" in text]) == 1
    for minutes in range(1, 5):
        run_orders(timezone.now() + timedelta(minutes=minutes))
    assert the_order(bot.tenant).state == State.PLACED
    assert len([text for text in texts_to(bot, oscar) if "Order no." in text]) >= 1


def test_after_the_last_of_several_by_hand_the_outcome_is_summed_up(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low", 2)
    poll()
    with scope(bot.tenant):
        Preferences.objects.create(confirm_above=9)
    oscar.says(f"{PLAN} gra 3")
    run_orders()
    finished = [text for text in texts_to(bot, oscar) if "Finished" in text]
    assert "Finished: 2 of 3 ordered. Due now: 62.36 EUR" in finished[-1]
    states = sorted(order.state for order in orders_of(bot.tenant))
    assert states == [State.PLACED, State.PLACED, State.REFUSED]


def test_a_dry_run_is_said_to_be_one(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator, dry_run=True)
    assert "dry run" in board(bot, oscar).params["text"]
    run_orders()
    assert "Dry run: this would have been ordered" in card(bot, oscar).params["text"]
    assert ovh_emulator.orders("eu") == []


def test_a_wish_that_is_fulfilled_or_stopped_is_told(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    wish_for(linked, ovh_emulator, name="Mine")
    run_orders()
    assert any("Wish fulfilled: Mine" in text for text in texts_to(bot, oscar))
    wish = make_wish(linked, name="Short", expires_at=timezone.now() + timedelta(hours=1))
    with scope(bot.tenant):
        assert lifecycle.expire(timezone.now() + timedelta(hours=2)) == 1
    assert any("its time is over: Short" in text for text in texts_to(bot, oscar))
    assert wish.pk


# --- Tried elsewhere


def test_an_order_by_hand_that_goes_on_elsewhere_stays_one_message(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    for place in ("gra", "rbx"):
        ovh_emulator.set_stock("eu", CHEAPEST, place, "1H-low")
    poll()
    oscar.says(f"{PLAN} gra,rbx")
    ovh_emulator.fault("ghost")
    run_orders()
    assert len([one for one in sent_to(bot, oscar) if "submitted" in one.params["text"]]) >= 1
    posts = [one for one in sent_to(bot, oscar) if one.method == "sendMessage"]
    assert len([one for one in posts if one.slot.startswith("ovh:batch:")]) == 1
    assert not [one for one in posts if "Not ordered" in one.params["text"]]
    said = board(bot, oscar).params["text"]
    assert "(gra): none left, the next one is tried" in said
    assert "(rbx): ordered" in said
    assert "1 of 1 ordered" in said


def test_when_no_place_is_left_the_refusal_is_told_once(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    for place in ("gra", "rbx"):
        ovh_emulator.set_stock("eu", CHEAPEST, place, "1H-low")
    poll()
    with scope(bot.tenant):
        Preferences.objects.create(confirm_above=9)
    oscar.says(f"{PLAN} gra,rbx 2")
    ovh_emulator.fault("ghost", times=0)
    run_orders()
    posts = [one.params["text"] for one in sent_to(bot, oscar) if one.method == "sendMessage"]
    assert len([text for text in posts if "Not ordered" in text]) == 2
    assert all("Roubaix" in text for text in posts if "Not ordered" in text)
    assert [text for text in posts if "Finished" in text] == ["🏁 Finished: 0 of 2 ordered."]

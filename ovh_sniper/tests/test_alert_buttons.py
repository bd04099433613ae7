"""The buttons under alerts: order now, details."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bots.models import Bot
from bots.testing import Someone, outgoing
from ovh_sniper.models import Account, Alert, AlertMessage, Order, Preferences, Wish
from ovh_sniper.testing import make_account, make_wish, orders_of, run_orders
from ovh_sniper.tests.chatting import (
    CHEAPEST,
    DEAREST,
    Looks,
    key_like,
    keys_of,
    make_ovh_bot,
    make_staff,
    posted,
    shown,
)
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Alert.State


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


@pytest.fixture
def oscar(bot: Bot) -> Someone:
    """An operator."""
    return make_staff(bot, "operator")


@pytest.fixture
def look(linked: Account, ovh_emulator: OvhEmulator) -> Looks:
    """Looks at the stock, the first one of which finds nothing."""
    return Looks(ovh_emulator)


def make_wish_without_account(account: Account) -> None:
    wish = make_wish(account, mode="alert")
    with scope(account.tenant_id):
        Wish.objects.filter(pk=wish.pk).update(account=None)


def alerts_of(tenant: Tenant) -> list[Alert]:
    with scope(tenant):
        return list(Alert.objects.order_by("pk"))


# --- Order now


def test_a_press_orders_that_configuration_in_that_place(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked, mode="ask", cap_due_now=Decimal(90))
    look(10, (DEAREST, "rbx", "1H-low"), (CHEAPEST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "2 · 🇫🇷 rbx")
    assert "is being ordered" in oscar.presses(key).text
    [order] = orders_of(bot.tenant)
    assert (order.fqn, order.datacenter, order.source) == (DEAREST, "rbx", "button")
    # what the alert shows, below the limit of the wish
    assert (order.requested_by, order.cap_due_now) == ("Operator", Decimal("51.58"))
    run_orders()
    [booked] = ovh_emulator.orders("eu")
    assert orders_of(bot.tenant)[0].ovh_order_id == booked["orderId"]
    assert "ordered" in shown(bot, oscar).params["text"]


def test_a_second_press_is_the_same_order(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked, mode="ask", quantity=5, guards_repeats=False)
    look(10, (CHEAPEST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "Order now")
    oscar.presses(key)
    assert "You ordered 27sk15@gra already: queued" in oscar.presses(key).text
    run_orders()
    assert "already" in oscar.presses(key).text
    assert len(orders_of(bot.tenant)) == len(ovh_emulator.orders("eu")) == 1


def test_after_a_refusal_a_press_is_another_try(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked, mode="ask")
    look(10, (CHEAPEST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "Order now")
    oscar.presses(key)
    ovh_emulator.fault("ghost")
    run_orders()
    assert "is being ordered" in oscar.presses(key).text
    run_orders()
    states = [order.state for order in orders_of(bot.tenant)]
    assert states == [Order.State.REFUSED, Order.State.PLACED]


def test_two_people_who_press_order_one(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    olga = make_staff(bot, "operator")
    make_wish(linked, mode="ask", quantity=2)
    look(10, (CHEAPEST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "Order now")
    oscar.presses(key)
    assert "less than two minutes ago by Operator" in olga.presses(key).text
    assert len(orders_of(bot.tenant)) == 1


def test_a_wish_that_has_all_orders_no_more(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="ask")
    look(10, (CHEAPEST, "gra", "1H-low"), (CHEAPEST, "rbx", "1H-low"))
    oscar.presses(key_like(posted(bot, oscar)[0], "gra"))
    assert "has all it asked for" in oscar.presses(key_like(posted(bot, oscar)[0], "rbx")).text
    assert len(orders_of(bot.tenant)) == 1


def test_what_is_sold_out_is_not_ordered(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="ask")
    look(10, (CHEAPEST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "Order now")
    look(60, (CHEAPEST, "gra", "unavailable"))
    reply = oscar.presses(key)
    assert "sold out again" in reply.text
    assert (reply.call or {})["show_alert"] is True
    assert orders_of(bot.tenant) == []


def test_what_the_wish_ordered_by_itself_is_not_ordered_again(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, datacenters=["gra"], quantity=2)
    look(10, (CHEAPEST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "Order now")
    run_orders()
    assert "ordered already" in oscar.presses(key).text
    assert len(orders_of(bot.tenant)) == 2


def test_an_alert_of_a_wish_without_an_account_orders_with_the_one_that_can(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish_without_account(linked)
    look(10, (DEAREST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "Order now")
    assert "is being ordered" in oscar.presses(key).text
    assert "already" in oscar.presses(key).text
    [order] = orders_of(bot.tenant)
    assert (order.account_id, order.fqn) == (linked.pk, DEAREST)


def test_with_several_accounts_the_press_asks_which(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    second = make_account(bot.tenant, name="Second")
    make_wish_without_account(linked)
    look(10, (DEAREST, "gra", "1H-low"))
    oscar.presses(key_like(posted(bot, oscar)[0], "Order now"))
    assert orders_of(bot.tenant) == []
    question = outgoing(bot)[-1]
    oscar.presses(key_like(question, "Second"))
    [order] = orders_of(bot.tenant)
    assert (order.account_id, order.fqn, order.datacenter) == (second.pk, DEAREST, "gra")


def test_without_any_account_the_press_says_so(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish_without_account(linked)
    look(10, (DEAREST, "gra", "1H-low"))
    with scope(bot.tenant):
        Account.objects.update(state=Account.State.BROKEN)
    said = oscar.presses(key_like(posted(bot, oscar)[0], "Order now")).text
    assert "no OVH account that can order" in said


# --- Details


def test_details_tell_all_about_an_alert(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, name="Mine", mode="ask", cap_due_now=Decimal(40))
    look(10, (CHEAPEST, "gra", "1H-low"))
    oscar.presses(key_like(posted(bot, oscar)[0], "Details"))
    message = outgoing(bot)[-1]
    for part in (CHEAPEST, "Gravelines", "1 hour, few left", "31.18 EUR", "Mine", "40.00 EUR"):
        assert part in message.params["text"], part
    assert "🛒 Order now: 🇫🇷 gra" in keys_of(message)


def test_a_viewer_sees_details_and_orders_nothing(bot: Bot, linked: Account, look: Looks) -> None:
    vera = make_staff(bot, "viewer")
    make_wish(linked, mode="ask")
    look(10, (CHEAPEST, "gra", "1H-low"))
    [alert] = alerts_of(bot.tenant)
    vera.presses(f"oa:{alert.public_id}")
    assert keys_of(outgoing(bot)[-1]) == {}
    assert "may watch" in vera.presses(f"oo:{alert.public_id}").text
    assert "may watch" in vera.presses("om:5").text
    assert orders_of(bot.tenant) == []
    with scope(bot.tenant):
        assert Preferences.objects.filter(muted_until__isnull=False).count() == 0


def test_alerts_and_their_messages_go_with_their_wish(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    with scope(bot.tenant):
        Wish.objects.all().delete()
        assert Alert.objects.count() == 0
        assert AlertMessage.objects.count() == 1
    assert "cannot find that" in oscar.presses(key_like(posted(bot, oscar)[0], "Order now")).text

"""What a press orders is what was shown: at that price, now and later, or nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bots.models import Bot
from bots.testing import Someone, outgoing
from ovh_sniper.models import Account, Wish
from ovh_sniper.testing import (
    fetch_catalogue,
    make_account,
    make_wish,
    orders_of,
    poll,
    run_orders,
)
from ovh_sniper.tests.chatting import (
    CHEAPEST,
    PLAN,
    Looks,
    key_like,
    make_staff,
    posted,
    said_last,
    the_order,
)
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator


@pytest.fixture
def look(linked: Account, ovh_emulator: OvhEmulator) -> Looks:
    return Looks(ovh_emulator)


def alerted(bot: Bot, oscar: Someone, look: Looks) -> str:
    """Have the cheapest server come in Gravelines; return the button that orders it."""
    look(10, (CHEAPEST, "gra", "1H-low"))
    assert "31.18 EUR" in str(posted(bot, oscar)[0].params["text"])
    return key_like(posted(bot, oscar)[0], "Order now")


@pytest.mark.parametrize(("cap", "is_read"), [(None, False), (None, True), ("5000", False)])
def test_nobody_pays_more_than_his_alert_showed(
    bot: Bot,
    oscar: Someone,
    linked: Account,
    look: Looks,
    ovh_emulator: OvhEmulator,
    cap: str | None,
    *,
    is_read: bool,
) -> None:
    make_wish(linked, mode="ask", cap_due_now=cap and Decimal(cap))
    key = alerted(bot, oscar, look)
    ovh_emulator.set_price("eu", PLAN, month="1812.00")
    if is_read:
        fetch_catalogue("eu")
    oscar.presses(key)
    run_orders()
    assert ovh_emulator.orders("eu") == []
    order = the_order(bot.tenant)
    assert (order.state, order.reason) == ("refused", "price_over_cap")
    assert (order.cap_due_now, order.cap_renewal) == (Decimal("31.18"), Decimal("15.59"))


def test_a_lower_limit_of_the_wish_stays_the_limit(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="ask", cap_due_now=Decimal(31), cap_renewal=Decimal(15))
    oscar.presses(alerted(bot, oscar, look))
    order = the_order(bot.tenant)
    assert (order.cap_due_now, order.cap_renewal) == (Decimal(31), Decimal(15))


def test_a_renewal_that_rose_is_not_what_was_shown(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked, mode="ask")
    key = alerted(bot, oscar, look)
    # dearer by the month, cheaper to set up: the same is due now
    ovh_emulator.set_price("eu", PLAN, month="20.98", setup="5.00")
    fetch_catalogue("eu")
    oscar.presses(key)
    run_orders()
    assert (the_order(bot.tenant).state, the_order(bot.tenant).reason) == (
        "refused",
        "renewal_over_cap",
    )
    assert ovh_emulator.orders("eu") == []


def test_without_a_price_there_is_no_order(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    wish = make_wish(linked, mode="ask")
    with scope(bot.tenant):
        Wish.objects.filter(pk=wish.pk).update(subsidiary="DE")
    look(10, (CHEAPEST, "gra", "1H-low"))
    key = key_like(posted(bot, oscar)[0], "Order now")
    assert "no limit could be kept" in oscar.presses(key).text
    assert orders_of(bot.tenant) == []


def test_where_nobody_orders_yet_a_price_that_rose_is_asked_about(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    wish = make_wish(linked, mode="alert")
    with scope(bot.tenant):
        Wish.objects.filter(pk=wish.pk).update(account=None)
    key = alerted(bot, oscar, look)
    ovh_emulator.set_price("eu", PLAN, month="14.99")
    fetch_catalogue("eu")
    oscar.presses(key)
    assert orders_of(bot.tenant) == []
    question = outgoing(bot)[-1]
    assert "31.18" not in str(question.params["text"])
    oscar.presses(key_like(question, "Order for"))
    assert f"{the_order(bot.tenant).cap_due_now} EUR" in str(question.params["text"])


def test_a_message_names_the_price_of_each_of_its_buttons(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    fqn = "26sys03.ram-64g-ecc-2666.softraid-2x960nvme"
    faster = {"bandwidth": "bandwidth-1000-unguaranteed-26sys03"}
    make_wish(linked, mode="ask", plan_code="26sys03", datacenters=["gra"])
    make_wish(linked, mode="ask", plan_code="26sys03", datacenters=["rbx"], extras=faster)
    look(10, (fqn, "gra", "1H-low"), (fqn, "rbx", "1H-low"))
    [message] = posted(bot, oscar)
    text = str(message.params["text"])
    for place in ("gra", "rbx"):
        oscar.presses(key_like(message, place))
        assert f"{orders_of(bot.tenant)[-1].cap_due_now} EUR" in text
    assert len({order.cap_due_now for order in orders_of(bot.tenant)}) == 2


# --- A wish for what is out of stock


def test_a_wish_that_orders_at_once_keeps_to_the_price_above_its_button(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    offer = said_last(bot, oscar.says(PLAN))
    assert "31.18 EUR" in offer["text"]
    ovh_emulator.set_price("eu", PLAN, month="1812.00")
    fetch_catalogue("eu")
    oscar.presses(key_like(offer, "Order at once"))
    with scope(bot.tenant):
        wish = Wish.objects.get()
    assert (wish.cap_due_now, wish.cap_renewal) == (Decimal("31.18"), Decimal("15.59"))


def test_with_several_accounts_each_ones_price_is_shown(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    make_account(bot.tenant, "ca", name="Canada")
    fetch_catalogue("ca")
    poll("ca")
    text = said_last(bot, oscar.says(PLAN))["text"]
    assert "OVH eu: Now 31.18 EUR" in text
    assert "CAD" in text.partition("Canada: ")[2]


# --- Who lets it pay by itself


@pytest.mark.parametrize(
    ("role", "state", "pays"),
    [("operator", "armed", True), ("operator", "paused", False), ("admin", "paused", True)],
)
def test_what_was_paused_pays_itself_only_by_the_word_of_who_may_pay(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, role: str, state: str, *, pays: bool
) -> None:
    presser = oscar if role == "operator" else make_staff(bot, role)
    make_wish(linked, mode="ask", autopay=True)
    key = alerted(bot, oscar, look)
    with scope(bot.tenant):
        Wish.objects.update(state=state)
    presser.presses(key)
    assert the_order(bot.tenant).autopay is pays

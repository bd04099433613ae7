"""Alerts that come together share messages, and silence holds them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bots.models import Bot, OutboxMessage
from bots.testing import Someone, delivered
from ovh_sniper.models import Account, Alert, Preferences
from ovh_sniper.testing import make_wish
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


def alerts_of(tenant: Tenant) -> list[Alert]:
    with scope(tenant):
        return list(Alert.objects.order_by("pk"))


# --- Grouped


def test_what_comes_at_once_of_one_plan_is_one_message(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"), (CHEAPEST, "rbx", "72H"), (DEAREST, "gra", "1H-high"))
    [message] = posted(bot, oscar)
    assert "3 possibilities" in message.params["text"]
    orders = [name for name in keys_of(message) if "Order now" in name]
    assert orders == [
        "🛒 Order now: 1 · 🇫🇷 gra",
        "🛒 Order now: 1 · 🇫🇷 rbx",
        "🛒 Order now: 2 · 🇫🇷 gra",
    ]


def test_several_wishes_for_the_same_are_one_line(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, name="Watch", mode="alert")
    asks = make_wish(linked, name="Ask", mode="ask")
    look(10, (CHEAPEST, "gra", "1H-low"))
    [message] = posted(bot, oscar)
    assert message.params["text"].count("Gravelines") == 1
    # the button is that of the wish that asks
    with scope(bot.tenant):
        alert = Alert.objects.get(wish=asks)
    assert key_like(message, "Order now") == f"oo:{alert.public_id}"


def test_few_plans_have_a_message_each_and_many_share(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, ovh_emulator: OvhEmulator
) -> None:
    plans = ["27sk15", "24sk20", "24skstor01", "26sys03", "25rise01"]
    one_of = [ovh_emulator.stock("eu", plan)[0]["fqn"] for plan in plans]
    for plan in plans:
        make_wish(linked, mode="alert", plan_code=plan)
    look(10, *[(fqn, "rbx", "1H-low") for fqn in one_of[:3]])
    assert len(posted(bot, oscar)) == 3
    delivered(bot)
    look(600, *[(fqn, "gra", "1H-low") for fqn in one_of])
    [message] = [one for one in posted(bot, oscar) if one.state == OutboxMessage.State.DUE]
    assert all(plan in message.params["text"] for plan in plans)


# --- Muted


def test_while_muted_nothing_is_said_and_buttons_ask_for_silence(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    oscar.presses(key_like(posted(bot, oscar)[0], "Mute"))
    with scope(bot.tenant):
        assert Preferences.objects.get().muted_until is not None
    look(20, (CHEAPEST, "rbx", "1H-low"))
    assert len(posted(bot, oscar)) == 1
    # it is noted all the same, for the digest and the portal
    assert len(alerts_of(bot.tenant)) == 2
    oscar.says("/unmute")
    look(100, (DEAREST, "rbx", "1H-low"))
    assert len(posted(bot, oscar)) == 2


def test_what_was_told_before_the_silence_is_still_kept_true(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    oscar.says("/mute 2")
    look(90, (CHEAPEST, "gra", "unavailable"))
    assert "Sold out again" in shown(bot, oscar).params["text"]

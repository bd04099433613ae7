"""Alerts: once for each event, to whom it concerns, kept true in place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from bots.models import Bot, OutboxMessage, PostedMessage
from bots.testing import Someone, delivered, make_chat, outgoing
from ovh_sniper.models import Account, Alert, Preferences
from ovh_sniper.services.telling import alerts
from ovh_sniper.testing import make_wish, poll, run_orders
from ovh_sniper.tests.chatting import (
    CHEAPEST,
    Looks,
    key_like,
    keys_of,
    make_ovh_bot,
    make_staff,
    posted,
    sent_to,
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


# --- Once, to whom


def test_stock_that_a_wish_waits_for_is_told_to_linked_staff(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    vera = make_staff(bot, "viewer")
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    for someone in (oscar, vera):
        [message] = posted(bot, someone)
        assert "In stock at OVH" in message.params["text"]
    assert set(keys_of(posted(bot, oscar)[0])) == {"🛒 Order now: 🇫🇷 gra", "Details", "🔕 Mute 1 h"}
    assert set(keys_of(posted(bot, vera)[0])) == {"Details"}


def test_the_same_event_is_told_once_however_often_it_is_looked_at(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    wish = make_wish(linked, mode="alert")
    changes = look(10, (CHEAPEST, "gra", "1H-low"))
    look(15)
    with scope(bot.tenant):
        pairs = [(wish, change) for change in changes]
        assert alerts.raise_alerts(bot.tenant_id, pairs, timezone.now()) == []
    assert len(posted(bot, oscar)) == len(alerts_of(bot.tenant)) == 1


def test_what_was_there_before_anybody_looked_is_no_news(
    bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked, mode="alert")
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()
    assert posted(bot, oscar) == []


def test_a_tenant_hears_only_of_his_own_wishes(
    bot: Bot, oscar: Someone, linked: Account, look: Looks, stranger: Tenant
) -> None:
    foreign = make_ovh_bot(stranger)
    charlie = make_staff(foreign, "operator")
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    assert len(posted(bot, oscar)) == 1
    assert posted(foreign, charlie) == []
    assert alerts_of(stranger) == []


def test_the_chosen_group_is_told_in_the_bots_language(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    chat = make_chat(bot)
    with scope(bot.tenant):
        Preferences.objects.create(chat=chat, tells_staff=False)
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    [message] = posted(bot, chat.telegram_id)
    assert "🛒 Order now: 🇫🇷 gra" in keys_of(message)
    assert posted(bot, oscar) == []


def test_somebody_who_blocked_the_bot_or_left_the_team_is_not_written_to(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    from bots.models import Person, StaffLink

    gone = make_staff(bot, "operator")
    with scope(bot.tenant):
        StaffLink.objects.get(person__telegram_id=gone.telegram_id).delete()
        Person.objects.filter(telegram_id=oscar.telegram_id).update(blocked_at=timezone.now())
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    assert posted(bot, gone) == posted(bot, oscar) == []
    assert len(alerts_of(bot.tenant)) == 1


def test_a_bot_that_is_off_or_lacks_the_product_says_nothing(
    tenant: Tenant, linked: Account, look: Looks
) -> None:
    off, other = make_ovh_bot(tenant), make_ovh_bot(tenant)
    make_staff(off, "operator")
    make_staff(other, "operator")
    with scope(tenant):
        Bot.objects.filter(pk=off.pk).update(state=Bot.State.DISABLED)
        Bot.objects.filter(pk=other.pk).update(products=["lottery"])
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    fresh = [one for bot in (off, other) for one in outgoing(bot) if one.slot]
    assert fresh == []


# --- Kept true


def test_the_message_says_when_the_stock_is_gone_and_its_buttons_go(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    look(310, (CHEAPEST, "gra", "unavailable"))
    message = shown(bot, oscar)
    assert message.method == "editMessageText"
    assert message.slot == posted(bot, oscar)[0].slot
    assert "Sold out again" in message.params["text"]
    assert "sold out after 5 minutes" in message.params["text"]
    assert set(keys_of(message)) == {"Details"}
    assert len(posted(bot, oscar)) == 1
    assert alerts_of(bot.tenant)[0].state == State.ENDED


def test_the_message_shows_another_delivery_time(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "72H"))
    look(20, (CHEAPEST, "gra", "1H-high"))
    message = shown(bot, oscar)
    assert message.method == "editMessageText"
    assert "1 hour, plenty" in message.params["text"]
    assert "72 hours" not in message.params["text"]


def test_the_message_shows_an_order_that_landed(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, name="Mine", datacenters=["gra"])
    look(10, (CHEAPEST, "gra", "1H-low"))
    assert "“Mine” orders this by itself" in shown(bot, oscar).params["text"]
    run_orders()
    said = shown(bot, oscar).params["text"]
    assert "✅ 🇫🇷 Gravelines, FR (gra): <b>ordered</b>" in said
    assert "by itself" not in said
    look(60, (CHEAPEST, "gra", "unavailable"))
    assert "ordered" in shown(bot, oscar).params["text"]
    assert "sold out" not in shown(bot, oscar).params["text"]


def test_of_a_group_only_the_place_that_is_gone_changes(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"), (CHEAPEST, "rbx", "1H-low"))
    look(100, (CHEAPEST, "gra", "unavailable"))
    message = shown(bot, oscar)
    assert "<s>🇫🇷 Gravelines, FR (gra)</s>: sold out after" in message.params["text"]
    assert "Roubaix, FR (rbx): <b>1 hour, few left</b>" in message.params["text"]
    assert "In stock at OVH" in message.params["text"]
    orders = [name for name in keys_of(message) if "Order now" in name]
    assert orders == ["🛒 Order now: 🇫🇷 rbx"]


def test_stock_that_flickers_edits_the_old_message(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    look(20, (CHEAPEST, "gra", "unavailable"))
    look(50, (CHEAPEST, "gra", "1H-low"))
    assert len(posted(bot, oscar)) == 1
    assert "In stock at OVH" in shown(bot, oscar).params["text"]
    assert key_like(shown(bot, oscar), "Order now").endswith(alerts_of(bot.tenant)[-1].public_id)


def test_stock_that_comes_back_later_is_news_and_says_how_long_it_was_out(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    look(20, (CHEAPEST, "gra", "unavailable"))
    look(20 + 1200, (CHEAPEST, "gra", "1H-low"))
    assert len(posted(bot, oscar)) == 2
    assert "was out for 20 minutes" in posted(bot, oscar)[-1].params["text"]


def test_alerts_that_a_dead_worker_left_open_are_ended(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    look(70, (CHEAPEST, "gra", "unavailable"))
    with scope(bot.tenant):
        Alert.objects.update(state=State.OPEN, ended_at=None)
    assert alerts.end_closed(timezone.now()) == 1
    assert alerts.end_closed(timezone.now()) == 0
    [alert] = alerts_of(bot.tenant)
    assert (alert.state, alert.ended_at) == (State.ENDED, look.start + timedelta(seconds=70))


def test_a_message_that_was_sent_is_edited_where_it_stands(
    bot: Bot, oscar: Someone, linked: Account, look: Looks
) -> None:
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    [message] = posted(bot, oscar)
    with scope(bot.tenant):
        PostedMessage.objects.create(
            bot=bot, slot=message.slot, chat_id=oscar.telegram_id, message_id=77
        )
    delivered(bot)
    look(100, (CHEAPEST, "gra", "unavailable"))
    [edit] = [one for one in sent_to(bot, oscar) if one.state == OutboxMessage.State.DUE]
    assert (edit.method, edit.slot) == ("editMessageText", message.slot)

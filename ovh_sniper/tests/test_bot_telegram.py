"""From stock to an order against both emulators: what we say is what Telegram takes, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bots.gateways.telegram import connect
from bots.models import Bot, OutboxMessage
from bots.services import limits, sending
from bots.testing import Someone, outgoing
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from ovh_sniper.models import Account
from ovh_sniper.testing import make_wish, run_orders
from ovh_sniper.tests.chatting import (
    CHEAPEST,
    PLAN,
    Looks,
    key_like,
    keys_of,
    make_ovh_bot,
    make_staff,
)
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator
    from emulators.telegram import TelegramEmulator


@pytest.fixture
def bot(telegram: TelegramEmulator, tenant: Tenant) -> Bot:
    telegram.start(DEMO_BOT_ID, ALICE)
    return make_ovh_bot(tenant, token=DEMO_TOKEN)


@pytest.fixture
def alice(bot: Bot) -> Someone:
    """An admin, whom Telegram knows."""
    return make_staff(bot, "admin", telegram_id=ALICE)


def deliver(bot: Bot) -> None:
    """Send all that waits, as if each second of a chat's limit had passed."""
    for _second in range(20):
        limits.client().flushdb()
        with scope(bot.tenant):
            waiting = OutboxMessage.objects.filter(bot=bot, state=OutboxMessage.State.DUE)
            waiting.update(due_at=timezone.now(), is_put_off=False)
        sending.drain(bot.pk, sleep=lambda seconds: None)
    wrong = [(one.method, one.error) for one in outgoing(bot) if one.state != "sent"]
    assert wrong == []


def messages(telegram: TelegramEmulator) -> list[Any]:
    return telegram.messages(DEMO_BOT_ID, ALICE)


def test_an_alert_is_posted_pressed_and_edited_where_it_stands(
    telegram: TelegramEmulator,
    bot: Bot,
    alice: Someone,
    linked: Account,
    ovh_emulator: OvhEmulator,
) -> None:
    look = Looks(ovh_emulator)
    make_wish(linked, mode="ask", name="<Mine> & yours")
    look(10, (CHEAPEST, "gra", "1H-low"), (CHEAPEST, "rbx", "72H"))
    deliver(bot)
    alert = messages(telegram)[-1]
    assert "🟢 In stock at OVH: 2 possibilities" in alert["text"]
    assert "“<Mine> & yours” asks first" in alert["text"]
    alice.presses(key_like(alert, "gra"), message_id=alert["message_id"])
    run_orders()
    look(60, (CHEAPEST, "rbx", "unavailable"))
    deliver(bot)
    texts = {one["message_id"]: one for one in messages(telegram)}
    assert "Gravelines, FR (gra): ordered" in texts[alert["message_id"]]["text"]
    assert "Roubaix, FR (rbx): sold out after" in texts[alert["message_id"]]["text"]
    placed = [one for one in texts.values() if "Order no." in one["text"]]
    assert {"💳 Pay now", "Details", "🔗 Pay at OVH"} == set(keys_of(placed[-1]))


def test_a_typed_order_is_previewed_confirmed_and_finished(
    telegram: TelegramEmulator,
    bot: Bot,
    alice: Someone,
    linked: Account,
    ovh_emulator: OvhEmulator,
) -> None:
    Looks(ovh_emulator)(10, (CHEAPEST, "gra", "1H-low"), (CHEAPEST, "rbx", "1H-low"))
    preview = said(alice, f"{PLAN} gra 2")
    alice.presses(key_like(preview, "Order for 62.36"), message_id=preview["message_id"])
    run_orders()
    deliver(bot)
    texts = {one["message_id"]: one for one in messages(telegram)}
    assert "📝 Ordering" in texts[preview["message_id"]]["text"]
    assert keys_of(texts[preview["message_id"]]) == {}
    assert "🏁 Finished: 2 of 2 ordered. Due now: 62.36 EUR" in messages(telegram)[-1]["text"]


@pytest.mark.parametrize(
    "text",
    ["/status", "/list", "/stock", f"/stock {PLAN}", "/queue", "/orders", f"{PLAN} bhs", "27sk51"],
)
def test_what_is_answered_is_taken_as_it_was_written(
    telegram: TelegramEmulator,
    bot: Bot,
    alice: Someone,
    linked: Account,
    ovh_emulator: OvhEmulator,
    text: str,
) -> None:
    look = Looks(ovh_emulator)
    make_wish(linked, name="<i>&", datacenters=["gra"])
    make_wish(linked, mode="alert")
    look(10, (CHEAPEST, "gra", "1H-low"))
    run_orders()
    deliver(bot)
    assert "<code>" not in said(alice, text)["text"]
    assert "&lt;" not in messages(telegram)[-1]["text"]


def said(alice: Someone, text: str) -> Any:
    """Write to the bot, give Telegram the answer as it stands in the response, return the message.

    Telegram does so itself where it has called the webhook.
    """
    answer = dict(alice.says(text).call or {})
    return connect(DEMO_TOKEN).call(answer.pop("method"), answer)

"""The bot's texts: in every language, and within Telegram's limits however much there is to say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from bots.messages import units
from bots.models import Bot
from bots.testing import Someone, delivered, outgoing
from ovh_sniper.models import Account, Configuration, Order, StockInterval, Wish
from ovh_sniper.testing import make_account, make_wish, poll, run_orders
from ovh_sniper.tests.chatting import MAX_DATA, MAX_TEXT, make_ovh_bot, make_staff
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

PLAN = "27sk15"
COMMANDS = (
    "status",
    "list",
    "stock",
    f"stock {PLAN}",
    "queue",
    "orders",
    "help",
    "pause",
    "resume",
)


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


def said(bot: Bot) -> list[dict[str, Any]]:
    """Return all that the bot has said."""
    return [one.params for one in outgoing(bot)]


def check(messages: list[dict[str, Any]]) -> None:
    """Hold messages against Telegram's limits, and texts against being cut off."""
    for message in messages:
        if text := message.get("text"):
            assert 0 < units(strip_tags(str(text))) <= MAX_TEXT
            assert not str(text).endswith("…")
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        for row in rows:
            assert row
            for key in row:
                assert 0 < len(key["text"]) <= 64
                assert 0 < len(key.get("callback_data", "-").encode()) <= MAX_DATA


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_everything_can_be_said_in_every_language(
    bot: Bot, linked: Account, ovh_emulator: OvhEmulator, language: str
) -> None:
    adam = make_staff(bot, "admin", language_code=language)
    poll()
    make_wish(linked, datacenters=["gra"], name="Mine")
    make_wish(linked, mode="ask", datacenters=["rbx"], cap_due_now=Decimal(40))
    make_wish(linked, mode="alert", plan_code="24sk20")
    heard = [adam.says(text) for text in (f"{PLAN} bhs 2", f"{PLAN} sgp", "27sk51")]
    for place in ("gra", "rbx"):
        ovh_emulator.set_stock("eu", PLAN, place, "1H-low")
    poll()
    typed = (f"{PLAN} rbx", f"{PLAN} rbx", f"{PLAN} rbx 2", f"{PLAN} 0", "/mute", "/unmute")
    heard += [adam.says(text) for text in (*typed, *(f"/{command}" for command in COMMANDS))]
    ovh_emulator.fault("ghost")
    run_orders()
    heard += [adam.presses(data) for data in first_buttons(said(bot))]
    acts = [f"{act}:{order.public_id}" for order in orders(bot) for act in ("od", "op", "oc")]
    heard += [adam.presses(data) for data in acts]
    heard += [adam.says(f"/{command}") for command in COMMANDS]
    check([*(reply.call or {} for reply in heard), *said(bot)])
    assert {reply.status for reply in heard} == {200}
    assert len(said(bot)) > 40


def first_buttons(messages: list[dict[str, Any]]) -> list[str]:
    """Return what the first button of each message sends."""
    rows = [one.get("reply_markup", {}).get("inline_keyboard", []) for one in messages]
    return [found[0][0]["callback_data"] for found in rows if found]


def orders(bot: Bot) -> list[Order]:
    with scope(bot.tenant):
        return list(Order.objects.order_by("pk"))


@pytest.fixture
def crowded(bot: Bot, linked: Account) -> Account:
    """A tenant with everything at its longest, in great numbers."""
    for number in range(7):
        make_account(bot.tenant, name=f"{number:02}" + "A" * 70)
    for number in range(40):
        make_wish(
            linked,
            name=f"{number:02}" + "W" * 78,
            plan_code=PLAN,
            quantity=9,
            datacenters=[f"eu-west-par-{letter}" for letter in "abcdefghijkl"],
            cap_due_now=Decimal("123456.78"),
            cap_renewal=Decimal("123456.78"),
        )
    with scope(bot.tenant):
        Wish.objects.filter(pk__in=Wish.objects.values("pk")[:20]).update(
            state=Wish.State.STOPPED, state_reason="r" * 300
        )
        Order.objects.bulk_create(
            Order(
                tenant_id=bot.tenant_id,
                account=linked,
                source="chat",
                plan_code=PLAN,
                fqn="x" * 200,
                datacenter="ap-southeast-syd-a",
                state=state,
                reason="other",
                detail="d" * 500,
                due_now=Decimal("123456.78"),
                renewal=Decimal("123456.78"),
                currency="EUR",
                pay_until=timezone.now() + timedelta(days=1) if state == "placed" else None,
            )
            for _number in range(20)
            for state in ("intended", "unknown", "placed", "refused")
        )
    return linked


def fill_shelves(account: Account) -> None:
    """Put 30 configurations with the longest names on sale in 20 datacenters."""
    now = timezone.now()
    for number in range(30):
        configuration = Configuration.objects.create(
            host=account.host,
            fqn=f"{PLAN}.{number}." + "f" * 150,
            plan_code=PLAN,
            memory=f"ram-{number:03}g-" + "m" * 60,
            storage="s" * 110,
            system_storage="t" * 60,
            first_seen=now,
            last_seen=now,
        )
        StockInterval.objects.bulk_create(
            StockInterval(
                configuration=configuration,
                datacenter=f"eu-west-par-{chr(97 + place)}",
                availability="2160H",
                delivery_hours=2160,
                best_hours=2160,
                opened_at=now - timedelta(days=300),
            )
            for place in range(20)
        )


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_lists_of_any_length_fit_into_a_message(bot: Bot, crowded: Account, language: str) -> None:
    fill_shelves(crowded)
    adam = make_staff(bot, "admin", language_code=language)
    for command in COMMANDS[:6]:
        delivered(bot)
        call = adam.says(f"/{command}").call or {}
        assert len(str(call["text"])) > 100, command
        check([call])
    order = orders(bot)[0]
    adam.presses(f"od:{order.public_id}")
    check(said(bot))


def test_a_preview_of_many_accounts_fits_into_a_message(
    bot: Bot, crowded: Account, ovh_emulator: OvhEmulator
) -> None:
    ovh_emulator.set_stock("eu", PLAN, "gra", "1H-low")
    ovh_emulator.set_stock("eu", PLAN, "rbx", "1H-low")
    poll()
    oscar: Someone = make_staff(bot, "operator")
    delivered(bot)
    call = oscar.says(f"{PLAN} 100").call or {}
    assert "EUR" in call["text"]
    check([call])

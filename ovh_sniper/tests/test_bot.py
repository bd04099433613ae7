"""What staff can ask the bot: how things stand, wishes, silence; by role."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from bots import products
from bots.models import Bot
from bots.testing import Someone, delivered, make_chat, outgoing
from ovh_sniper.models import Account, Order, Poller, Preferences, Wish
from ovh_sniper.testing import make_wish, poll, run_orders
from ovh_sniper.tests.chatting import CHEAPEST, PLAN, key_like, keys_of, make_ovh_bot, make_staff
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

COMMANDS = ("status", "list", "stock", "queue", "orders", "pause", "resume", "mute", "unmute")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


@pytest.fixture
def vera(bot: Bot) -> Someone:
    """A viewer."""
    return make_staff(bot, "viewer")


@pytest.fixture
def oscar(bot: Bot) -> Someone:
    """An operator."""
    return make_staff(bot, "operator")


def read(bot: Bot, someone: Someone, said: str) -> str:
    """Return what the bot answers to a text when nothing else waits."""
    delivered(bot)
    return someone.says(said).text


def place(linked: Account, emulator: OvhEmulator, count: int = 1) -> None:
    poll()
    make_wish(linked, quantity=count, datacenters=["gra"])
    emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()


# --- The menu, and who may what


def test_the_product_is_installed_and_its_commands_are_for_staff() -> None:
    router = products.installed()["ovh_sniper"].router
    assert set(router.commands) == set(COMMANDS)
    assert all(route.staff for route in router.commands.values())
    assert all(route.staff for route in router.buttons.values())


def test_the_menu_leads_to_the_status(bot: Bot, vera: Someone) -> None:
    call = vera.says("/start").call
    assert keys_of(call) == {"OVH stock": "b!open:ovh_sniper"}
    vera.presses("b!open:ovh_sniper")
    assert "Accounts" in outgoing(bot)[-1].params["text"]


@pytest.mark.parametrize(
    ("role", "hears"),
    [("viewer", COMMANDS[:5]), ("operator", COMMANDS), ("admin", COMMANDS)],
)
def test_help_lists_what_somebody_may(bot: Bot, role: str, hears: tuple[str, ...]) -> None:
    said = make_staff(bot, role).says("/help").text
    assert [name for name in COMMANDS if f"/{name} " in said] == list(hears)


@pytest.mark.parametrize("command", COMMANDS[5:])
def test_a_viewer_changes_nothing(bot: Bot, vera: Someone, linked: Account, command: str) -> None:
    make_wish(linked)
    assert "team" in read(bot, vera, f"/{command}")
    with scope(bot.tenant):
        assert Wish.objects.get().state == Wish.State.ARMED
        assert not Preferences.objects.filter(muted_until__isnull=False).exists()


# --- How things stand


def test_the_status_tells_of_polls_wishes_accounts_orders_and_money(
    bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    place(linked, ovh_emulator, 2)
    make_wish(linked, mode="alert", plan_code="24sys012")
    with scope(bot.tenant):
        Account.objects.update(expires_at=timezone.now() + timedelta(days=3, minutes=5))
    Poller.objects.update(interval=5, cadence="armed", succeeded_at=timezone.now())
    run_orders()
    make_wish(linked)
    said = read(bot, vera, "/status")
    for part in (
        "OVH Europe: looked at ",
        " s ago, every 5 s (wishes are armed)",
        "order at once: 1",
        "alert only: 1",
        "OVH eu: ready, its key ends in 3 days",
        "OVH eu: 2 (62.36 EUR)",
        "62.36 EUR for 2 orders, the first until",
    ):
        assert part in said, part


def test_the_status_counts_the_day_of_the_tenant(
    bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    place(linked, ovh_emulator)
    run_orders()
    assert "OVH eu: 1 (31.18 EUR)" in read(bot, vera, "/status")
    with scope(bot.tenant):
        Order.objects.update(checkout_at=timezone.now() - timedelta(days=1))
    assert "31.18 EUR)" not in read(bot, vera, "/status")


@pytest.mark.parametrize("command", ["status", "list", "queue", "orders", "stock", "stock 27sk15"])
def test_a_tenant_without_anything_is_answered(bot: Bot, vera: Someone, command: str) -> None:
    assert len(read(bot, vera, f"/{command}")) > 10


# --- Wishes


def test_the_list_shows_wishes_with_a_button_to_pause_each(
    bot: Bot, oscar: Someone, linked: Account
) -> None:
    make_wish(linked, name="Cheap", datacenters=["gra", "rbx"], cap_due_now=Decimal(40), quantity=2)
    call = oscar.says("/list").call
    text = (call or {})["text"]
    for part in ("Cheap", PLAN, "Gravelines, FR (gra), then", "0 of 2 ordered", "40.00 EUR"):
        assert part in text, part
    oscar.presses(key_like(call, "⏸ 1"))
    with scope(bot.tenant):
        assert Wish.objects.get().state == Wish.State.PAUSED
        event = AuditEvent.objects.get(action="ovh_wish.paused")
        assert (event.actor_kind, event.actor_name) == ("person", "Operator")
    edited = outgoing(bot)[-1]
    assert "paused" in edited.params["text"]
    oscar.presses(key_like(edited, "▶️ 1"))
    with scope(bot.tenant):
        assert Wish.objects.get().state == Wish.State.ARMED


def test_a_viewer_sees_the_list_without_buttons(bot: Bot, vera: Someone, linked: Account) -> None:
    wish = make_wish(linked, name="Cheap")
    call = vera.says("/list").call
    assert "Cheap" in (call or {})["text"]
    assert keys_of(call) == {}
    assert "may watch" in vera.presses(f"oz:{wish.public_id}:0").text
    with scope(bot.tenant):
        assert Wish.objects.get().state == Wish.State.ARMED


def test_a_long_list_has_pages(bot: Bot, oscar: Someone, linked: Account) -> None:
    for number in range(12):
        make_wish(linked, name=f"Wish {number:02}", mode="alert")
    call = oscar.says("/list").call
    assert "(1/3)" in (call or {})["text"]
    assert "Wish 11" in (call or {})["text"]
    oscar.presses(key_like(call, "More"))
    second = outgoing(bot)[-1]
    assert "(2/3)" in second.params["text"]
    assert "Wish 06" in second.params["text"]
    oscar.presses("ol:99")
    assert "(3/3)" in outgoing(bot)[-1].params["text"]
    oscar.presses("ol:-5")
    assert "(1/3)" in outgoing(bot)[-1].params["text"]


def test_all_wishes_or_those_of_a_plan_are_paused_and_resumed(
    bot: Bot, oscar: Someone, linked: Account
) -> None:
    make_wish(linked, name="one", mode="alert")
    make_wish(linked, name="two", mode="alert", plan_code="24sys012")

    def armed() -> set[str]:
        with scope(bot.tenant):
            rows = Wish.objects.filter(state=Wish.State.ARMED)
            return set(rows.values_list("name", flat=True))

    assert "1 wish is paused" in read(bot, oscar, "/pause 24SYS012")
    assert armed() == {"one"}
    assert "1 wish is paused" in read(bot, oscar, "/pause")
    assert armed() == set()
    assert "No wish was armed" in read(bot, oscar, "/pause")
    assert "1 wish is armed again" in read(bot, oscar, "/resume 27sk15")
    assert armed() == {"one"}
    assert "1 wish is armed again" in read(bot, oscar, "/resume")
    assert armed() == {"one", "two"}


@pytest.mark.parametrize("command", ["/pause everything", "/resume ?"])
def test_what_is_no_plan_pauses_nothing(
    bot: Bot, oscar: Someone, linked: Account, command: str
) -> None:
    make_wish(linked)
    assert "did not understand" in read(bot, oscar, command)
    with scope(bot.tenant):
        assert Wish.objects.get().state == Wish.State.ARMED


def test_resuming_all_leaves_alone_what_was_stopped_or_is_done(
    bot: Bot, oscar: Someone, linked: Account
) -> None:
    make_wish(linked, mode="alert")
    for state in (Wish.State.STOPPED, Wish.State.DONE, Wish.State.EXPIRED):
        with scope(bot.tenant):
            Wish.objects.update(state=state)
        assert "No wish could be armed" in read(bot, oscar, "/resume")


# --- Silence


@pytest.mark.parametrize(
    ("said", "hours"), [("/mute", 1), ("/mute 8", 8), ("/mute 9999", 168), ("/mute ever", 1)]
)
def test_alerts_are_muted_for_some_hours(bot: Bot, oscar: Someone, said: str, hours: int) -> None:
    assert "I say nothing of stock until" in read(bot, oscar, said)
    with scope(bot.tenant):
        until = Preferences.objects.get().muted_until
    assert until is not None
    assert abs(until - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)
    assert "Alerts are muted until" in read(bot, oscar, "/status")
    assert "I tell of stock again" in read(bot, oscar, "/unmute")
    with scope(bot.tenant):
        assert Preferences.objects.get().muted_until is None


# --- In a group


def test_in_a_group_the_bots_language_is_spoken_and_the_pressers_role_counts(
    bot: Bot, linked: Account
) -> None:
    make_wish(linked, name="Cheap")
    chat = make_chat(bot)
    wong = make_staff(bot, "viewer", language_code="zh-hant")
    oscar = make_staff(bot, "operator", language_code="zh-hant")
    wong.says("/list", chat=chat)
    listed = outgoing(bot)[-1]
    assert listed.chat_id == chat.telegram_id
    assert "Wishes" in listed.params["text"]
    key = key_like(listed, "⏸ 1")
    wong.presses(key, chat=chat)
    with scope(bot.tenant):
        assert Wish.objects.get().state == Wish.State.ARMED
    oscar.presses(key, chat=chat)
    with scope(bot.tenant):
        assert Wish.objects.get().state == Wish.State.PAUSED

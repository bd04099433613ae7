"""Two presses at once, in real threads on PostgreSQL; on SQLite writers queue up, so none race."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from bots.models import Bot
from bots.testing import Reply, Someone, post
from ovh_sniper.models import Account, Alert, ChatRequest, Wish
from ovh_sniper.services.telling.buttons import Confirm, OrderNow
from ovh_sniper.testing import make_wish, orders_of, poll, run_orders
from ovh_sniper.tests.chatting import make_ovh_bot, make_staff
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.testing import in_threads

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]

PLAN = "27sk15"
CHEAPEST = "27sk15.ram-64g-ecc-3200.softraid-2x500nvme"


def at_once(bot: Bot, updates: list[dict[str, Any]]) -> list[Reply]:
    """Post updates in threads that start together, each on a connection of its own."""
    return in_threads(len(updates), lambda number: post(bot, updates[number]))


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


@pytest.fixture
def oscar(bot: Bot) -> Someone:
    """An operator."""
    return make_staff(bot, "operator")


@pytest.fixture
def wish(bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator) -> Wish:
    """A wish that asks, with an alert that stands."""
    poll()
    wish = make_wish(linked, mode="ask", datacenters=["rbx"])
    ovh_emulator.set_stock("eu", CHEAPEST, "rbx", "1H-low")
    poll()
    return wish


@pytest.fixture
def order_now(wish: Wish) -> OrderNow:
    """The button under its alert."""
    with scope(wish.tenant_id):
        return OrderNow(Alert.objects.get().public_id)


def change(wish: Wish, **values: Any) -> None:
    with scope(wish.tenant_id):
        Wish.objects.update(**values)


def test_one_person_confirms_twice(
    bot: Bot, oscar: Someone, wish: Wish, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    oscar.says(f"{PLAN} rbx 2")
    with scope(bot.tenant):
        request = ChatRequest.objects.get().public_id
    replies = at_once(bot, [oscar.press(Confirm(request, linked.public_id)) for _ in range(4)])
    assert sum("answered already" in reply.text for reply in replies) == 3
    run_orders()
    assert len(orders_of(bot.tenant)) == len(ovh_emulator.orders("eu")) == 2


def test_one_person_presses_order_now_twice(
    bot: Bot, oscar: Someone, wish: Wish, order_now: OrderNow, ovh_emulator: OvhEmulator
) -> None:
    change(wish, quantity=9, guards_repeats=False)
    replies = at_once(bot, [oscar.press(order_now) for _ in range(4)])
    assert {reply.status for reply in replies} == {200}
    run_orders()
    assert len(orders_of(bot.tenant)) == len(ovh_emulator.orders("eu")) == 1


def test_two_people_press_order_now(
    bot: Bot, oscar: Someone, wish: Wish, order_now: OrderNow
) -> None:
    change(wish, quantity=9)
    olga = make_staff(bot, "operator")
    replies = at_once(bot, [one.press(order_now) for one in (oscar, olga)])
    assert sum("is being ordered" in reply.text for reply in replies) == 1
    assert sum("less than two minutes ago" in reply.text for reply in replies) == 1
    assert len(orders_of(bot.tenant)) == 1


def test_four_people_press_for_the_last_place(
    bot: Bot, oscar: Someone, wish: Wish, order_now: OrderNow
) -> None:
    change(wish, guards_repeats=False)
    people = [oscar, *(make_staff(bot, "operator") for _ in range(3))]
    replies = at_once(bot, [one.press(order_now) for one in people])
    assert sum("is being ordered" in reply.text for reply in replies) == 1
    assert sum("has all it asked for" in reply.text for reply in replies) == 3
    assert len(orders_of(bot.tenant)) == 1


def test_the_same_text_in_three_updates(
    bot: Bot, oscar: Someone, wish: Wish, ovh_emulator: OvhEmulator
) -> None:
    at_once(bot, [oscar.message(f"{PLAN} rbx") for _ in range(3)])
    run_orders()
    assert len(orders_of(bot.tenant)) == len(ovh_emulator.orders("eu")) == 1

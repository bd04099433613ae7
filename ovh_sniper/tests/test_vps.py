"""VPS plans: what counts as stock, who is told of it, what pages show; nothing is ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bots.testing import Someone
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Alert, Order, StockInterval, VpsPlan, Wish
from ovh_sniper.services.polling import vps
from ovh_sniper.tasks import orders as order_tasks
from ovh_sniper.tasks import vps as tasks
from ovh_sniper.tests.chatting import keys_of, make_ovh_bot, make_staff, sent_to
from ovh_sniper.tests.shelves import at
from ovh_sniper.tests.vps_shelf import (
    LINUX,
    OUT,
    PLAN,
    PREORDER,
    ROUTE,
    THERE,
    alerts_of,
    begin,
    look,
    put,
    watch,
)
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


# --- What counts as stock


@pytest.mark.parametrize(
    ("linux", "windows", "found"),
    [
        (OUT, OUT, []),
        (PREORDER, PREORDER, []),
        ("", "", []),
        ("unknown", "comingSoon", []),
        (THERE, OUT, ["Linux"]),
        (OUT, THERE, ["Windows"]),
        (THERE, THERE, ["Linux", "Windows"]),
    ],
)
def test_stock_is_what_the_systems_say_and_not_the_status(
    tenant: Tenant, ovh_emulator: OvhEmulator, linux: str, windows: str, found: list[str]
) -> None:
    put(ovh_emulator)
    watch(tenant)
    begin()
    put(ovh_emulator, linux, windows)
    assert look(60) == [("opened", system, "gra") for system in found]


@pytest.mark.parametrize(("days", "word", "hours"), [(0, "1H", 1), (3, "72H", 72)])
def test_days_until_delivery_are_kept_in_hours(
    tenant: Tenant, ovh_emulator: OvhEmulator, days: int, word: str, hours: int
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE, days=days)
    look(60)
    one = StockInterval.objects.get()
    assert (one.availability, one.delivery_hours) == (word, hours)


def test_intervals_are_kept_and_say_how_long_it_was_out(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    put(ovh_emulator)
    assert look(120) == [("closed", "Linux", "gra")]
    put(ovh_emulator, THERE)
    look(240)
    first, second = StockInterval.objects.order_by("pk")
    assert (first.opened_at, first.closed_at) == (at(60), at(120))
    assert (second.opened_at, second.closed_at) == (at(240), None)
    with scope(tenant):
        assert Alert.objects.latest("pk").out_for == 120


# --- Who is told


def test_staff_is_told_and_cannot_order_it(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    bot = make_ovh_bot(tenant)
    oscar: Someone = make_staff(bot, "operator")
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    (message,) = sent_to(bot, oscar)
    text = str(message.params["text"])
    assert PLAN in text
    assert "Linux" in text
    assert "Gravelines" in text
    # no price list has it, so nothing is said of prices
    assert "rice" not in text
    assert list(keys_of(message)) == ["Details", "🔕 Mute 1 h"]
    put(ovh_emulator)
    look(120)
    assert "Sold out" in str(sent_to(bot, oscar)[-1].params["text"])
    assert alerts_of(tenant) == [(LINUX, "gra", "ended")]
    with scope(tenant):
        assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("terms", "count"),
    [
        ({}, 1),
        ({"system_storage": "Linux"}, 1),
        ({"system_storage": "Windows"}, 0),
        ({"datacenters": ["gra"]}, 1),
        ({"datacenters": ["sbg"]}, 0),
        ({"max_delivery_hours": 72}, 1),
        ({"max_delivery_hours": 24}, 0),
        ({"subsidiary": "DE"}, 0),
    ],
    ids=str,
)
def test_a_wish_may_name_system_place_and_delivery(
    tenant: Tenant, ovh_emulator: OvhEmulator, terms: dict[str, Any], count: int
) -> None:
    watch(tenant, **terms)
    # the plan is watched in France by somebody, whatever this wish is for
    VpsPlan.objects.get_or_create(host="eu", subsidiary="FR", plan_code=PLAN)
    begin()
    for plan in VpsPlan.objects.filter(subsidiary="FR", looked_at=None):
        vps.look(plan.pk, at(0))
    put(ovh_emulator, THERE, days=3)
    for plan in VpsPlan.objects.filter(subsidiary="FR"):
        vps.look(plan.pk, at(60))
    assert len(alerts_of(tenant)) == count


def test_a_server_of_the_same_plan_code_is_another_matter(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant, track=Wish.Track.DEDICATED)
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    with scope(tenant):
        assert [alert.wish.track for alert in Alert.objects.all()] == [Wish.Track.VPS]


def test_what_is_there_at_the_first_look_is_told_to_who_waits_for_it(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    put(ovh_emulator, THERE)
    watch(tenant)
    order_tasks.sweep_wishes()
    assert alerts_of(tenant) == []
    tasks.sweep()
    assert StockInterval.objects.get().is_baseline
    order_tasks.sweep_wishes()
    assert alerts_of(tenant) == [(LINUX, "gra", "open")]


def test_what_is_there_already_is_told_to_a_new_wish(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    put(ovh_emulator, THERE)
    watch(tenant)
    tasks.sweep()
    watch(stranger)
    ovh_emulator.clear_calls()
    order_tasks.sweep_wishes()
    assert alerts_of(stranger) == [(LINUX, "gra", "open")]
    assert ovh_emulator.calls(path=ROUTE) == []


# --- What pages show


def test_pages_show_what_was_seen_last(
    tenant: Tenant, ovh_emulator: OvhEmulator, django_assert_num_queries: Any
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE, PREORDER, days=2)
    look(60)
    with django_assert_num_queries(2):
        (plan,) = vps.known(Host.EU)
    assert (plan.plan_code, plan.subsidiary, plan.looked_at) == (PLAN, "FR", at(60))
    first, second = plan.places
    assert first == vps.Place("gra", THERE, PREORDER, 2, at(60), None)
    assert first.is_there
    assert not second.is_there
    assert vps.known(Host.US) == []


def test_a_plan_that_was_not_looked_at_yet_has_no_places(tenant: Tenant) -> None:
    watch(tenant)
    vps.ensure_wanted(at(0))
    (plan,) = vps.known(Host.EU)
    assert (plan.looked_at, plan.places) == (None, ())


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("GRA", "gra"),
        ("", "us-east-va"),
        ("MUM", "ynm"),
        ("a code of a form that nobody knows", "a code of a form that no"),
    ],
)
def test_a_place_is_named_as_wishes_name_it(
    tenant: Tenant, ovh_emulator: OvhEmulator, code: str, name: str
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE, datacenter="US-EAST-VA", code=code)
    look(60)
    assert alerts_of(tenant) == [(LINUX, name, "open")]

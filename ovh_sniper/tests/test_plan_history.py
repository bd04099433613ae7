"""The page of one plan: its timeline, its hours, its restocks and the chance of the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account, StockInterval, Unwatched
from ovh_sniper.tests.looks import look
from ovh_sniper.tests.plan_pages import (
    BIG,
    CHEAP,
    DAY,
    PLAN,
    been_there,
    opened,
    rows,
    section,
    text,
)
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def stocked(ovh_emulator: OvhEmulator, linked: Account) -> OvhEmulator:
    """OVH has few of the cheapest configuration in Gravelines; we looked for the first time."""
    ovh_emulator.set_stock("eu", PLAN, "gra", "unavailable")
    ovh_emulator.set_stock("eu", CHEAP, "gra", "1H-low")
    look(PLAN)
    return ovh_emulator


class TestHistory:
    def test_each_datacenter_has_its_line_in_words_too(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        been_there([2, 5, 8, 11])
        part = section(opened(alice, tenant), "Stock over time")
        bhs = next(row for row in rows(part) if "(bhs)" in row)
        assert "out for 1 day, 23 hours" in bhs
        # four restocks that stayed an hour and were three days apart
        assert re.search(r"4 1 hour 2 days, 23 hours \S+", bhs)
        label = re.search(r'aria-label="(4 restocks[^"]*)"', part)
        assert label is not None
        assert label[1] == "4 restocks, in stock under 1% of the time, out for 1 day, 23 hours"
        bars = re.findall(r'<path class="in" d="([^"]*)"', part)
        assert sorted(one.count("M") for one in bars) == [1, 4]

    def test_what_was_there_at_the_first_look_is_no_restock(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = opened(alice, tenant)
        gra = next(row for row in rows(section(page, "Stock over time")) if "(gra)" in row)
        assert "in stock for at least" in gra
        assert "No restock was seen" in section(page, "Latest restocks")

    def test_the_time_can_be_chosen(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        been_there([2, 20, 60])
        counts = {
            days: len(rows(section(opened(alice, tenant, f"?days={days}"), "Latest restocks")))
            for days in (7, 30, 90)
        }
        assert counts == {7: 1, 30: 2, 90: 3}

    def test_the_hardware_can_be_chosen(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        been_there([2])
        been_there([3, 4], fqn=BIG)
        page = opened(alice, tenant, f"?fqn={BIG}")
        assert len(rows(section(page, "Latest restocks"))) == 2
        assert "(gra)" not in section(page, "Stock over time")

    def test_the_latest_restocks_come_first_and_are_ten_at_most(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        been_there([*range(1, 15)], hours=2)
        found = rows(section(opened(alice, tenant), "Latest restocks"))
        assert len(found) == 10
        assert all("2 hours 1 hour" in row for row in found)

    def test_hours_are_those_of_the_viewers_zone(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        Tenant.objects.update(time_zone="America/New_York")
        been_there([3])
        part = section(opened(alice, tenant), "When it comes back")
        assert "America/New_York" in part
        at = StockInterval.objects.get(datacenter="bhs").opened_at
        local = at.astimezone(ZoneInfo("America/New_York"))
        shades = [re.findall(r'class="heat-(\d)"', row) for row in part.split("<tr>")[2:]]
        assert len(shades) == 24
        assert shades[local.hour][local.weekday()] == "5"
        assert sum(shade != "0" for row in shades for shade in row) == 1

    def test_times_without_a_look_are_drawn(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        been_there([9])
        assert '<path class="blank"' not in opened(alice, tenant)
        now = timezone.now()
        Unwatched.objects.create(host="eu", since=now - 5 * DAY, until=now - 4 * DAY)
        part = section(opened(alice, tenant), "Stock over time")
        assert '<path class="blank"' in part
        assert "nobody looked" in part

    def test_without_stock_ever_the_page_says_so(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        StockInterval.objects.all().delete()
        page = text(opened(alice, tenant))
        assert "No stock seen" in page
        assert "Too little data: it was never seen in stock." in page


class TestChances:
    def test_a_chance_comes_with_how_many_restocks_it_is_drawn_from(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        been_there([ago + 0.5 for ago in range(2, 80, 4)])
        been_there([10, 20], place="waw")
        found = rows(section(opened(alice, tenant), "Chance of a restock"))
        by_place = {re.findall(r"\((\w+)\)", row)[0]: row for row in found}
        assert re.search(r"from 20 restocks (under )?\d+% \d+%", by_place["bhs"])
        assert "from 2 restocks too little data" in by_place["waw"]
        assert "in stock now" in by_place["gra"]

    def test_it_looks_back_no_further_than_history_is_kept(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator, settings: Any
    ) -> None:
        settings.OVH_HISTORY_DAYS = 14
        been_there([*range(1, 80)])
        part = text(section(opened(alice, tenant), "Chance of a restock"))
        assert "last 14 days" in part
        assert re.search(r"1[34] restocks", part)

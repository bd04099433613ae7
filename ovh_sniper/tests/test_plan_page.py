"""The page of one plan: prices, hardware, history, chances, and what OVH refused."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Configuration, StockInterval, Unwatched
from ovh_sniper.services import ghosts
from ovh_sniper.testing import fetch_catalogue, make_account
from ovh_sniper.tests.looks import look
from ovh_sniper.tests.pages import member, url
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
PLAN = "27sk15"
CHEAP = "27sk15.ram-64g-ecc-3200.softraid-2x500nvme"
BIG = "27sk15.ram-128g-ecc-3200.softraid-2x1920nvme"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def stocked(ovh_emulator: OvhEmulator, linked: Account) -> OvhEmulator:
    """OVH has few of the cheapest configuration in Gravelines; we looked for the first time."""
    ovh_emulator.set_stock("eu", PLAN, "gra", "unavailable")
    ovh_emulator.set_stock("eu", CHEAP, "gra", "1H-low")
    look(PLAN)
    return ovh_emulator


def path(plan_code: str = PLAN, query: str = "", host: str = "eu") -> str:
    return f"stock/{host}/{plan_code}/{query}"


def opened(client: Client, tenant: Tenant, query: str = "", plan_code: str = PLAN) -> str:
    response = client.get(url(tenant, path(plan_code, query)))
    assert response.status_code == 200
    return response.content.decode()


def text(part: str) -> str:
    """Return what a part of a page says."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split())


def section(page: str, title: str) -> str:
    """Return the card of a title."""
    return next(one for one in page.split("<section")[1:] if f"<h2>{title}</h2>" in one)


def rows(part: str) -> list[str]:
    body = part.partition("<tbody>")[2].partition("</tbody>")[0]
    return [text(row) for row in body.split("</tr>")[:-1]]


def been_there(
    days: list[float], *, place: str = "bhs", fqn: str = CHEAP, hours: float = 1
) -> None:
    """Write that it was in stock, so many days ago each."""
    one = Configuration.objects.get(fqn=fqn)
    now = timezone.now()
    Configuration.objects.update(first_seen=now - 100 * DAY)
    StockInterval.objects.bulk_create(
        StockInterval(
            configuration=one,
            datacenter=place,
            availability="1H-low",
            delivery_hours=1,
            best_hours=1,
            opened_at=now - ago * DAY,
            closed_at=now - ago * DAY + hours * HOUR,
        )
        for ago in sorted(days, reverse=True)
    )


class TestWhoMay:
    def test_a_stranger_finds_no_page(
        self, tenant: Tenant, charlie: Client, stocked: OvhEmulator
    ) -> None:
        assert charlie.get(url(tenant, path())).status_code == 404

    def test_a_viewer_sees_it_and_no_way_to_wish(
        self, tenant: Tenant, stocked: OvhEmulator
    ) -> None:
        page = opened(member(tenant, "viewer"), tenant)
        assert "KS-15" in page
        assert "wishes/new" not in page

    def test_an_operator_can_wish_for_exactly_one_configuration(
        self, tenant: Tenant, stocked: OvhEmulator
    ) -> None:
        page = unescape(opened(member(tenant, "operator"), tenant))
        assert "?host=eu&plan=27sk15&shop=eu%2FFR" in page
        assert "memory=ram-64g-ecc-3200&storage=softraid-2x500nvme" in page

    @pytest.mark.parametrize(
        "where", [path("nothing"), path(host="xx"), path(host="us"), path("27sk15-us")]
    )
    def test_a_plan_that_nobody_lists_is_not_found(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator, where: str
    ) -> None:
        assert alice.get(url(tenant, where)).status_code == 404

    def test_the_stock_page_leads_here(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = alice.get(url(tenant)).content.decode()
        assert f'href="{url(tenant, path())}?shop=eu%2FFR"' in unescape(page)


class TestPrices:
    def test_it_says_what_is_paid_now_and_later_with_tax(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = text(opened(alice, tenant))
        assert "Due now 31.18 EUR set-up of 15.59 EUR in it" in page
        assert "Then each month 15.59 EUR with 20% tax" in page

    def test_each_configuration_has_its_own_price_and_places(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        found = rows(section(opened(alice, tenant), "Configurations"))
        assert len(found) == 6
        # what is in stock comes first
        assert "64 GB RAM, 2× 500 GB NVMe" in found[0]
        assert "31.18 EUR 15.59 EUR" in found[0]
        assert "gra 1 hour, few left" in found[0]
        prices = [float(row.split(" EUR")[0].rpartition(" ")[2]) for row in found[1:]]
        assert prices == sorted(prices)
        assert all("out of stock" in row for row in found[1:] if "🇫🇷" not in row)

    def test_another_shop_has_other_prices(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = text(opened(alice, tenant, "?shop=eu/PL"))
        assert "is being read for the first time" in page
        assert "no price" in page

    def test_a_promotion_is_told_with_its_end(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        stocked.add_promotion("eu", PLAN, "0", name="Spring <b>")
        fetch_catalogue()
        page = opened(alice, tenant)
        assert "Promotion “Spring &lt;b&gt;”" in page
        assert "Due now 15.59 EUR no set-up fee" in text(page)

    def test_a_plan_without_a_public_price_is_shown_all_the_same(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        Configuration.objects.filter(fqn=CHEAP).update(plan_code="26scale9")
        page = text(opened(alice, tenant, plan_code="26scale9"))
        assert "no public price" in page
        assert "64 GB RAM" in page

    @pytest.mark.parametrize(
        "query", ["?days=x&fqn=nothing&shop=zz/XX", "?days=1000000", "?shop=us/US", "?days="]
    )
    def test_nonsense_in_the_address_counts_for_nothing(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator, query: str
    ) -> None:
        assert "Then each month 15.59 EUR" in text(opened(alice, tenant, query))


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
        assert part.count('<rect class="in"') == 4 + 1

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
        assert '<rect class="blank"' not in opened(alice, tenant)
        now = timezone.now()
        Unwatched.objects.create(host="eu", since=now - 5 * DAY, until=now - 4 * DAY)
        part = section(opened(alice, tenant), "Stock over time")
        assert '<rect class="blank"' in part
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


class TestGhosts:
    def test_what_was_refused_at_checkout_is_remembered(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        assert "Shown and refused" not in opened(alice, tenant)
        now = timezone.now()
        ghosts.note_refused(Host.EU, CHEAP, PLAN, "gra", now - HOUR)
        ghosts.note_refused(Host.EU, CHEAP, PLAN, "gra", now - 2 * timedelta(minutes=1))
        (row,) = rows(section(opened(alice, tenant), "Shown and refused at checkout"))
        assert "64 GB RAM" in row
        assert "(gra) 2 2 minutes ago" in row


def test_no_account_is_needed(tenant: Tenant, alice: Client, ovh_emulator: OvhEmulator) -> None:
    look(PLAN)
    assert "is being read for the first time" in opened(alice, tenant)


def test_the_page_has_no_style_of_its_own_which_the_policy_would_refuse(
    tenant: Tenant, alice: Client, stocked: OvhEmulator
) -> None:
    been_there([2, 5])
    page = opened(alice, tenant)
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"\son\w+=", page)


def test_ten_thousand_rows_cost_no_more_queries_than_ten(
    tenant: Tenant, alice: Client, stocked: OvhEmulator, django_assert_max_num_queries: Any
) -> None:
    make_account(tenant, "ca")
    opened(alice, tenant)
    been_there([number / 24 for number in range(2, 2000, 2)])
    with django_assert_max_num_queries(22):
        opened(alice, tenant)

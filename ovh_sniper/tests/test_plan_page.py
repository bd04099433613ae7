"""The page of one plan: prices, hardware, history, chances, and what OVH refused."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Configuration
from ovh_sniper.services.stock import ghosts
from ovh_sniper.testing import fetch_catalogue, make_account
from ovh_sniper.tests.looks import look
from ovh_sniper.tests.pages import member, url
from ovh_sniper.tests.plan_pages import (
    CHEAP,
    HOUR,
    PLAN,
    been_there,
    opened,
    path,
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

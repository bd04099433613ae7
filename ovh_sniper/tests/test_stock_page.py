"""The stock page: a grid of plans and datacenters that anybody of the tenant can look at."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Configuration, Poller, StoredCatalogue, StoredPlan
from ovh_sniper.services.stock import ghosts
from ovh_sniper.testing import make_account, make_wish, poll
from ovh_sniper.tests.looks import look
from ovh_sniper.tests.pages import member, url
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
PLAN, PLACE = "27sk15", "gra"
# everything that the page tells apart
LISTED = (PLAN, "24ska01", "24sys012", "26adv01", "27rise03")
ROW = re.compile(r"<tr>\s*<th scope=\"row\" class=\"plan\">.*?</tr>", re.DOTALL)


def rows(page: str) -> list[str]:
    """The rows of the grid, one text each."""
    return ROW.findall(page)


def row_of(page: str, plan_code: str = PLAN) -> str:
    return next(row for row in rows(page) if f"<code>{plan_code}</code>" in row)


def codes(page: str) -> list[str]:
    return [found[1] for row in rows(page) if (found := re.search(r"<code>(.*?)</code>", row))]


def opened(client: Client, tenant: Tenant, query: str = "") -> str:
    response = client.get(url(tenant, query))
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def stocked(ovh_emulator: OvhEmulator, linked: Account) -> OvhEmulator:
    """OVH has few of the demo's plan in Gravelines; we looked."""
    ovh_emulator.set_stock("eu", PLAN, PLACE, "1H-low")
    look(*LISTED)
    return ovh_emulator


class TestWhoMay:
    def test_a_stranger_finds_no_page(self, tenant: Tenant, charlie: Client) -> None:
        assert charlie.get(url(tenant)).status_code == 404
        assert charlie.get(url(tenant, "live/")).status_code == 404

    def test_a_viewer_sees_the_stock_and_no_buttons(
        self, tenant: Tenant, stocked: OvhEmulator
    ) -> None:
        page = opened(member(tenant, "viewer"), tenant)
        assert "1 hour, few left" in row_of(page)
        assert "orders/new/" not in page
        assert "actions-cell" not in page

    def test_an_operator_can_order_what_is_in_stock_and_nothing_else(
        self, tenant: Tenant, stocked: OvhEmulator
    ) -> None:
        page = opened(member(tenant, "operator"), tenant, f"?q={PLAN}")
        assert f"orders/new/?plan={PLAN}" in row_of(page)
        sold_out = opened(member(tenant, "operator"), tenant, "?q=24ska01")
        assert "orders/new/" not in sold_out

    def test_without_an_account_of_the_shop_nothing_can_be_ordered(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        assert "orders/new/" not in opened(alice, tenant, "?shop=eu/DE")


class TestWhatItShows:
    def test_delivery_price_and_hardware(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        row = row_of(opened(alice, tenant))
        # 12.99 set-up and 12.99 the first month, 20 % tax
        assert "from 31.18 EUR" in row
        assert "then 15.59 EUR a month" in row
        assert "Ryzen 5600" in row
        assert "64–128 GB RAM" in row
        assert "1 hour, few left; 6 configurations" in row

    def test_what_is_in_stock_soonest_comes_first(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        assert codes(opened(alice, tenant))[:3] == [PLAN, "24sys012", "26adv01"]

    def test_what_ovh_announces_is_shown_and_cannot_be_ordered(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        row = row_of(opened(alice, tenant, "?q=27rise03"), "27rise03")
        assert "announced by OVH, not in stock yet" in row
        assert "orders/new/" not in row

    def test_an_announcement_goes_when_ovh_takes_it_back(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        stocked.set_stock("eu", "27rise03", "eu-west-par-a", "unavailable")
        look(*LISTED)
        assert "announced by OVH" not in opened(alice, tenant, "?q=27rise03")

    def test_stock_that_was_refused_lately_carries_a_warning(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        fqn = stocked.stock("eu", PLAN)[0]["fqn"]
        ghosts.note_refused(Host.EU, fqn, PLAN, PLACE, timezone.now())
        assert "refused at checkout within a day" in row_of(opened(alice, tenant))

    def test_a_plan_that_is_wished_for_says_so(
        self, tenant: Tenant, alice: Client, linked: Account, stocked: OvhEmulator
    ) -> None:
        make_wish(linked, plan_code="24sys012", mode="alert")
        page = opened(alice, tenant)
        assert "wished" in row_of(page, "24sys012")
        assert "wished" not in row_of(page)

    def test_another_shop_has_its_own_plans_and_places(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        make_account(tenant, "us")
        look("25rise01-us", host=Host.US)
        page = opened(alice, tenant, "?shop=us/US")
        assert "25rise01-us" in codes(page)
        assert PLAN not in codes(page)

    def test_a_shop_whose_prices_nobody_read_says_so_and_has_them_read(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = opened(alice, tenant, "?shop=eu/PL")
        assert "being read for the first time" in page
        assert "no public price" in page
        assert StoredCatalogue.objects.filter(subsidiary="PL", retry_at__lte=timezone.now())


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("q=ryzen+5600", [PLAN]),
            ("q=KS-15", [PLAN]),
            ("stock=on", [PLAN, "24sys012", "26adv01"]),
            ("stock=on&hours=24", [PLAN]),
            ("stock=on&range=advance", ["26adv01"]),
            ("stock=on&place=gra", [PLAN, "26adv01"]),
            ("stock=on&place=FR", [PLAN, "24sys012", "26adv01"]),
            ("stock=on&place=PL", []),
            ("stock=on&price=100", [PLAN, "24sys012"]),
            ("stock=on&sort=name", ["26adv01", PLAN, "24sys012"]),
        ],
    )
    def test_each_leaves_what_fits(
        self,
        tenant: Tenant,
        alice: Client,
        stocked: OvhEmulator,
        query: str,
        expected: list[str],
    ) -> None:
        assert codes(opened(alice, tenant, f"?{query}")) == expected

    def test_nothing_fits(self, tenant: Tenant, alice: Client, stocked: OvhEmulator) -> None:
        assert "Nothing fits" in opened(alice, tenant, "?q=nosuchplan")

    @pytest.mark.parametrize(
        "query",
        [
            "?shop=xx/FR",
            "?shop=eu/US",
            "?shop=%00",
            "?page=x",
            "?page=99999",
            "?hours=soon&price=NaN&sort=x&range=x&place=%27",
            "?q=%00",
            "?q=" + "x" * 81,
            "?price=-1",
            "live/?was=x&was=y",
        ],
    )
    def test_nonsense_counts_for_nothing(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator, query: str
    ) -> None:
        assert rows(opened(alice, tenant, query))


class TestHowFreshItIs:
    def test_a_look_of_a_moment_ago(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        assert "Looked at OVH 0 seconds ago" in opened(alice, tenant)

    def test_nobody_has_looked_yet(self, tenant: Tenant, alice: Client) -> None:
        assert "Not looked yet" in opened(alice, tenant)

    @pytest.mark.parametrize(
        ("age", "failures", "said"),
        [
            (timedelta(minutes=2), 3, "OVH has not answered since"),
            (timedelta(minutes=2), 0, "the next look is on its way"),
            (timedelta(hours=2), 0, "Nobody has looked at OVH since"),
        ],
    )
    def test_an_old_look_is_not_passed_off_as_new(
        self,
        tenant: Tenant,
        alice: Client,
        stocked: OvhEmulator,
        age: timedelta,
        failures: int,
        said: str,
    ) -> None:
        Poller.objects.update(succeeded_at=timezone.now() - age, failures=failures)
        assert said in opened(alice, tenant)

    def test_who_looks_at_a_host_has_it_polled(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        opened(alice, tenant, "?shop=us/US")
        first = Poller.objects.get(host="us").wanted_until
        assert first is not None
        assert first > timezone.now()
        opened(alice, tenant, "live/?shop=us/US")
        assert Poller.objects.get(host="us").wanted_until == first

    def test_a_failure_before_any_success(self, tenant: Tenant, alice: Client) -> None:
        Poller.objects.create(host="eu", failures=2)
        assert "could not be read yet" in opened(alice, tenant)


class TestLive:
    def ask(self, client: Client, tenant: Tenant, page: str) -> Any:
        found = re.search(r'id="stock-live".*?hx-get="([^"]+)"', page, re.DOTALL)
        assert found is not None
        return client.get(found[1].replace("&amp;", "&"), headers={"HX-Request": "true"})

    def test_only_the_age_comes_while_nothing_moves(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        answer = self.ask(alice, tenant, opened(alice, tenant, "?q=KS&stock=on"))
        assert answer.headers["HX-Retarget"] == "#stock-age"
        assert "Looked at OVH" in answer.content.decode()
        assert "<table" not in answer.content.decode()

    def test_the_grid_comes_when_stock_moved(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = opened(alice, tenant, "?q=KS&stock=on")
        stocked.sell_out("eu")
        look(*LISTED)
        answer = self.ask(alice, tenant, page)
        assert "HX-Retarget" not in answer.headers
        assert "Nothing fits" in answer.content.decode()

    def test_a_changed_filter_is_kept_in_the_address(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        answer = alice.get(url(tenant, "live/?q=KS&hours="), headers={"HX-Request": "true"})
        assert answer.headers["HX-Replace-Url"] == f"{url(tenant)}?q=KS"


class TestSize:
    def test_nine_thousand_configurations_cost_a_fixed_number_of_queries(
        self,
        whole_assortment: None,
        tenant: Tenant,
        alice: Client,
        linked: Account,
        ovh_emulator: OvhEmulator,
        django_assert_max_num_queries: Any,
    ) -> None:
        for plan in StoredPlan.objects.all():
            ovh_emulator.set_stock("eu", plan.plan_code, plan.datacenters[0], "240H")
        poll("eu")
        assert Configuration.objects.count() > 8_900
        with django_assert_max_num_queries(15):
            page = opened(alice, tenant, "?stock=on&page=2")
        assert len(rows(page)) == 25
        with django_assert_max_num_queries(15):
            assert len(rows(opened(alice, tenant))) == 25

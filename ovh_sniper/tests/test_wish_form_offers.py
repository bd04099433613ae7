"""What the form of a wish offers: plans, parts with their prices, datacenters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from ovh_sniper.models import (
    Account,
    StoredCatalogue,
    StoredPlan,
)
from ovh_sniper.testing import make_account
from ovh_sniper.tests.pages import url
from ovh_sniper.tests.wishing import (
    NEW,
    NOWHERE,
    PLAN,
    all_of,
    page_of,
    typed,
)
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


class TestWhatItOffers:
    def test_plans_with_name_and_price(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        page = alice.get(url(tenant, NEW)).content.decode()
        assert "KS-A" in page
        # 4.99 without tax, in France
        assert "5.99 EUR a month" in page
        assert 'value="24ska01"' in page

    def test_the_search_finds_a_plan_by_words_of_its_name(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        page = page_of(alice, tenant, NEW, typed(linked, plans=None, q="epyc 4344", look="1"))
        assert 'value="27rise03"' in page
        assert 'value="24ska01"' not in page

    def test_what_is_chosen_stays_in_the_list_whatever_is_searched(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        page = page_of(alice, tenant, NEW, typed(linked, q="nothing like it", look="1"))
        assert f'value="{PLAN}"' in page
        assert "checked" in page.partition(f'value="{PLAN}"')[2][:60]

    def test_parts_with_what_they_cost_more(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        page = alice.get(url(tenant, f"{NEW}?plan={PLAN}")).content.decode()
        assert "128GB ECC 3200MHz (+9.60 EUR a month)" in page
        assert "64GB ECC 3200MHz (standard)" in page

    def test_options_by_code(self, tenant: Tenant, linked: Account, alice: Client) -> None:
        page = alice.get(url(tenant, f"{NEW}?plan=27rise03")).content.decode()
        assert 'name="extra-bandwidth"' in page
        assert "standard: Bandwidth 500 unguaranteed" in page
        # there is nothing to choose of the private network
        assert 'name="extra-vrack"' not in page

    def test_the_datacenters_of_the_plan(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        page = alice.get(url(tenant, f"{NEW}?plan={PLAN}&datacenter=gra")).content.decode()
        assert "Gravelines, FR (gra)" in page
        assert f'value="{NOWHERE}"' not in page
        assert "checked" in page.partition('value="gra"')[2][:40]

    def test_a_price_list_that_nobody_read_yet_is_asked_for(
        self, tenant: Tenant, ovh_emulator: OvhEmulator, alice: Client
    ) -> None:
        page = alice.get(url(tenant, NEW)).content.decode()
        assert "price list is being read" in page
        assert StoredCatalogue.objects.get(host="eu", subsidiary="FR").retry_at is not None

    def test_another_tenants_account_is_no_choice(
        self, tenant: Tenant, stranger: Tenant, unread: Account, alice: Client
    ) -> None:
        foreign = make_account(stranger, name="Charlie's own")
        assert "Charlie" not in alice.get(url(tenant, NEW)).content.decode()
        page = page_of(alice, tenant, NEW, typed(foreign))
        assert "Select a valid choice." in page
        assert all_of(tenant) == []

    def test_an_account_without_an_answer_of_ovh_is_no_choice(
        self, tenant: Tenant, ovh_emulator: OvhEmulator, alice: Client
    ) -> None:
        account = make_account(tenant, name="Fresh", subsidiary="")
        page = alice.get(url(tenant, NEW)).content.decode()
        assert f'value="{account.public_id}"' not in page
        assert "“Fresh” cannot be chosen yet" in page

    def test_a_look_saves_and_blames_nothing(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        page = page_of(alice, tenant, NEW, typed(unread, quantity="-1", look="1"))
        assert "errors" not in page
        assert 'value="-1"' in page
        assert all_of(tenant) == []

    @pytest.mark.parametrize("others", [0, 600])
    def test_thousands_of_plans_take_no_more_queries(
        self,
        tenant: Tenant,
        linked: Account,
        alice: Client,
        others: int,
        django_assert_max_num_queries: Any,
    ) -> None:
        shop = StoredCatalogue.objects.get()
        StoredPlan.objects.bulk_create(
            StoredPlan(
                catalogue=shop,
                plan_code=f"99more{number}",
                name=f"MORE-{number}",
                setup=0,
                first_period=9,
                renewal=9,
                datacenters=["gra"],
            )
            for number in range(others)
        )
        data = typed(linked, q="more", look="1")
        alice.get(url(tenant, NEW))
        with django_assert_max_num_queries(20):
            page = page_of(alice, tenant, NEW, data)
        assert page.count('name="plans"') <= 26

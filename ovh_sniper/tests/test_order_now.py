"""Ordering by hand in the portal: the price first, once more where it is much, never twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from ovh_sniper.models import Account, Preferences
from ovh_sniper.services.telling import preferences
from ovh_sniper.testing import fetch_catalogue, make_account, orders_of, run_orders
from ovh_sniper.tests.looks import look
from ovh_sniper.tests.pages import member, url
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
PLAN = "27sk15"
LISTED = (PLAN, "24ska01")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)"\s+value="([^"]*)"')
Press = Callable[..., Any]


@pytest.fixture
def stocked(ovh_emulator: OvhEmulator, linked: Account) -> OvhEmulator:
    ovh_emulator.set_stock("eu", PLAN, "gra", "24H")
    ovh_emulator.set_stock("eu", PLAN, "rbx", "1H-low")
    look(*LISTED)
    return ovh_emulator


def opened(client: Client, tenant: Tenant, **query: Any) -> str:
    response = client.get(url(tenant, "orders/new/"), {"plan": PLAN, **query})
    assert response.status_code == 200
    return response.content.decode()


def hidden(page: str) -> dict[str, str]:
    """What the form of a page carries along."""
    found = dict(HIDDEN.findall(page))
    return {name: value for name, value in found.items() if name != "csrfmiddlewaretoken"}


def press(client: Client, tenant: Tenant, page: str, step: str = "order", **typed: Any) -> Any:
    """Press a button of a page that was opened."""
    carried = hidden(page)
    chosen = re.search(r'<option value="(\w+)" selected', page)
    if chosen and "account" not in carried:
        carried["account"] = chosen[1]
    data = {"quantity": "1", **carried, "step": step, **typed}
    return client.post(url(tenant, "orders/new/"), data)


def ready(client: Client, tenant: Tenant, **typed: Any) -> str:
    """The form after somebody typed: with the price of what was typed."""
    page = press(client, tenant, opened(client, tenant), "preview", **typed).content.decode()
    return str(page)


class TestPreview:
    def test_the_total_stands_above_the_button(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = opened(alice, tenant)
        assert "Order for 31.18 EUR" in page
        assert "then 15.59 EUR a month" in page

    def test_the_soonest_place_comes_first_and_the_next_one_after_it(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        preview = opened(alice, tenant).partition("order-preview")[2].partition("</dl>")[0]
        assert preview.index("(rbx)") < preview.index("(gra)")

    def test_options_and_number_change_it(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = ready(alice, tenant, quantity="3", option_memory="ram-128g-ecc-3200-27sk15")
        # three times 12.99 set-up and 12.99 + 8 a month, 20 % tax
        assert "Order for 122.34 EUR" in page
        assert "3 servers, 40.78 EUR each" in page

    def test_only_the_form_travels_into_a_dialog(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        response = alice.get(
            url(tenant, "orders/new/"), {"plan": PLAN}, headers={"HX-Request": "true"}
        )
        page = response.content.decode()
        assert page.lstrip().startswith("<form")
        assert response.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"plan": "24ska01"}, "None of it is in stock"),
            ({"plan": "nosuchplan"}, "does not sell this plan"),
            ({"datacenters": ["sbg"]}, "None of it is in stock"),
            ({"quantity": "0"}, "greater than or equal to 1"),
            ({"quantity": "999"}, "less than or equal to 100"),
            ({"option_memory": "x"}, "not one of the available choices"),
            ({"account": "x"}, "not one of the available choices"),
            ({"request_key": "short"}, "Open the form again"),
            ({"request_key": "\x00" * 20}, "Null characters are not allowed"),
        ],
    )
    def test_what_cannot_be_ordered_says_why_and_orders_nothing(
        self,
        tenant: Tenant,
        alice: Client,
        stocked: OvhEmulator,
        typed: dict[str, Any],
        said: str,
    ) -> None:
        page = opened(alice, tenant)
        assert said in press(alice, tenant, page, **typed).content.decode()
        assert orders_of(tenant) == []

    @pytest.mark.parametrize("query", ["?", "?plan=%00", "?plan=x&quantity=x&datacenters=%27"])
    def test_nonsense_in_the_address(self, tenant: Tenant, alice: Client, query: str) -> None:
        assert alice.get(url(tenant, f"orders/new/{query}")).status_code == 200

    def test_without_a_plan_it_leads_to_the_stock(self, tenant: Tenant, alice: Client) -> None:
        page = alice.get(url(tenant, "orders/new/")).content.decode()
        assert "Which server?" in page
        assert f'class="button primary" href="{url(tenant, "")}"' in page
        assert 'id="order-form"' not in page

    def test_without_an_account_it_says_so(
        self, tenant: Tenant, alice: Client, ovh_emulator: OvhEmulator
    ) -> None:
        assert "no OVH account that can order" in opened(alice, tenant)


class TestOrdering:
    def test_one_press_orders_one_server(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        response = press(alice, tenant, opened(alice, tenant))
        (order,) = orders_of(tenant)
        assert response.headers["Location"] == url(tenant, f"orders/{order.public_id}/")
        assert (order.datacenter, order.fallbacks) == ("rbx", ["gra"])
        assert (order.source, order.requested_by) == ("portal", "alice@example.org")
        run_orders()
        assert len(stocked.orders("eu")) == 1

    def test_the_same_press_twice_is_one_order(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = opened(alice, tenant)
        first, second = press(alice, tenant, page), press(alice, tenant, page)
        assert len(orders_of(tenant)) == 1
        assert first.headers["Location"] == second.headers["Location"]

    def test_the_second_press_finds_its_order_though_it_took_the_last_one(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = opened(alice, tenant)
        press(alice, tenant, page)
        stocked.sell_out("eu")
        look(*LISTED)
        (order,) = orders_of(tenant)
        again = press(alice, tenant, page)
        assert again.headers["Location"] == url(tenant, f"orders/{order.public_id}/")

    def test_another_press_within_two_minutes_is_held_back(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        press(alice, tenant, opened(alice, tenant))
        page = press(alice, tenant, opened(alice, tenant)).content.decode()
        (order,) = orders_of(tenant)
        assert "within the last two minutes" in page
        assert url(tenant, f"orders/{order.public_id}/") in page

    def test_two_people_with_the_same_key_are_two(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = opened(alice, tenant)
        press(alice, tenant, page)
        said = press(member(tenant, "operator"), tenant, page).content.decode()
        assert "within the last two minutes" in said

    def test_a_dialog_is_sent_on_to_the_order(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        data = {**hidden(opened(alice, tenant)), "quantity": "1", "step": "order"}
        data["account"] = orders_account(tenant)
        response = alice.post(url(tenant, "orders/new/"), data, headers={"HX-Request": "true"})
        (order,) = orders_of(tenant)
        assert response.headers["HX-Redirect"] == url(tenant, f"orders/{order.public_id}/")

    def test_the_chosen_place_is_the_only_one(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        press(alice, tenant, ready(alice, tenant, datacenters=["gra"]), datacenters=["gra"])
        (order,) = orders_of(tenant)
        assert (order.datacenter, order.fallbacks) == ("gra", [])


def orders_account(tenant: Tenant) -> str:
    with scope(tenant, transaction=False):
        return str(Account.objects.values_list("public_id", flat=True).get())


class TestOnceMore:
    def test_more_than_the_limit_asks_and_then_orders_all(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        page = press(alice, tenant, ready(alice, tenant, quantity="3"), quantity="3")
        asked = page.content.decode()
        assert orders_of(tenant) == []
        assert "this orders 3 servers" in asked
        assert "93.54 EUR" in asked
        response = press(alice, tenant, asked, "confirm")
        assert response.headers["Location"] == url(tenant, "queue/")
        assert len(orders_of(tenant)) == 3
        press(alice, tenant, asked, "confirm")
        assert len(orders_of(tenant)) == 3

    def test_a_larger_total_than_the_limit_asks(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        with scope(tenant):
            preferences.of(tenant.pk)
            Preferences.objects.update(confirm_amount=Decimal("31.17"))
        page = press(alice, tenant, opened(alice, tenant)).content.decode()
        assert "Please look once more" in page
        assert orders_of(tenant) == []

    def test_below_both_limits_it_does_not_ask(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        with scope(tenant):
            preferences.of(tenant.pk)
            Preferences.objects.update(confirm_above=3, confirm_amount=Decimal(100))
        press(alice, tenant, ready(alice, tenant, quantity="3"), quantity="3")
        assert len(orders_of(tenant)) == 3

    # dearer now, and only by the month
    @pytest.mark.parametrize("price", [{"month": "14.99"}, {"month": "20.98", "setup": "5.00"}])
    def test_a_price_that_moved_since_it_was_shown_asks(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator, price: dict[str, str]
    ) -> None:
        page = opened(alice, tenant)
        stocked.set_price("eu", PLAN, **price)
        fetch_catalogue("eu")
        for step in ("order", "confirm"):
            asked = press(alice, tenant, page, step).content.decode()
            assert orders_of(tenant) == []
            assert "Please look once more" in asked
        press(alice, tenant, asked, "confirm")
        assert len(orders_of(tenant)) == 1


class TestWhoMay:
    def test_a_stranger_finds_nothing(
        self, tenant: Tenant, charlie: Client, stocked: OvhEmulator
    ) -> None:
        assert charlie.get(url(tenant, "orders/new/")).status_code == 404
        assert charlie.post(url(tenant, "orders/new/"), {"step": "order"}).status_code == 404

    def test_a_viewer_cannot_open_it(self, tenant: Tenant, stocked: OvhEmulator) -> None:
        viewer = member(tenant, "viewer")
        assert viewer.get(url(tenant, "orders/new/")).status_code == 403
        assert viewer.post(url(tenant, "orders/new/"), {"step": "order"}).status_code == 403

    def test_another_tenants_account_is_no_choice(
        self, tenant: Tenant, stranger: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        foreign = make_account(stranger, name="Charlie's OVH")
        page = opened(alice, tenant)
        assert "Charlie&#x27;s OVH" not in page
        press(alice, tenant, page, account=foreign.public_id)
        assert orders_of(tenant) == orders_of(stranger) == []

    def test_only_admins_let_it_pay_itself(
        self, tenant: Tenant, alice: Client, stocked: OvhEmulator
    ) -> None:
        operator = member(tenant, "operator")
        page = opened(operator, tenant)
        assert 'name="autopay"' not in page
        press(operator, tenant, page, autopay="on")
        assert orders_of(tenant)[0].autopay is False

    def test_an_admin_may(self, tenant: Tenant, stocked: OvhEmulator) -> None:
        admin = member(tenant, "admin")
        press(admin, tenant, opened(admin, tenant), autopay="on")
        assert orders_of(tenant)[0].autopay is True

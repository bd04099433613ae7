"""The page of one order: what happened, what it cost, what can be done."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account, Order
from ovh_sniper.testing import make_account, make_wish, orders_of, run_orders
from ovh_sniper.tests.looks import look
from ovh_sniper.tests.ordered import PLACE, PLAN, make_order
from ovh_sniper.tests.pages import member, url
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
State = Order.State
ACTS = ("cancel", "pay", "link", "withdraw")


@pytest.fixture
def placed(ovh_emulator: OvhEmulator, linked: Account) -> Order:
    """An order of a wish that OVH took and nobody paid yet."""
    look(PLAN)
    make_wish(linked, name="Builder", cap_due_now=Decimal(40), cap_renewal=Decimal(20))
    ovh_emulator.set_stock("eu", PLAN, PLACE, "1H-low")
    look(PLAN)
    run_orders()
    (order,) = orders_of(linked.tenant)
    return order


def page_of(client: Client, order: Order) -> str:
    response = client.get(url(order.tenant, f"orders/{order.public_id}/"))
    assert response.status_code == 200
    return response.content.decode()


def listed(client: Client, tenant: Tenant, query: str = "") -> str:
    response = client.get(url(tenant, f"orders/{query}"))
    assert response.status_code == 200
    return response.content.decode()


class TestWhoMay:
    def test_a_stranger_finds_nothing(self, tenant: Tenant, charlie: Client, placed: Order) -> None:
        one = f"orders/{placed.public_id}/"
        for path in ("orders/", "orders/export.csv", one):
            assert charlie.get(url(tenant, path)).status_code == 404
        for act in ACTS:
            assert charlie.post(url(tenant, f"{one}{act}/")).status_code == 404

    def test_another_tenants_order_is_not_found(
        self, tenant: Tenant, stranger: Tenant, alice: Client
    ) -> None:
        foreign = make_order(make_account(stranger), state=State.PLACED, url="https://x.test/?p=1")
        one = f"orders/{foreign.public_id}/"
        assert alice.get(url(tenant, one)).status_code == 404
        for act in ACTS:
            response = alice.post(url(tenant, f"{one}{act}/"), {"reason": "unused"})
            assert response.status_code == 404
        assert foreign.public_id not in listed(alice, tenant)

    def test_a_viewer_reads_and_changes_nothing(self, tenant: Tenant, placed: Order) -> None:
        viewer = member(tenant, "viewer")
        page = page_of(viewer, placed)
        assert "data-dialog" not in page.partition("<main")[2]
        assert "payment link" not in page
        for act in ACTS:
            path = url(tenant, f"orders/{placed.public_id}/{act}/")
            assert viewer.post(path, {"reason": "unused"}).status_code == 403
        assert orders_of(tenant)[0].wanted == ""

    @pytest.mark.parametrize(("act", "status"), [("pay", 403), ("withdraw", 403), ("link", 200)])
    def test_an_operator_sees_the_link_and_moves_no_money(
        self, tenant: Tenant, placed: Order, act: str, status: int
    ) -> None:
        operator = member(tenant, "operator")
        path = url(tenant, f"orders/{placed.public_id}/{act}/")
        assert operator.post(path, {"reason": "unused"}).status_code == status

    @pytest.mark.parametrize("act", ACTS)
    def test_only_by_post(self, tenant: Tenant, alice: Client, placed: Order, act: str) -> None:
        assert alice.get(url(tenant, f"orders/{placed.public_id}/{act}/")).status_code == 405


class TestOnePage:
    def test_an_unpaid_order_of_a_wish(self, alice: Client, placed: Order) -> None:
        page = page_of(alice, placed)
        assert "ordered, not paid" in page
        assert "data-countdown" in page
        assert str(placed.ovh_order_id) in page
        assert "Builder" in page
        assert "31.18 EUR" in page
        # both limits were kept
        assert page.count("kept") == 2

    def test_the_cart_stands_beside_the_wish(self, alice: Client, placed: Order) -> None:
        page = page_of(alice, placed)
        assert page.count("exactly this") == 1 + len(placed.addons)
        assert "12.99" in page
        assert "missing" not in page

    def test_a_line_that_nobody_wished_stands_out(self, alice: Client, placed: Order) -> None:
        more = {"item": 9, "code": "licence-x", "kind": "DURATION", "amount": "9.00"}
        with scope(placed.tenant_id):
            Order.objects.update(lines=[*placed.lines, more])
        page = page_of(alice, placed)
        assert "not wished" in page
        assert "licence-x" in page

    def test_the_story_from_intent_to_delivery(
        self, alice: Client, placed: Order, ovh_emulator: OvhEmulator
    ) -> None:
        ovh_emulator.set_order("eu", placed.ovh_order_id or 0, "delivered")
        run_orders(timezone.now() + timedelta(minutes=1))
        story = page_of(alice, placed).partition("What happened")[2]
        said = ("Wanted by the wish", "Sent to OVH", "Server ordered", "Server delivered")
        places = [story.index(one) for one in said]
        assert places == sorted(places)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"state": "intended"}, "Given up at"),
            ({"state": "ordering", "checkout_at": timezone.now()}, "never sent twice"),
            ({"state": "unknown", "checkout_at": timezone.now()}, "OVH’s answer was lost"),
            ({"state": "refused", "reason": "out_of_stock"}, "none left at the moment"),
            (
                {"state": "refused", "reason": "price_over_cap", "detail": "32 &gt; 31 EUR"},
                "above the limit",
            ),
            ({"state": "cancelled", "reason": "unpaid"}, "Nobody paid in time"),
            ({"state": "cancelled", "reason": "staff", "detail": "a@b.c"}, "taken back before"),
            ({"state": "dry", "dry_run": True}, "none: a dry run"),
            ({"state": "documents"}, "OVH asks for documents"),
            ({"state": "delivered", "service_name": "ns1.ip-1-2-3.eu"}, "ns1.ip-1-2-3.eu"),
            ({"state": "placed", "pay_until": None}, "OVH takes the payment"),
            ({"state": "delivered", "wanted": "retract"}, "withdrawal is being declared"),
        ],
    )
    def test_every_state_has_its_words(
        self, alice: Client, linked: Account, fields: dict[str, Any], said: str
    ) -> None:
        assert said in page_of(alice, make_order(linked, **fields))

    def test_the_live_part_asks_for_a_new_page_once_the_state_changed(
        self, tenant: Tenant, alice: Client, placed: Order
    ) -> None:
        path = url(tenant, f"orders/{placed.public_id}/?was=placed.")
        headers = {"HX-Request": "true"}
        assert "HX-Refresh" not in alice.get(path, headers=headers).headers
        with scope(tenant):
            Order.objects.update(state=State.DELIVERING)
        assert alice.get(path, headers=headers).headers["HX-Refresh"] == "true"


class TestPaymentLink:
    def test_the_password_stands_on_no_page_until_somebody_asks(
        self, tenant: Tenant, alice: Client, placed: Order
    ) -> None:
        assert "orderPassword" in placed.url
        secret = placed.url.partition("orderPassword=")[2]
        pages = [listed(alice, tenant), page_of(alice, placed)]
        pages.append(alice.get(url(tenant, "orders/export.csv")).getvalue().decode())
        assert all(secret not in page for page in pages)

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
    def test_it_is_answered_to_a_press_and_kept_nowhere(
        self, tenant: Tenant, alice: Client, placed: Order, headers: dict[str, str]
    ) -> None:
        path = url(tenant, f"orders/{placed.public_id}/link/")
        response = alice.post(path, headers=headers)
        page = response.content.decode()
        assert placed.url.replace("&", "&amp;") in page
        assert 'rel="noopener noreferrer"' in page
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "no-referrer"

    def test_the_audit_says_who_saw_it_and_not_what(
        self, tenant: Tenant, alice: Client, placed: Order
    ) -> None:
        alice.post(url(tenant, f"orders/{placed.public_id}/link/"))
        with scope(tenant, transaction=False):
            event = AuditEvent.objects.get(action="ovh_order.link_shown")
        assert (event.actor_name, event.detail) == ("alice@example.org", {})
        assert "Payment link shown" in page_of(alice, placed)

    def test_there_is_none_once_it_is_paid(
        self, tenant: Tenant, alice: Client, placed: Order
    ) -> None:
        with scope(tenant):
            Order.objects.update(state=State.DELIVERING)
        response = alice.post(url(tenant, f"orders/{placed.public_id}/link/"), follow=True)
        page = response.content.decode()
        assert "nothing to pay" in page
        assert "orderPassword" not in page


class TestActing:
    def test_an_order_that_was_not_sent_is_taken_back(
        self, tenant: Tenant, alice: Client, linked: Account
    ) -> None:
        order = make_order(linked, state=State.INTENDED)
        path = url(tenant, f"orders/{order.public_id}/cancel/")
        assert "taken back" in alice.post(path, follow=True).content.decode()
        (order,) = orders_of(tenant)
        assert (order.state, order.reason) == (State.CANCELLED, "staff")

    @pytest.mark.parametrize(
        ("act", "state", "said"),
        [
            ("cancel", "ordering", "OVH was asked already"),
            ("cancel", "placed", "OVH has no way to cancel an order"),
            ("cancel", "delivering", "may withdraw within 14 days"),
            ("cancel", "refused", "This order is over"),
            ("pay", "delivering", "It is paid already"),
            ("pay", "cancelled", "This order is over"),
            ("withdraw", "placed", "It is not paid"),
            ("withdraw", "refused", "This order is over"),
        ],
    )
    def test_too_late(
        self, tenant: Tenant, alice: Client, linked: Account, act: str, state: str, said: str
    ) -> None:
        order = make_order(linked, state=state, ovh_order_id=214_365_879)
        path = url(tenant, f"orders/{order.public_id}/{act}/")
        page = alice.post(path, {"reason": "unused"}, follow=True).content.decode()
        assert said in page
        (after,) = orders_of(tenant)
        assert (after.state, after.wanted) == (state, "")

    def test_an_admin_pays_and_ovh_gets_the_money_once(
        self, tenant: Tenant, placed: Order, ovh_emulator: OvhEmulator
    ) -> None:
        admin = member(tenant, "admin")
        path = url(tenant, f"orders/{placed.public_id}/pay/")
        assert "Pay now" in page_of(admin, placed)
        admin.post(path)
        page = page_of(admin, placed)
        assert "payment is being asked for" in page
        assert "Pay now" not in page
        run_orders(timezone.now() + timedelta(minutes=1))
        assert orders_of(tenant)[0].state != State.PLACED
        assert ovh_emulator.orders("eu")[0]["status"] != "notPaid"

    def test_a_paid_order_is_withdrawn_from_with_a_reason(
        self, tenant: Tenant, alice: Client, placed: Order, ovh_emulator: OvhEmulator
    ) -> None:
        with scope(tenant):
            Order.objects.update(state=State.DELIVERING, pay_until=None)
        path = url(tenant, f"orders/{placed.public_id}/withdraw/")
        assert "Withdraw from this order?" in page_of(alice, placed)
        alice.post(path, {"reason": "expensive"})
        (order,) = orders_of(tenant)
        assert (order.wanted, order.wanted_detail) == ("retract", "expensive")

    @pytest.mark.parametrize("reason", ["", "because", "\x00"])
    def test_a_reason_that_ovh_does_not_know(
        self, tenant: Tenant, alice: Client, linked: Account, reason: str
    ) -> None:
        order = make_order(linked, state=State.DELIVERED, ovh_order_id=214_365_879)
        path = url(tenant, f"orders/{order.public_id}/withdraw/")
        response = alice.post(path, {"reason": reason})
        assert response.status_code == 200
        assert 'class="errors"' in response.content.decode()
        assert orders_of(tenant)[0].wanted == ""

    def test_an_account_that_may_not_pay_is_told_of(
        self, tenant: Tenant, alice: Client, placed: Order
    ) -> None:
        with scope(tenant):
            Account.objects.update(findings=[{"code": "missing", "function": "pay"}])
        page = page_of(alice, placed)
        assert "only be paid through the link" in page
        assert "Pay now" not in page

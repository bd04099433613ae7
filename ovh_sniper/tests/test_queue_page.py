"""The queue: what is being ordered, what waits for money, which wishes order next."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.testing import make_bot
from ovh_sniper.models import Account, Order, WarmCart, Wish
from ovh_sniper.testing import make_account, make_wish, orders_of, run_orders, warm_up
from ovh_sniper.tests.looks import look
from ovh_sniper.tests.ordered import PLAN, make_order
from ovh_sniper.tests.pages import member, url
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
State = Order.State


def opened(client: Client, tenant: Tenant, **headers: str) -> str:
    response = client.get(url(tenant, "queue/"), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


class TestOrders:
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"state": State.INTENDED}, "Its cart is made, compared with the wish"),
            ({"state": State.ORDERING, "checkout_at": timezone.now()}, "It is never sent twice"),
            ({"state": State.UNKNOWN, "retry_at": timezone.now()}, "Its books are read again at"),
        ],
    )
    def test_each_says_what_happens_next(
        self, tenant: Tenant, alice: Client, linked: Account, fields: dict[str, Any], said: str
    ) -> None:
        order = make_order(linked, **fields)
        page = opened(alice, tenant)
        assert said in page
        assert order.public_id in page

    @pytest.mark.parametrize("state", [State.REFUSED, State.DELIVERED, State.CANCELLED])
    def test_what_is_over_does_not_wait(
        self, tenant: Tenant, alice: Client, linked: Account, state: str
    ) -> None:
        order = make_order(linked, state=state)
        page = opened(alice, tenant)
        assert order.public_id not in page
        assert "Nothing is being ordered" in page

    def test_only_what_was_not_sent_can_be_taken_back(
        self, tenant: Tenant, alice: Client, linked: Account
    ) -> None:
        intended = make_order(linked)
        sent = make_order(linked, state=State.ORDERING)
        page = opened(alice, tenant)
        assert url(tenant, f"orders/{intended.public_id}/cancel/") in page
        assert url(tenant, f"orders/{sent.public_id}/cancel/") not in page
        path = url(tenant, f"orders/{intended.public_id}/cancel/")
        assert alice.post(path, {"back": "queue"}).headers["Location"] == url(tenant, "queue/")
        assert orders_of(tenant)[0].state == State.CANCELLED

    def test_the_most_urgent_to_pay_comes_first(
        self, tenant: Tenant, alice: Client, linked: Account
    ) -> None:
        now = timezone.now()
        orders = [
            make_order(
                linked,
                state=State.PLACED,
                ovh_order_id=hours,
                pay_until=now + timedelta(hours=hours),
                due_now=Decimal("31.18"),
            )
            for hours in (20, 2)
        ]
        page = opened(alice, tenant)
        assert page.index(orders[1].public_id) < page.index(orders[0].public_id)
        assert page.count("data-countdown") == 2

    def test_it_asks_for_itself_again(self, tenant: Tenant, alice: Client) -> None:
        part = opened(alice, tenant, **{"HX-Request": "true"})
        assert part.lstrip().startswith('<div id="queue-live"')
        assert 'hx-trigger="every 3s"' in part


class TestWishes:
    def test_carts_that_are_ready_and_places_that_are_left(
        self, tenant: Tenant, alice: Client, linked: Account, ovh_emulator: OvhEmulator
    ) -> None:
        look(PLAN)
        wish = make_wish(linked, name="Builder", datacenters=["gra"], quantity=3)
        make_order(linked, wish=wish, place=1, state=State.DELIVERED)
        warm_up()
        page = opened(alice, tenant)
        assert "Builder" in page
        assert "2 of 3" in page
        with scope(tenant, transaction=False):
            ready = WarmCart.objects.filter(state=WarmCart.State.READY).count()
        assert ready
        assert f"{ready} ready" in page

    def test_why_there_is_no_cart(
        self, tenant: Tenant, alice: Client, linked: Account, ovh_emulator: OvhEmulator
    ) -> None:
        look(PLAN)
        make_wish(linked, plan_code="nosuchplan")
        warm_up()
        assert "does not sell this plan" in opened(alice, tenant)

    def test_a_wish_outside_its_hours_says_until_when(
        self, tenant: Tenant, alice: Client, linked: Account
    ) -> None:
        tomorrow = (timezone.now() + timedelta(days=2)).weekday()
        make_wish(linked, schedule={"days": [tomorrow], "from": "10:00", "to": "11:00"})
        assert "outside its hours until" in opened(alice, tenant)

    @pytest.mark.parametrize(
        "fields",
        [
            {"mode": Wish.Mode.ALERT},
            {"state": Wish.State.PAUSED},
            {"expires_at": timezone.now() - timedelta(minutes=1)},
        ],
    )
    def test_what_orders_nothing_is_not_here(
        self, tenant: Tenant, alice: Client, linked: Account, fields: dict[str, Any]
    ) -> None:
        wish = make_wish(linked, name="Idle")
        with scope(tenant):
            Wish.objects.filter(pk=wish.pk).update(**fields)
        page = opened(alice, tenant)
        assert "Idle" not in page
        assert "No wish is armed to order" in page


class TestWhoMay:
    def test_a_stranger_finds_nothing(self, tenant: Tenant, charlie: Client) -> None:
        assert charlie.get(url(tenant, "queue/")).status_code == 404

    def test_a_viewer_sees_it_and_has_no_buttons(self, tenant: Tenant, linked: Account) -> None:
        order = make_order(linked)
        page = opened(member(tenant, "viewer"), tenant)
        assert order.public_id in page
        assert "Take back" not in page

    def test_nothing_of_another_tenant_shows(
        self, tenant: Tenant, stranger: Tenant, alice: Client, linked: Account
    ) -> None:
        foreign = make_account(stranger)
        order, wish = make_order(foreign), make_wish(foreign, name="Foreign")
        page = opened(alice, tenant)
        assert order.public_id not in page
        assert wish.public_id not in page


class TestSize:
    def test_thousands_cost_a_fixed_number_of_queries(
        self, tenant: Tenant, alice: Client, linked: Account, django_assert_max_num_queries: Any
    ) -> None:
        wish = make_wish(linked)
        with scope(tenant):
            Wish.objects.bulk_create(
                Wish(
                    tenant=tenant,
                    account=linked,
                    host="eu",
                    subsidiary="FR",
                    plan_code=PLAN,
                    mode=Wish.Mode.ORDER,
                )
                for _number in range(500)
            )
            Order.objects.bulk_create(
                [
                    Order(
                        tenant=tenant,
                        account=linked,
                        wish=wish,
                        source="wish",
                        plan_code=PLAN,
                        fqn="x",
                        datacenter="gra",
                        state=state,
                        pay_until=timezone.now() + timedelta(hours=1),
                    )
                    for state in (State.INTENDED, State.PLACED)
                    for _number in range(1000)
                ],
                batch_size=500,
            )
        with django_assert_max_num_queries(14):
            page = opened(alice, tenant)
        assert "The oldest 50 of 1000" in page.replace(",", "")
        assert "The first 50 of 501" in page


class TestHome:
    def test_it_counts_what_matters(self, tenant: Tenant, alice: Client, linked: Account) -> None:
        make_bot(tenant)
        make_wish(linked)
        make_order(linked, state=State.DELIVERING)
        unpaid = make_order(
            linked, state=State.PLACED, pay_until=timezone.now() + timedelta(hours=5)
        )
        page = alice.get(f"/t/{tenant.slug}/").content.decode()
        assert "Armed wishes" in page
        assert url(tenant, f"orders/{unpaid.public_id}/") in page

    def test_nothing_shows_where_nobody_uses_it(self, tenant: Tenant, alice: Client) -> None:
        make_bot(tenant)
        assert "Armed wishes" not in alice.get(f"/t/{tenant.slug}/").content.decode()


def test_an_order_leaves_the_queue_once_it_is_placed(
    tenant: Tenant, alice: Client, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    look(PLAN)
    make_wish(linked, datacenters=["gra"])
    ovh_emulator.set_stock("eu", PLAN, "gra", "1H-high")
    look(PLAN)
    assert "queued" in opened(alice, tenant)
    run_orders()
    page = opened(alice, tenant)
    assert "Nothing is being ordered" in page
    assert "left to pay" in page

"""One wish: its terms in words, its price today, what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from ovh_sniper.models import Account, Order, WarmCart, Wish
from ovh_sniper.testing import make_wish, poll, run_orders, warm_up
from ovh_sniper.tests.pages import url
from ovh_sniper.tests.wishing import PLAN, all_of, make_alert, shown
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
State = Wish.State


class TestOneWish:
    def test_its_terms_in_words(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Taipei")
        wish = make_wish(
            unread,
            datacenters=["gra", "rbx"],
            max_delivery_hours=72,
            cap_due_now=Decimal(40),
            budget_month=Decimal(100),
            schedule={"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "18:00"},
            waive_retractation=True,
        )
        page = " ".join(shown(alice, wish).split())
        for said in (
            "OVH eu (OVH Europe, FR)",
            "🇫🇷 Gravelines, FR (gra), then 🇫🇷 Roubaix, FR (rbx)",
            "within 72 hours",
            "at most 40.00 EUR now",
            "Mon–Fri, 09:00–18:00 (Asia/Taipei)",
            "It is ordered at once, without asking anybody.",
            "Orders stay unpaid",
            "The right to withdraw within 14 days is given up.",
            "0.00 EUR of 100.00 EUR spent",
        ):
            assert said in page

    def test_what_it_would_cost_today(self, tenant: Tenant, linked: Account, alice: Client) -> None:
        page = shown(alice, make_wish(linked, cap_due_now=Decimal(10)))
        assert "is below today’s" in page

    def test_orders_carts_alerts_and_refusals(
        self, tenant: Tenant, linked: Account, alice: Client, ovh_emulator: OvhEmulator
    ) -> None:
        poll("eu")
        wish = make_wish(linked, quantity=2, memory="ram-64g-ecc-3200", datacenters=["gra"])
        warm_up()
        with scope(tenant, transaction=False):
            ids = [one.cart_id for one in WarmCart.objects.filter(wish=wish)]
        page = shown(alice, wish)
        assert "Carts kept ready" in page
        ovh_emulator.set_stock("eu", PLAN, "gra", "1H-low", 1)
        poll("eu")
        run_orders()
        page = shown(alice, wish)
        with scope(tenant, transaction=False):
            orders = {one.state: one for one in Order.objects.all()}
        placed, refused = orders[Order.State.PLACED], orders[Order.State.REFUSED]
        for order in (placed, refused):
            assert url(tenant, f"orders/{order.public_id}/") in page
        assert "Why it did not order" in page
        assert "OVH had none left" in page
        assert "What matched lately" in page
        for secret in (*ids, placed.cart_id, placed.url):
            assert not secret or secret not in page

    def test_its_history_is_a_press_away(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        history = reverse("ovh_sniper:plan", args=[tenant.slug, "eu", PLAN])
        assert history in shown(alice, make_wish(unread))

    def test_the_live_part_asks_for_a_new_page_when_the_state_changed(
        self, tenant: Tenant, alice: Client
    ) -> None:
        wish = make_alert(tenant)
        path = url(tenant, f"wishes/{wish.public_id}/status/")
        assert "HX-Refresh" not in alice.get(f"{path}?was=armed-0")
        with scope(tenant):
            Wish.objects.filter(pk=wish.pk).update(state=State.PAUSED)
        assert alice.get(f"{path}?was=armed-0")["HX-Refresh"] == "true"

    @pytest.mark.parametrize("state", State.values)
    def test_every_state_has_a_page(self, tenant: Tenant, alice: Client, state: str) -> None:
        wish = make_alert(tenant)
        with scope(tenant):
            Wish.objects.filter(pk=wish.pk).update(state=state)
        shown(alice, wish)
        shown(alice, wish, "status/")

    def test_a_vps_has_a_page(self, tenant: Tenant, alice: Client) -> None:
        wish = make_alert(tenant, track="vps", plan_code="vps-2027-model2")
        page = shown(alice, wish)
        assert "any system" in page
        assert "If it appeared now" not in page

    def test_its_buttons(self, tenant: Tenant, alice: Client) -> None:
        wish = make_alert(tenant, name="Pressed")
        path = url(tenant, f"wishes/{wish.public_id}/")
        alice.post(f"{path}pause/")
        assert all_of(tenant)[0].state == State.PAUSED
        alice.post(f"{path}resume/")
        assert all_of(tenant)[0].state == State.ARMED
        answer = alice.post(f"{path}duplicate/")
        copy = all_of(tenant)[1]
        assert answer["Location"] == url(tenant, f"wishes/{copy.public_id}/edit/")
        alice.post(f"{path}clear/")
        assert [one.pk for one in all_of(tenant)] == [copy.pk]
        with scope(tenant, transaction=False):
            acts = set(AuditEvent.objects.values_list("action", flat=True))
        assert {"ovh_wish.paused", "ovh_wish.resumed", "ovh_wish.removed"} <= acts

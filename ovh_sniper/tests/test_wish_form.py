"""The form of a wish: what it makes, and what it changes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import (
    Account,
    Configuration,
    StoredPlan,
    Wish,
)
from ovh_sniper.services.matching import reacting
from ovh_sniper.testing import make_account, make_wish, orders_of, poll
from ovh_sniper.tests.pages import url
from ovh_sniper.tests.wishing import (
    MEMORY,
    NEW,
    PLAN,
    STORAGE,
    all_of,
    page_of,
    typed,
)
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


class TestMaking:
    def test_a_wish_with_all_its_terms(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        data = typed(
            linked,
            memory=MEMORY,
            storage=STORAGE,
            datacenters=["gra", "rbx", "sbg"],
            rank__gra="3",
            rank__rbx="1",
            quantity="2",
            max_delivery_hours="72",
            cap_due_now="50",
            cap_renewal="30.5",
            budget_day="100",
            budget_month="300",
            mode="order",
            autopay="on",
            dry_run="on",
            guards_repeats=None,
            days=["0", "1"],
            hours_from="09:00",
            hours_to="18:30",
            name="Build servers",
        )
        response = alice.post(url(tenant, NEW), data)
        [wish] = all_of(tenant)
        assert response["Location"] == url(tenant, f"wishes/{wish.public_id}/")
        assert (wish.account, wish.host, wish.subsidiary) == (linked, "eu", "FR")
        assert (wish.plan_code, wish.memory, wish.storage) == (PLAN, MEMORY, STORAGE)
        # by their numbers; what has none comes last
        assert wish.datacenters == ["rbx", "gra", "sbg"]
        assert (wish.quantity, wish.max_delivery_hours) == (2, 72)
        assert (wish.cap_due_now, wish.cap_renewal) == (Decimal(50), Decimal("30.5"))
        assert (wish.budget_day, wish.budget_month) == (Decimal(100), Decimal(300))
        assert (wish.mode, wish.autopay, wish.dry_run) == ("order", True, True)
        assert not wish.guards_repeats
        assert not wish.waive_retractation
        assert wish.schedule == {"days": [0, 1], "from": "09:00", "to": "18:30"}
        assert (wish.name, wish.state) == ("Build servers", Wish.State.ARMED)

    def test_options_are_kept_by_family(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        code = "bandwidth-1000-unguaranteed-27rise"
        alice.post(url(tenant, NEW), typed(linked, plans=["27rise03"], extra__bandwidth=code))
        assert all_of(tenant)[0].extras == {"bandwidth": code}

    def test_an_alert_needs_no_account(
        self, tenant: Tenant, ovh_emulator: OvhEmulator, alice: Client
    ) -> None:
        alice.post(url(tenant, NEW), typed("us-US", plans=["27sk15-us"], mode="alert"))
        [wish] = all_of(tenant)
        assert (wish.account, wish.host, wish.subsidiary) == (None, "us", "US")

    @pytest.mark.parametrize("mode", ["ask", "order"])
    def test_to_order_takes_an_account(
        self, tenant: Tenant, unread: Account, alice: Client, mode: str
    ) -> None:
        page = page_of(alice, tenant, NEW, typed("eu-FR", mode=mode))
        assert "To order, choose an OVH account." in page
        assert all_of(tenant) == []

    def test_what_only_alerts_never_pays(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        alice.post(url(tenant, NEW), typed(unread, mode="alert", autopay="on"))
        assert not all_of(tenant)[0].autopay

    def test_the_same_wish_for_several_plans(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        codes = ["24ska01", PLAN, "27rise03"]
        response = alice.post(url(tenant, NEW), typed(unread, plans=codes, cap_due_now="60"))
        assert response["Location"] == url(tenant, "wishes/")
        made = all_of(tenant)
        assert [wish.plan_code for wish in made] == codes
        assert {wish.cap_due_now for wish in made} == {Decimal(60)}

    def test_of_several_plans_all_are_made_or_none(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        page = page_of(alice, tenant, NEW, typed(linked, plans=[PLAN, "99typo"]))
        assert "OVH lists no such plan: 99typo." in page
        assert all_of(tenant) == []

    def test_a_plan_that_ovh_does_not_list_yet_takes_a_second_word(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        page = page_of(alice, tenant, NEW, typed(linked, plans=["28new01"], mode="alert"))
        assert "Watch for it all the same" in page
        alice.post(url(tenant, NEW), typed(linked, plans=["28new01"], mode="alert", unlisted="on"))
        assert all_of(tenant)[0].plan_code == "28new01"

    def test_a_plan_without_a_public_price_is_only_alerted_of(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        poll("eu")
        sold = StoredPlan.objects.values("plan_code")
        listed = Configuration.objects.exclude(plan_code__in=sold)
        code = listed.values_list("plan_code", flat=True)[0]
        page = page_of(alice, tenant, NEW, typed(linked, plans=[code]))
        assert "it can only be alerted of" in page
        alice.post(url(tenant, NEW), typed(linked, plans=[code], mode="alert"))
        assert all_of(tenant)[0].plan_code == code

    def test_a_press_that_is_sent_twice_makes_one_wish(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        data = typed(unread, mode="order")
        first = alice.post(url(tenant, NEW), data)
        second = alice.post(url(tenant, NEW), data)
        assert first["Location"] == second["Location"]
        assert len(all_of(tenant)) == 1

    def test_the_same_page_sent_with_other_terms_makes_another(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        alice.post(url(tenant, NEW), typed(unread))
        alice.post(url(tenant, NEW), typed(unread, quantity="2"))
        assert [wish.quantity for wish in all_of(tenant)] == [1, 2]

    def test_what_is_in_stock_already_counts(
        self, tenant: Tenant, linked: Account, alice: Client, ovh_emulator: OvhEmulator
    ) -> None:
        ovh_emulator.set_stock("eu", PLAN, "gra", "1H-high")
        poll("eu")
        alice.post(url(tenant, NEW), typed(linked, mode="order"))
        [wish] = all_of(tenant)
        with scope(tenant):
            reacting.look(wish.pk, timezone.now())
        assert [order.plan_code for order in orders_of(tenant)] == [PLAN]

    def test_it_is_audited(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        alice.post(url(tenant, NEW), typed(unread))
        with scope(tenant, transaction=False):
            event = AuditEvent.objects.get(action="ovh_wish.created")
        assert event.actor_name == "alice@example.org"

    def test_the_end_is_on_the_tenants_clocks(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Taipei")
        year = timezone.now().year + 1
        alice.post(url(tenant, NEW), typed(unread, expires_at=f"{year}-01-05T20:00"))
        [wish] = all_of(tenant)
        assert wish.expires_at == datetime(year, 1, 5, 20, tzinfo=ZoneInfo("Asia/Taipei"))
        assert wish.expires_at is not None
        assert wish.expires_at.astimezone(UTC).hour == 12
        page = alice.get(url(tenant, f"wishes/{wish.public_id}/edit/")).content.decode()
        assert f'value="{year}-01-05T20:00"' in page
        assert "Times are those of Asia/Taipei" in page


class TestChanging:
    def test_it_shows_what_is(self, tenant: Tenant, linked: Account, alice: Client) -> None:
        wish = make_wish(
            linked,
            memory=MEMORY,
            datacenters=["rbx", "gra"],
            quantity=3,
            cap_due_now=Decimal("60.50"),
            schedule={"days": [5, 6], "from": "22:00", "to": "06:00"},
        )
        page = alice.get(url(tenant, f"wishes/{wish.public_id}/edit/")).content.decode()
        assert f'<option value="{MEMORY}" selected>' in page
        for shown in ('value="60.50"', 'value="22:00"', 'value="06:00"', 'value="3"'):
            assert shown in page
        ranks = [page.partition(f'name="rank-{code}"')[2][:60] for code in ("rbx", "gra")]
        assert 'value="1"' in ranks[0]
        assert 'value="2"' in ranks[1]

    def test_it_changes_the_plan_and_its_terms(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        wish = make_wish(linked, memory=MEMORY, datacenters=["gra"])
        path = url(tenant, f"wishes/{wish.public_id}/edit/")
        alice.post(path, typed(linked, plans=["27rise03"], quantity="4", mode="ask"))
        [wish] = all_of(tenant)
        assert (wish.plan_code, wish.memory, wish.datacenters) == ("27rise03", "", [])
        assert (wish.quantity, wish.mode) == (4, "ask")

    def test_a_part_that_is_sold_no_more_stays_a_choice(
        self, tenant: Tenant, linked: Account, alice: Client
    ) -> None:
        wish = make_wish(linked, memory="ram-16g-old")
        path = url(tenant, f"wishes/{wish.public_id}/edit/")
        assert '<option value="ram-16g-old" selected>' in alice.get(path).content.decode()
        assert alice.post(path, typed(linked, memory="ram-16g-old")).status_code == 302

    def test_a_disconnected_account_stays_that_of_its_wish_and_gets_no_new_ones(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        wish = make_wish(unread)
        make_account(tenant, name="Another")
        with scope(tenant):
            Account.objects.filter(pk=unread.pk).update(left_at=timezone.now(), state="broken")
        chosen = f'<option value="{unread.public_id}" selected>'
        page = alice.get(url(tenant, f"wishes/{wish.public_id}/edit/")).content.decode()
        assert chosen in page
        assert "cannot order now" in page
        assert unread.public_id not in alice.get(url(tenant, NEW)).content.decode()
        alice.post(url(tenant, f"wishes/{wish.public_id}/edit/"), typed(unread, quantity="2"))
        [wish] = all_of(tenant)
        assert (wish.account, wish.quantity) == (unread, 2)

    def test_one_wish_is_for_one_plan(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        wish = make_wish(unread)
        page = page_of(
            alice, tenant, f"wishes/{wish.public_id}/edit/", typed(unread, plans=[PLAN, "24ska01"])
        )
        assert "One wish is for one plan." in page

    def test_a_paused_one_can_be_saved_and_watched_for_at_once(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        wish = make_wish(unread)
        alice.post(url(tenant, f"wishes/{wish.public_id}/pause/"))
        path = url(tenant, f"wishes/{wish.public_id}/edit/")
        alice.post(path, typed(unread))
        assert all_of(tenant)[0].state == Wish.State.PAUSED
        alice.post(path, typed(unread, arm="1"))
        assert all_of(tenant)[0].state == Wish.State.ARMED

    def test_another_tenants_wish_is_not_found(
        self, tenant: Tenant, stranger: Tenant, alice: Client, ovh_emulator: OvhEmulator
    ) -> None:
        foreign = make_wish(make_account(stranger))
        path = url(tenant, f"wishes/{foreign.public_id}/edit/")
        assert alice.get(path).status_code == 404
        assert alice.post(path, {"save": "1"}).status_code == 404

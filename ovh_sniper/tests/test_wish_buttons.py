"""What the buttons of ticked wishes do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.testing import make_wish, poll, run_orders
from ovh_sniper.tests.pages import browser, member, url
from ovh_sniper.tests.wishing import PLAN, all_of, make_alert
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
State = Wish.State


class TestManyAtOnce:
    def act(self, client: Client, tenant: Tenant, action: str, *chosen: Wish, **more: Any) -> str:
        data = {"action": action, "wish": [one.public_id for one in chosen], **more}
        response = client.post(url(tenant, "wishes/act/"), data, follow=True)
        assert response.status_code == 200
        return response.content.decode()

    def test_pause_and_resume(self, tenant: Tenant, alice: Client) -> None:
        first, second, other = (make_alert(tenant) for _ in range(3))
        assert "2 wishes paused." in self.act(alice, tenant, "pause", first, second)
        assert [one.state for one in all_of(tenant)] == ["paused", "paused", "armed"]
        page = self.act(alice, tenant, "pause", first, other)
        assert "1 wish paused." in page
        assert "1 was not being watched for." in page
        page = self.act(alice, tenant, "resume", first, second)
        assert "2 wishes are watched for again." in page
        assert [one.state for one in all_of(tenant)] == ["armed", "armed", "paused"]

    def test_what_is_over_is_not_resumed(
        self, tenant: Tenant, alice: Client, time_machine: Any
    ) -> None:
        wish = make_alert(tenant, expires_at=timezone.now() + timedelta(hours=1))
        self.act(alice, tenant, "pause", wish)
        time_machine.move_to(timezone.now() + timedelta(hours=2))
        alice = browser("alice@example.org")
        assert "or its time is over" in self.act(alice, tenant, "resume", wish)
        assert all_of(tenant)[0].state == State.PAUSED

    def test_removing_asks_once_more(self, tenant: Tenant, alice: Client) -> None:
        first, second = make_alert(tenant, name="Goes"), make_alert(tenant, name="Stays")
        page = self.act(alice, tenant, "clear", first)
        assert "Remove this wish?" in page
        assert "Goes" in page
        assert "Stays" not in page
        assert len(all_of(tenant)) == 2
        assert "1 wish removed." in self.act(alice, tenant, "clear", first, confirmed="1")
        assert [one.name for one in all_of(tenant)] == [second.name]

    def test_removing_takes_back_what_was_not_sent(
        self, tenant: Tenant, linked: Account, alice: Client, ovh_emulator: OvhEmulator
    ) -> None:
        poll("eu")
        wish = make_wish(linked)
        ovh_emulator.set_stock("eu", PLAN, "gra", "1H-low")
        poll("eu")
        self.act(alice, tenant, "clear", wish, confirmed="1")
        run_orders()
        with scope(tenant, transaction=False):
            assert [one.state for one in Order.objects.all()] == [Order.State.CANCELLED]
        assert ovh_emulator.orders("eu") == []

    def test_copies_are_paused(self, tenant: Tenant, alice: Client) -> None:
        first, second = make_alert(tenant, name="One"), make_alert(tenant, name="Two")
        assert "2 copies made." in self.act(alice, tenant, "duplicate", first, second)
        made = all_of(tenant)
        assert sorted(one.name for one in made) == ["One", "One", "Two", "Two"]
        assert [one.state for one in made[2:]] == ["paused", "paused"]

    def test_only_ones_own(self, tenant: Tenant, stranger: Tenant, alice: Client) -> None:
        mine, foreign = make_alert(tenant), make_alert(stranger)
        self.act(alice, tenant, "clear", mine, foreign, confirmed="1")
        assert all_of(tenant) == []
        assert len(all_of(stranger)) == 1

    @pytest.mark.parametrize("action", ["", "explode", "pause\x00"])
    def test_no_such_act(self, tenant: Tenant, alice: Client, action: str) -> None:
        wish = make_alert(tenant)
        self.act(alice, tenant, action, wish)
        assert all_of(tenant)[0].state == State.ARMED

    def test_nothing_ticked(self, tenant: Tenant, alice: Client) -> None:
        make_alert(tenant)
        assert "Tick the wishes that you mean first." in self.act(alice, tenant, "pause")
        data = {"action": "pause", "wish": ["\x00", "x" * 10_000, "../"]}
        assert alice.post(url(tenant, "wishes/act/"), data).status_code == 302

    def test_an_operator_resumes_nothing_that_pays_itself(
        self, tenant: Tenant, unread: Account
    ) -> None:
        wish = make_wish(unread, autopay=True)
        operator = member(tenant, "operator")
        self.act(operator, tenant, "pause", wish)
        page = self.act(operator, tenant, "resume", wish)
        assert "1 pays automatically: only an admin may resume it." in page
        assert all_of(tenant)[0].state == State.PAUSED
        self.act(browser("alice@example.org"), tenant, "resume", wish)
        assert all_of(tenant)[0].state == State.ARMED

    def test_an_operators_copy_pays_nothing(self, tenant: Tenant, unread: Account) -> None:
        wish = make_wish(unread, autopay=True)
        page = self.act(member(tenant, "operator"), tenant, "duplicate", wish)
        assert "Automatic payment is off in the copy" in page
        assert [one.autopay for one in all_of(tenant)] == [True, False]

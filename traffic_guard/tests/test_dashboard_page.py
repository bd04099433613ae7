"""The first page: least left first, unknown said as such, planned stops, what needs somebody."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, Policy, Preferences, Server
from traffic_guard.testing import GB, make_account, make_server
from traffic_guard.tests.chatting import make_traffic_bot
from traffic_guard.tests.fleet import make_known, make_plan
from traffic_guard.tests.pages import member, text_of, url

pytestmark = pytest.mark.django_db
State = PlannedStop.State


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Hong Kong", polled_at=timezone.now() - timedelta(minutes=4))


def plan_state(plan: PlannedStop) -> PlannedStop:
    with scope(plan.tenant_id):
        found: PlannedStop = PlannedStop.objects.select_related("server").get(pk=plan.pk)
    return found


class TestWhatItShows:
    def test_least_left_first_and_unknown_before_all(
        self, tenant: Tenant, alice: Client, account: Account
    ) -> None:
        make_known(account, "plenty", left=900)
        make_known(account, "scarce", left=31.4, rate=1.2)
        make_server(account, "dark")
        stale = make_known(account, "stale", left=40, read_ago=timedelta(hours=9))
        said = text_of(alice.get(url(tenant)))
        table = said.partition("Least left first")[2]
        order = [table.index(name) for name in ("dark", "scarce", "stale", "plenty")]
        assert order == sorted(order)
        assert "31.4 GB of 1,000 GB (3.1 %)" in table
        assert "1.2 GB an hour" in table
        assert "in 1 day, 2 hours" in table
        assert "lasts until the reset" in table
        # what is too old is unknown, and never shown as if it were known
        assert table.count("Unknown") == 2
        assert "last known: 40 GB, read 9 hours ago" in table
        assert "Read every 15 minutes" in table
        assert "Last read 4 minutes ago" in table
        assert stale.public_id in alice.get(url(tenant, "servers/?state=unknown")).content.decode()

    def test_money_at_risk(
        self, tenant: Tenant, alice: Client, account: Account, time_machine: Any
    ) -> None:
        time_machine.move_to(timezone.now(), tick=False)
        # 20 days until the reset: 480 hours, 580 GB, 100 of which are there
        make_known(account, "web", left=100, rate=580 / 480)
        assert "name a price in the settings" in text_of(alice.get(url(tenant)))
        with scope(tenant):
            Preferences.objects.create(tenant=tenant, excess_price=Decimal("0.8"))
        said = text_of(alice.get(url(tenant)))
        assert "Money at risk 384.00 CNY 480 GB above the packages" in said

    def test_an_account_that_needs_somebody(
        self, tenant: Tenant, alice: Client, account: Account
    ) -> None:
        make_account(
            tenant,
            name="Beijing",
            access_key="OTHERACCESSKEY000001",
            state=Account.State.BROKEN,
            findings=[{"code": "credential"}],
        )
        make_account(tenant, name="Jakarta", access_key="THIRD", halted_for="frozen")
        said = text_of(alice.get(url(tenant)))
        assert "Beijing The cloud does not accept these keys" in said
        assert "Jakarta Automatic stops are halted" in said
        assert "Hong Kong" not in said.partition("Servers")[0]

    def test_nobody_uses_it_yet(self, tenant: Tenant, alice: Client) -> None:
        assert "Connect a cloud account" in text_of(alice.get(url(tenant)))
        viewer = member(tenant, "viewer")
        assert "An admin of this workspace connects" in text_of(viewer.get(url(tenant)))
        make_traffic_bot(tenant)
        assert "Traffic of servers" not in text_of(alice.get(f"/t/{tenant.slug}/"))

    def test_a_stranger_gets_404(self, tenant: Tenant, charlie: Client, account: Account) -> None:
        for rest in ("", "live/", "servers/", "policies/", "decisions/", "settings/"):
            assert charlie.get(url(tenant, rest)).status_code == 404


class TestPlannedStops:
    @pytest.fixture
    def server(self, account: Account) -> Server:
        return make_known(account, "web-1", left=20, rate=2)

    def press(self, client: Client, plan: PlannedStop, act: str, **said: str) -> str:
        address = url(plan.tenant, f"stops/{plan.public_id}/{act}/")
        return text_of(client.post(address, {"back": "dashboard", **said}, follow=True))

    def test_postponing_twice_with_one_form_is_once(
        self, tenant: Tenant, alice: Client, server: Server
    ) -> None:
        plan = make_plan(server)
        shown = text_of(alice.get(url(tenant)))
        assert "web-1 waiting in 29 minutes" in shown
        said = self.press(alice, plan, "postpone", seen="0")
        assert "Postponed: web-1 is stopped at" in said
        assert "postponed once" in said
        self.press(alice, plan, "postpone", seen="0")
        now = plan_state(plan)
        assert (now.postponed, now.execute_at) == (1, plan.execute_at + timedelta(hours=1))

    def test_not_in_this_cycle_and_cancelling(
        self, tenant: Tenant, alice: Client, server: Server, account: Account
    ) -> None:
        plan = make_plan(server)
        assert "not stopped in this cycle" in self.press(alice, plan, "skip")
        assert plan_state(plan).server.skipped_cycle_end == plan.cycle_end
        other = make_plan(make_known(account, "web-2", left=1))
        assert "Cancelled." in self.press(alice, other, "cancel")
        assert plan_state(other).state == State.CANCELLED
        # what was settled meanwhile is said, and stays
        assert "Too late, it is settled: cancelled" in self.press(
            alice, other, "postpone", seen="0"
        )

    def test_stopping_now_asks_first(self, tenant: Tenant, alice: Client, server: Server) -> None:
        plan = make_plan(server)
        asked = self.press(alice, plan, "now")
        assert "Stop web-1 now?" in asked
        assert "a stop refunds nothing" in asked
        assert plan_state(plan).execute_at == plan.execute_at
        self.press(alice, plan, "now", confirmed="1")
        assert plan_state(plan).execute_at <= timezone.now()

    def test_one_that_is_held_waits_for_a_word(
        self, tenant: Tenant, alice: Client, server: Server
    ) -> None:
        plan = make_plan(server, state=State.HELD)
        assert "Let it be stopped" in text_of(alice.get(url(tenant)))
        self.press(alice, plan, "approve")
        assert plan_state(plan).state == State.WAITING

    @pytest.mark.parametrize("act", ["postpone", "skip", "cancel", "now", "approve"])
    def test_a_viewer_only_looks(
        self, tenant: Tenant, charlie: Client, server: Server, act: str
    ) -> None:
        plan = make_plan(server)
        viewer = member(tenant, "viewer")
        address = url(tenant, f"stops/{plan.public_id}/{act}/")
        assert "Postpone" not in text_of(viewer.get(url(tenant)))
        assert viewer.post(address, {"confirmed": "1", "seen": "0"}).status_code == 403
        assert charlie.post(address).status_code == 404
        assert alone(plan) == (State.WAITING, plan.execute_at)


def alone(plan: PlannedStop) -> tuple[str, Any]:
    now = plan_state(plan)
    return now.state, now.execute_at


class TestPausing:
    def test_all_automatic_stops_rest_and_come_back(
        self, tenant: Tenant, alice: Client, account: Account
    ) -> None:
        plan = make_plan(make_known(account, "web-1", left=20))
        said = text_of(alice.post(url(tenant, "pause/"), {"hours": "6"}, follow=True))
        assert "Automatic stops are paused until" in said
        assert plan_state(plan).state == State.CANCELLED
        with scope(tenant):
            until = Preferences.objects.get().paused_until
        assert until is not None
        assert timedelta(hours=5) < until - timezone.now() <= timedelta(hours=6)
        said = text_of(alice.post(url(tenant, "resume/"), follow=True))
        assert "Automatic stops are paused until" not in said

    def test_a_made_up_time_pauses_nothing(
        self, tenant: Tenant, alice: Client, account: Account
    ) -> None:
        said = text_of(alice.post(url(tenant, "pause/"), {"hours": "9999"}, follow=True))
        assert "Choose for how long" in said
        assert member(tenant, "viewer").post(url(tenant, "pause/")).status_code == 403


def test_thousands_of_servers_cost_a_fixed_number_of_queries(
    tenant: Tenant, alice: Client, account: Account, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    fleet = [
        Server(
            tenant=tenant,
            account=account,
            name=f"node-{number}",
            cloud_id=f"id-{number}",
            region=f"region-{number % 9}",
            project_id="p",
            remaining_bytes=number * GB // 10,
            total_bytes=1000 * GB,
            percent_left=number / 100,
            cycle_end=now + timedelta(days=3),
            read_at=now,
            burn_rate=GB,
            runs_out_at=now + timedelta(hours=1) if number % 3 == 0 else None,
            power="running",
        )
        for number in range(3_000)
    ]
    with scope(tenant):
        Server.objects.bulk_create(fleet, batch_size=500)
        Policy.objects.create(tenant=tenant, auto_stop=True)
    with django_assert_max_num_queries(26):
        assert "3000" in text_of(alice.get(url(tenant)))
    with django_assert_max_num_queries(20):
        found = text_of(alice.get(url(tenant, "servers/?page=3&q=node&region=region-1")))
    assert "51–75 of 334" in found
    make_traffic_bot(tenant)
    with django_assert_max_num_queries(40):
        assert "Traffic of servers" in text_of(alice.get(f"/t/{tenant.slug}/"))

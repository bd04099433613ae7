"""Policies of workspace, account and server: what is inherited, what is said instead; settings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, Policy, Preferences, Server
from traffic_guard.services.policies import resolving
from traffic_guard.testing import GB, make_account
from traffic_guard.tests.fleet import make_known
from traffic_guard.tests.pages import member, text_of, url

pytestmark = pytest.mark.django_db
WORKSPACE = "policies/workspace/"


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Hong Kong")


@pytest.fixture
def server(account: Account) -> Server:
    return make_known(account, "web-1", left=400, total=1000)


def form_of(client: Client, address: str) -> dict[str, Any]:
    """Return what a browser would post of the form as it is."""
    form = client.get(address).context["form"]
    values = {one.name: one.value() for one in form}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def save(client: Client, address: str, **changes: Any) -> Any:
    values = {**form_of(client, address), **changes}
    return client.post(address, values, follow=True)


def holds(server: Server) -> resolving.Effective:
    with scope(server.tenant_id):
        return resolving.effective(server)


class TestInheritance:
    def test_each_level_shows_what_it_inherits_and_may_say_otherwise(
        self, tenant: Tenant, alice: Client, account: Account, server: Server
    ) -> None:
        of_account = url(tenant, f"policies/account/{account.public_id}/")
        of_server = url(tenant, f"policies/server/{server.public_id}/")
        save(alice, url(tenant, WORKSPACE), threshold_gb="50", auto_stop="yes", grace_minutes="60")
        page = text_of(alice.get(of_account))
        assert "Both empty: 50 GB · as the workspace." in page
        assert "yes · as the workspace" in page
        assert "Empty: 1 hour · as the workspace." in page

        save(alice, of_account, threshold_percent="8", alert_levels="95 80, 80%", stop_mode="hard")
        page = text_of(alice.get(of_server))
        assert "Both empty: 8 % · as its account." in page
        assert "cut the power · as its account" in page
        found = holds(server)
        # who names one of the two thresholds names both
        assert (found.threshold_bytes.value, found.threshold_percent.value) == (None, 8.0)
        assert found.alert_levels.value == (80, 95)
        assert found.auto_stop.source == "tenant"

        save(alice, of_server, threshold_gb="12.5", auto_stop="no", alert_levels="0")
        found = holds(server)
        assert found.threshold_bytes.value == int(12.5 * GB)
        assert (found.auto_stop.value, found.auto_stop.source) == (False, "server")
        assert found.alert_levels.value == ()

        overview = text_of(alice.get(url(tenant, "policies/")))
        assert "Stop when less is left than 50 GB set for the workspace" in overview
        assert "Hong Kong Stop when less is left than 8 %" in overview
        assert "web-1 Stop when less is left than 12.5 GB" in overview

        # emptied, it is as the level above again
        save(alice, of_server, threshold_gb="", auto_stop="", alert_levels="")
        found = holds(server)
        assert (found.threshold_percent.value, found.auto_stop.value) == (8.0, True)

    def test_hours_and_days_without_stops(
        self, tenant: Tenant, alice: Client, server: Server
    ) -> None:
        address = url(tenant, WORKSPACE)
        save(
            alice,
            address,
            schedule_mode="own",
            days=["0", "4"],
            hours_from="22:00",
            hours_to="06:00",
            skip_mode="own",
            skip_dates="2026-12-25, 2026-12-24",
        )
        found = holds(server)
        assert dict(found.schedule.value) == {"days": [0, 4], "from": "22:00", "to": "06:00"}
        assert found.skip_dates.value == ("2026-12-24", "2026-12-25")
        said = text_of(alice.get(url(tenant, "policies/")))
        assert "Stops allowed Mon, Fri · 22:00 to 06:00" in said
        # the form shows it again, and saving it untouched changes nothing
        assert "Nothing was changed." in text_of(save(alice, address))
        save(alice, address, schedule_mode="always", skip_mode="")
        assert not holds(server).schedule.value
        assert holds(server).schedule.source == "tenant"
        assert holds(server).skip_dates.source == "default"

    def test_an_odd_size_stays_exact_when_another_field_is_saved(
        self, tenant: Tenant, alice: Client, server: Server
    ) -> None:
        with scope(tenant):
            Policy.objects.create(tenant=tenant, threshold_bytes=50 * GB + 7)
        save(alice, url(tenant, WORKSPACE), grace_minutes="10")
        assert holds(server).threshold_bytes.value == 50 * GB + 7


class TestRefusals:
    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("threshold_gb", "-1", "greater than or equal to 0"),
            ("threshold_gb", "NaN", "Enter a number."),
            ("threshold_percent", "101", "less than or equal to 100"),
            ("alert_levels", "80, x", "Whole percents from 1 to 100."),
            ("alert_levels", "80, 101", "Whole percents from 1 to 100."),
            ("skip_dates", "2026-13-01", "Dates such as 2026-12-24."),
            ("hours_from", "25:00", "Enter a valid time."),
            ("grace_minutes", "9999", "less than or equal to 1440"),
            ("dry_run", "maybe", "Select a valid choice."),
        ],
    )
    def test_what_makes_no_sense_is_said_beside_its_field(
        self, tenant: Tenant, alice: Client, server: Server, field: str, value: str, said: str
    ) -> None:
        page = text_of(save(alice, url(tenant, WORKSPACE), **{field: value}))
        assert "Not saved yet" in page
        assert said in page
        with scope(tenant):
            assert not Policy.objects.exists()

    def test_a_threshold_above_the_package_is_refused(
        self, tenant: Tenant, alice: Client, server: Server
    ) -> None:
        address = url(tenant, f"policies/server/{server.public_id}/")
        page = text_of(save(alice, address, threshold_gb="2000"))
        assert "Not less than the whole package of web-1" in page

    def test_warnings_are_said_and_it_is_saved_all_the_same(
        self, tenant: Tenant, alice: Client, account: Account
    ) -> None:
        server = make_known(account, "spot", left=400, kind="ecs", charging="usage")
        address = url(tenant, f"policies/server/{server.public_id}/")
        page = text_of(save(alice, address, auto_stop="yes"))
        assert "the cloud may have no capacity to start it again" in page
        assert "Disks go on costing money" in text_of(alice.get(address))
        assert "A stop ends traffic, not every cost" in text_of(alice.get(url(tenant, WORKSPACE)))
        assert holds(server).auto_stop.value


class TestWhoMay:
    def test_admins_change_others_look(
        self, tenant: Tenant, alice: Client, charlie: Client, account: Account, server: Server
    ) -> None:
        paths = [
            WORKSPACE,
            f"policies/account/{account.public_id}/",
            f"policies/server/{server.public_id}/",
            "settings/",
        ]
        for path in paths:
            for role in ("viewer", "operator"):
                client = member(tenant, role)
                page = text_of(client.get(url(tenant, path)))
                assert "Admins of this workspace can change" in page
                refused = client.post(url(tenant, path), {"auto_stop": "yes"})
                assert refused.status_code == 403
            assert charlie.get(url(tenant, path)).status_code == 404
        with scope(tenant):
            assert not Policy.objects.exists()
        assert save(member(tenant, "admin"), url(tenant, WORKSPACE), auto_stop="yes")
        with scope(tenant):
            assert Policy.objects.get().auto_stop
            assert AuditEvent.objects.filter(action="traffic_policy.changed").count() == 1

    def test_another_tenants_account_and_server_are_not_found(
        self, stranger: Tenant, charlie: Client, account: Account, server: Server
    ) -> None:
        for path in (f"account/{account.public_id}", f"server/{server.public_id}"):
            assert charlie.get(url(stranger, f"policies/{path}/")).status_code == 404


class TestSettings:
    def test_caps_and_price(self, tenant: Tenant, alice: Client) -> None:
        address = url(tenant, "settings/")
        alice.get(address)
        with scope(tenant):
            # a look writes nothing
            assert not Preferences.objects.exists()
        wanted = {"stops_per_run": "2", "stops_per_hour": "5", "excess_price": "0.8"}
        said = text_of(save(alice, address, **wanted, excess_currency="usd"))
        assert "Settings saved." in said
        with scope(tenant):
            found = Preferences.objects.get()
        assert (found.stops_per_run, found.excess_price, found.excess_currency) == (
            2,
            Decimal("0.8"),
            "USD",
        )
        assert "Nothing was changed." in text_of(save(alice, address))

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("stops_per_run", "0", "greater than or equal to 1"),
            ("stops_per_hour", "1", "Not less than at once."),
            ("excess_price", "-1", "greater than or equal to 0"),
            ("excess_currency", "¥¥¥", "Three letters, such as CNY."),
        ],
    )
    def test_nonsense_is_refused(
        self, tenant: Tenant, alice: Client, field: str, value: str, said: str
    ) -> None:
        assert said in text_of(save(alice, url(tenant, "settings/"), **{field: value}))
        with scope(tenant):
            assert not Preferences.objects.exists()

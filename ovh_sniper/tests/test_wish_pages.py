"""The list of wishes: who may see and change it, what it says, what changes by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from ovh_sniper.models import Account, Wish
from ovh_sniper.testing import make_account, make_wish, poll, run_orders, warm_up
from ovh_sniper.tests.pages import member, url
from ovh_sniper.tests.wishing import PLAN, all_of, listed, make_alert, shown, typed
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
State = Wish.State
ONE_BUTTONS = ["pause", "resume", "clear", "duplicate"]
# what a page asks of the database whoever looks: the log-in and his tenants
FRAME = 2


class TestWhoMay:
    def reading(self, wish: Wish) -> list[str]:
        one = f"wishes/{wish.public_id}/"
        return ["wishes/", "wishes/export.csv", "wishes/import/sample.csv", one, f"{one}status/"]

    def writing(self, wish: Wish) -> list[str]:
        one = f"wishes/{wish.public_id}/"
        buttons = [f"{one}{name}/" for name in ONE_BUTTONS]
        return ["wishes/new/", "wishes/import/", "wishes/act/", f"{one}edit/", *buttons]

    def test_a_stranger_gets_404_everywhere(self, tenant: Tenant, charlie: Client) -> None:
        wish = make_alert(tenant)
        for path in [*self.reading(wish), "wishes/new/"]:
            assert charlie.get(url(tenant, path)).status_code == 404
        for path in self.writing(wish):
            assert charlie.post(url(tenant, path), {"wish": wish.public_id}).status_code == 404
        assert [one.state for one in all_of(tenant)] == [State.ARMED]

    def test_another_tenants_wish_is_not_found(
        self, tenant: Tenant, stranger: Tenant, alice: Client
    ) -> None:
        foreign = make_alert(stranger)
        one = f"wishes/{foreign.public_id}/"
        for path in (one, f"{one}status/"):
            assert alice.get(url(tenant, path)).status_code == 404
        for name in ONE_BUTTONS:
            assert alice.post(url(tenant, f"{one}{name}/")).status_code == 404
        assert foreign.public_id not in listed(alice, tenant)
        live = alice.get(url(tenant, f"wishes/live/?id={foreign.public_id}"))
        assert foreign.public_id not in live.content.decode()

    def test_a_viewer_reads(self, tenant: Tenant) -> None:
        wish = make_alert(tenant, name="Look at me")
        viewer = member(tenant, "viewer")
        for path in self.reading(wish):
            assert viewer.get(url(tenant, path)).status_code == 200
        assert 'type="checkbox"' not in listed(viewer, tenant)
        assert "data-dialog" not in shown(viewer, wish)
        for path in self.writing(wish):
            assert viewer.post(url(tenant, path), {"wish": wish.public_id}).status_code == 403
        assert [one.state for one in all_of(tenant)] == [State.ARMED]

    def test_an_operator_makes_and_ends_them(self, tenant: Tenant, unread: Account) -> None:
        operator = member(tenant, "operator")
        operator.post(url(tenant, "wishes/new/"), typed(unread))
        [wish] = all_of(tenant)
        operator.post(url(tenant, f"wishes/{wish.public_id}/clear/"))
        assert all_of(tenant) == []

    def test_nothing_changes_in_a_suspended_workspace(self, tenant: Tenant, alice: Client) -> None:
        wish = make_alert(tenant)
        Tenant.objects.filter(pk=tenant.pk).update(state=Tenant.State.SUSPENDED)
        assert "data-dialog" not in shown(alice, wish)
        for path in self.writing(wish):
            assert alice.post(url(tenant, path), {"wish": wish.public_id}).status_code == 403

    @pytest.mark.parametrize("name", [*ONE_BUTTONS, "act"])
    def test_buttons_only_by_post(self, tenant: Tenant, alice: Client, name: str) -> None:
        wish = make_alert(tenant)
        path = "wishes/act/" if name == "act" else f"wishes/{wish.public_id}/{name}/"
        assert alice.get(url(tenant, path)).status_code == 405


class TestEmpty:
    def test_without_an_account_it_says_what_to_do_next(
        self, tenant: Tenant, alice: Client
    ) -> None:
        page = listed(alice, tenant)
        assert "Link an OVH account first" in page
        assert url(tenant, "wishes/new/") in page

    def test_with_one_it_offers_the_form(
        self, tenant: Tenant, ovh_emulator: OvhEmulator, alice: Client
    ) -> None:
        make_account(tenant)
        page = listed(alice, tenant)
        assert "No wishes yet" in page
        assert "Link an OVH account first" not in page

    def test_a_viewer_is_offered_nothing_he_may_not_do(self, tenant: Tenant) -> None:
        page = listed(member(tenant, "viewer"), tenant)
        assert url(tenant, "wishes/new/") not in page


class TestTheList:
    def test_what_a_line_says(
        self, tenant: Tenant, linked: Account, alice: Client, ovh_emulator: OvhEmulator
    ) -> None:
        ovh_emulator.set_stock("eu", PLAN, "rbx", "1H-low")
        poll("eu")
        make_wish(
            linked,
            name="Build servers",
            memory="ram-64g-ecc-3200",
            datacenters=["rbx", "gra"],
            quantity=3,
            cap_due_now=Decimal(60),
            dry_run=True,
        )
        page = " ".join(listed(alice, tenant).split())
        for said in (
            "Build servers",
            "KS-15",
            "64 GB RAM",
            "🇫🇷 rbx",
            "0 of 3",
            "at most 60.00 EUR now",
            "order at once",
            "dry run",
            "armed",
            "in stock",
        ):
            assert said in page

    def test_how_many_are_ordered_and_how_many_carts_wait(
        self, tenant: Tenant, linked: Account, alice: Client, ovh_emulator: OvhEmulator
    ) -> None:
        poll("eu")
        exactly = {"memory": "ram-64g-ecc-3200", "storage": "softraid-2x500nvme"}
        make_wish(linked, quantity=3, datacenters=["gra"], **exactly)
        warm_up()
        assert "2 carts ready" in listed(alice, tenant)
        ovh_emulator.set_stock("eu", PLAN, "gra", "1H-low", 1)
        poll("eu")
        run_orders()
        assert "1 of 3" in listed(alice, tenant)

    def test_why_one_was_stopped(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        wish = make_wish(unread)
        with scope(tenant):
            Wish.objects.filter(pk=wish.pk).update(state="stopped", state_reason="account")
        said = "There is no OVH account that can order this."
        assert said in listed(alice, tenant)
        assert f"It was stopped: {said}" in shown(alice, wish)

    def test_ovhs_own_words_stand_as_they_are(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        wish = make_wish(unread)
        with scope(tenant):
            Wish.objects.filter(pk=wish.pk).update(state="stopped", state_reason="<b>No</b>")
        assert "&lt;b&gt;No&lt;/b&gt;" in listed(alice, tenant)

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", {"Alpha", "Beta", "Gamma"}),
            ("?state=paused", {"Beta"}),
            ("?mode=ask", {"Gamma"}),
            ("?host=us", {"Alpha"}),
            ("?q=alp", {"Alpha"}),
            ("?q=27SK15", {"Beta", "Gamma"}),
            ("?q=gam+sk", {"Gamma"}),
            ("?q=nothing", set()),
            ("?state=nonsense&mode=%00&host=zz", {"Alpha", "Beta", "Gamma"}),
            ("?q=%00", {"Alpha", "Beta", "Gamma"}),
            ("?page=99", {"Alpha", "Beta", "Gamma"}),
        ],
    )
    def test_filters(
        self, tenant: Tenant, unread: Account, alice: Client, query: str, names: set[str]
    ) -> None:
        make_alert(tenant, name="Alpha", host="us", subsidiary="US", plan_code="24ska01-us")
        beta = make_alert(tenant, name="Beta")
        make_wish(unread, name="Gamma", mode="ask")
        with scope(tenant):
            Wish.objects.filter(pk=beta.pk).update(state=State.PAUSED)
        page = listed(alice, tenant, query)
        assert {name for name in ("Alpha", "Beta", "Gamma") if f">{name}</a>" in page} == names

    def test_a_long_search_is_cut(self, tenant: Tenant, alice: Client) -> None:
        make_alert(tenant)
        listed(alice, tenant, "?q=" + "x" * 3000)

    def test_25_a_page(self, tenant: Tenant, alice: Client) -> None:
        for number in range(27):
            make_alert(tenant, name=f"No. {number:02}")
        page = listed(alice, tenant)
        assert page.count('class="title"') == 25
        assert "1–25 of 27" in page
        second = listed(alice, tenant, "?page=2")
        assert second.count('class="title"') == 2
        assert "No. 00" in second

    @pytest.mark.parametrize("count", [1, 25])
    def test_queries_do_not_grow_with_the_lines(
        self,
        tenant: Tenant,
        linked: Account,
        alice: Client,
        count: int,
        django_assert_num_queries: Any,
    ) -> None:
        poll("eu")
        for number in range(count):
            make_wish(linked, plan_code=PLAN if number % 2 else "24ska01", mode="ask")
        listed(alice, tenant)
        # count, lines, names, orders, carts, stock, currencies
        with django_assert_num_queries(FRAME + 7):
            listed(alice, tenant)

    def test_what_changes_by_itself_replaces_its_own_cells(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        wish = make_wish(unread)
        path = url(tenant, f"wishes/live/?id={wish.public_id}")
        assert path.rpartition("/")[2] in listed(alice, tenant)
        with scope(tenant):
            Wish.objects.filter(pk=wish.pk).update(state=State.DONE)
        answer = alice.get(path).content.decode()
        assert f'id="wish-now-{wish.public_id}"' in answer
        assert answer.count('hx-swap-oob="true"') == 2
        assert "done" in answer

    @pytest.mark.parametrize("query", ["", "?id=%00", "?id=" + "x" * 3000, "?id=../../x"])
    def test_any_address_of_live_cells(self, tenant: Tenant, alice: Client, query: str) -> None:
        assert alice.get(url(tenant, f"wishes/live/{query}")).status_code == 200

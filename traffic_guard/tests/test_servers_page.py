"""The list of servers, what is done with the ticked ones, its progress, and the table as CSV."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, PowerAction, Server
from traffic_guard.testing import make_account, make_server
from traffic_guard.tests.fleet import make_known, make_plan
from traffic_guard.tests.pages import member, text_of, url

pytestmark = pytest.mark.django_db
State, Power = PowerAction.State, Server.Power


@pytest.fixture
def fleet(tenant: Tenant) -> list[Server]:
    hk = make_account(tenant, name="Hong Kong")
    cn = make_account(tenant, name="Beijing", access_key="OTHERACCESSKEY000001")
    fleet = [
        make_known(hk, "web-1", left=40, rate=2, addresses=["203.0.113.77"]),
        make_known(hk, "web-2", left=900, power=Power.STOPPED, charging="usage", kind="ecs"),
        make_server(cn, "dark", region="cn-north-4", power=Power.UNKNOWN),
        make_known(cn, "mail", left=500, rate=0.5, is_protected=True, region="cn-north-4"),
    ]
    make_plan(fleet[0])
    return fleet


def actions_of(tenant: Tenant) -> list[PowerAction]:
    with scope(tenant):
        return list(PowerAction.objects.select_related("server").order_by("pk"))


class TestList:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", [2, 0, 3, 1]),
            ("?q=web", [0, 1]),
            ("?q=203.0.113.77", [0]),
            ("?q=WEB+hong", [0, 1]),
            ("?q=nothing", []),
            ("?region=cn-north-4", [2, 3]),
            ("?state=unknown", [2]),
            ("?state=low", [0]),
            ("?state=runs_out", [0]),
            ("?state=stopped", [1]),
            ("?state=gone", [2]),
            ("?state=planned", [0]),
            ("?state=protected", [3]),
            ("?order=name", [2, 3, 0, 1]),
            ("?order=rate", [0, 3, 1, 2]),
            ("?order=account", [2, 3, 0, 1]),
        ],
    )
    def test_filters_and_orders(
        self, tenant: Tenant, alice: Client, fleet: list[Server], query: str, expected: list[int]
    ) -> None:
        page = alice.get(url(tenant, f"servers/{query}")).content.decode()
        found = {page.find(f"/servers/{one.public_id}/"): at for at, one in enumerate(fleet)}
        assert [found[at] for at in sorted(found) if at >= 0] == expected

    @pytest.mark.parametrize(
        "query", ["?page=x&state=%00", "?q=%00%27", "?account=nobodys&order=x", "?region=x"]
    )
    def test_nonsense_is_left_out(
        self, tenant: Tenant, alice: Client, fleet: list[Server], query: str
    ) -> None:
        assert alice.get(url(tenant, f"servers/{query}")).status_code == 200
        assert alice.get(url(tenant, f"servers/export.csv{query}")).status_code == 200

    def test_by_account_and_what_is_hidden(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        with scope(tenant):
            Server.objects.filter(pk=fleet[3].pk).update(hidden_at=timezone.now())
        said = text_of(alice.get(url(tenant, f"servers/?account={fleet[2].account.public_id}")))
        assert "dark" in said
        assert "mail" not in said
        assert "web-1" not in said

    def test_the_lines_of_a_page_come_anew_in_its_own_order(
        self, tenant: Tenant, alice: Client, charlie: Client, fleet: list[Server]
    ) -> None:
        page = alice.get(url(tenant, "servers/?q=web")).content.decode()
        [address] = re.findall(r'hx-get="([^"]*/servers/live/[^"]*)"', page)
        with scope(tenant):
            # by what is left it would stand last now
            Server.objects.filter(pk=fleet[0].pk).update(percent_left=99, power=Power.STOPPING)
        part = html.unescape(alice.get(html.unescape(address)).content.decode())
        places = [part.find(f"/servers/{one.public_id}/") for one in fleet]
        assert 0 < places[0] < places[1]
        assert places[2:] == [-1, -1]
        assert "stopping" in part
        assert part.count("hx-preserve") == 2
        assert "<html" not in part
        viewed = member(tenant, "viewer").get(html.unescape(address)).content.decode()
        assert "web-1" in viewed
        assert 'name="server"' not in viewed
        assert charlie.get(html.unescape(address)).status_code == 404

    def test_a_viewer_ticks_nothing(self, tenant: Tenant, fleet: list[Server]) -> None:
        viewer = member(tenant, "viewer")
        page = viewer.get(url(tenant, "servers/")).content.decode()
        assert "web-1" in page
        assert 'name="server"' not in page
        assert viewer.post(url(tenant, "servers/act/")).status_code == 403


class TestActing:
    def act(self, client: Client, fleet: list[Server], action: str, **said: Any) -> Any:
        ids = [one.public_id for one in fleet]
        data = {"action": action, "server": ids, **said}
        return client.post(url(fleet[0].tenant, "servers/act/"), data, follow=True)

    def test_a_stop_is_asked_about_and_names_what_keeps_costing_money(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        asked = self.act(alice, fleet[:2], "stop", back="state=running")
        said = text_of(asked)
        assert "Stop these 2 servers?" in said
        assert "a stop refunds nothing" in said
        assert "With local disks, FPGA cards or bare metal everything goes on costing money" in said
        assert "?state=running" in asked.content.decode()
        assert actions_of(tenant) == []

    def test_a_form_sent_twice_acts_once_and_shows_the_same_progress(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        sent = [
            self.act(alice, fleet[:2], "stop", confirmed="1", key="k1", is_hard="on")
            for _press in range(2)
        ]
        assert sent[0].redirect_chain == sent[1].redirect_chain
        assert "Stopping 2 servers" in text_of(sent[0])
        assert "0 of 2 settled" in text_of(sent[0])
        first, second = actions_of(tenant)
        assert (first.kind, first.is_hard, first.origin) == ("stop", True, "portal")
        assert first.requested_by == "alice@example.org"
        assert {first.server_id, second.server_id} == {fleet[0].pk, fleet[1].pk}

    def test_progress_ends_when_the_servers_own_state_says_so(
        self, tenant: Tenant, alice: Client, charlie: Client, fleet: list[Server]
    ) -> None:
        address = self.act(alice, fleet[:2], "start", confirmed="1", key="k").redirect_chain[-1][0]
        part = alice.get(address, headers={"hx-request": "true"}).content.decode()
        assert "every 3s" in part
        assert "<html" not in part
        with scope(tenant):
            PowerAction.objects.filter(server=fleet[0]).update(
                state=State.DONE, settled_at=timezone.now()
            )
            PowerAction.objects.filter(server=fleet[1]).update(
                state=State.REFUSED, error_code="locked", settled_at=timezone.now()
            )
        response = alice.get(address, headers={"hx-request": "true"})
        assert "every 3s" not in response.content.decode()
        said = text_of(response)
        assert "2 of 2 settled 1 did not work" in said
        assert "unlock it in the cloud" in said
        assert charlie.get(address).status_code == 404
        assert alice.get(url(tenant, "servers/batch/nothing/")).status_code == 404

    def test_what_cannot_be_done_is_said_and_the_rest_is_done(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        with scope(tenant):
            Account.objects.filter(name="Beijing").update(rights=Account.Rights.MONITOR)
        asked = text_of(self.act(alice, [fleet[0], fleet[3]], "reboot"))
        assert "the keys of its account may only watch" in asked
        said = text_of(self.act(alice, [fleet[0], fleet[3]], "reboot", confirmed="1", key="k"))
        assert "mail: the keys of its account may only watch" in said
        assert [one.server.name for one in actions_of(tenant)] == ["web-1"]

    def test_protecting_calls_the_planned_stop_off(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        assert "Protect web-1?" in text_of(self.act(alice, fleet[:1], "protect"))
        said = text_of(self.act(alice, fleet[:1], "protect", confirmed="1"))
        assert "1 server protected." in said
        with scope(tenant):
            assert PlannedStop.objects.get().state == PlannedStop.State.CANCELLED
            assert Server.objects.get(pk=fleet[0].pk).protected_by == "alice@example.org"
        self.act(alice, fleet[:1], "unprotect", confirmed="1")
        with scope(tenant):
            assert not Server.objects.get(pk=fleet[0].pk).is_protected

    def test_pausing_asks_for_how_long(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        assert "For how long" in text_of(self.act(alice, fleet[:1], "pause"))
        assert "is not one of the available choices" in text_of(
            self.act(alice, fleet[:1], "pause", confirmed="1", hours="7777")
        )
        self.act(alice, fleet[:1], "pause", confirmed="1", hours="24")
        with scope(tenant):
            until = Server.objects.get(pk=fleet[0].pk).paused_until
        assert until is not None
        assert until > timezone.now() + timedelta(hours=23)
        said = text_of(self.act(alice, fleet[:1], "unpause", confirmed="1"))
        assert "Automatic stops of 1 server are allowed again." in said

    @pytest.mark.parametrize("action", ["stop", "format", ""])
    def test_nothing_ticked_or_nothing_known_does_nothing(
        self, tenant: Tenant, alice: Client, fleet: list[Server], action: str
    ) -> None:
        data = {"action": action, "confirmed": "1", "server": ["nobodys", "a b", "%00"]}
        said = text_of(alice.post(url(tenant, "servers/act/"), data, follow=True))
        assert "Tick the servers that you mean first." in said
        assert actions_of(tenant) == []

    def test_another_tenants_server_is_not_found(
        self, stranger: Tenant, charlie: Client, tenant: Tenant, fleet: list[Server]
    ) -> None:
        data = {"action": "stop", "confirmed": "1", "server": [fleet[0].public_id]}
        assert charlie.post(url(tenant, "servers/act/"), data).status_code == 404
        said = text_of(charlie.post(url(stranger, "servers/act/"), data, follow=True))
        assert "Tick the servers" in said
        assert actions_of(tenant) == []


class TestExport:
    def table(self, client: Client, address: str) -> list[dict[str, str]]:
        response = client.get(address)
        assert response.headers["Content-Disposition"].startswith("attachment; filename=")
        return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))

    def test_it_holds_what_the_list_shows(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        (row,) = self.table(alice, url(tenant, "servers/export.csv?state=planned"))
        assert (row["name"], row["account"], row["remaining_bytes"]) == (
            "web-1",
            "Hong Kong",
            str(40 * 1024**3),
        )
        assert row["stop_planned_at"]
        dark = self.table(alice, url(tenant, "servers/export.csv?q=dark"))[0]
        # unknown is empty, and never zero
        assert (dark["remaining_bytes"], dark["unknown_because"]) == ("", "no_package")

    def test_names_never_become_formulas(
        self, tenant: Tenant, alice: Client, fleet: list[Server]
    ) -> None:
        with scope(tenant):
            Server.objects.filter(pk=fleet[0].pk).update(name="=1+1")
        (row,) = self.table(alice, url(tenant, "servers/export.csv?state=planned"))
        assert row["name"] == "'=1+1"

    def test_readings_of_one_server(
        self, tenant: Tenant, alice: Client, charlie: Client, fleet: list[Server]
    ) -> None:
        address = url(tenant, f"servers/{fleet[0].public_id}/readings.csv")
        (row,) = self.table(alice, address)
        assert row["remaining_bytes"] == str(40 * 1024**3)
        assert charlie.get(address).status_code == 404

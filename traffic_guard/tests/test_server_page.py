"""One server's page, its history, its decisions and the what-if page."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Decision, OutboundHour, Package, Server
from traffic_guard.services.readings import live
from traffic_guard.testing import GB, make_account, make_reading, make_server
from traffic_guard.tests.fleet import make_known
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.pages import member, text_of, url

pytestmark = pytest.mark.django_db


def page_of(client: Client, server: Server, rest: str = "") -> str:
    response = client.get(url(server.tenant, f"servers/{server.public_id}/{rest}"))
    assert response.status_code == 200
    return text_of(response)


class TestAStop:
    """From running low to off, as a person reads it."""

    def test_the_page_and_the_log_say_why(self, guarded: Guarded, alice: Client) -> None:
        guarded.add_server("web")
        [plan] = guarded.runs_low(left=20)
        server = guarded.server("web")
        said = page_of(alice, server)
        assert "It is stopped in 30 minutes" in said
        assert "20 GB of 1,000 GB (2 %)" in said
        assert "Threshold 50 GB" in said
        assert "Postpone 1 hour" in said
        # the policy, each value with who says so
        assert "Stop when less is left than 5 % set for the workspace" in said
        assert "Read every 15 minutes" in said
        viewer = member(guarded.tenant, "viewer")
        assert "Postpone 1 hour" not in page_of(viewer, server)

        address = url(guarded.tenant, f"stops/{plan.public_id}/now/")
        alice.post(address, {"confirmed": "1"})
        guarded.ticks(minutes=2)
        said = page_of(alice, server)
        assert "It is stopped in" not in said
        assert "stopped" in said.partition("State")[2][:40]
        assert "confirmed" in said.partition("Stops, starts and reboots")[2][:60]

        log = text_of(alice.get(url(guarded.tenant, f"decisions/?server={server.public_id}")))
        assert "below the threshold of 50 GB" in log
        assert "alice@example.org" in log
        with scope(guarded.tenant):
            planned = Decision.objects.filter(code="planned").get()
        detail = text_of(alice.get(url(guarded.tenant, f"decisions/{planned.public_id}/")))
        assert "Threshold 50 GB" in detail
        assert "Confirmed by" in detail
        assert "The policy then" in detail
        assert "Time to object before a stop 30 minutes set for the workspace" in detail

        response = alice.get(url(guarded.tenant, "decisions/export.csv?kind=stops"))
        rows = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
        assert {"planned", "done"} <= {row["code"] for row in rows}
        assert all(row["sentence"] for row in rows)

    def test_what_if_judges_the_same_readings_again(self, guarded: Guarded, alice: Client) -> None:
        guarded.add_server("web")
        guarded.runs_low(left=20)
        server = guarded.server("web")
        guarded.passes(hours=2)
        guarded.look()
        assert "It would have been stopped 1 time" in page_of(alice, server, "what-if/")
        said = page_of(alice, server, "what-if/?gb=10")
        assert "It would not have been stopped: never was less left than 20 GB." in said
        assert "1 time" in page_of(alice, server, "what-if/?percent=3&grace=0")
        assert "greater than or equal to 0" in page_of(alice, server, "what-if/?gb=-1")
        assert page_of(alice, server, "what-if/?gb=x&percent=%00&grace=9")


class TestUnknown:
    @pytest.mark.parametrize(
        ("trouble", "said"),
        [
            ("unknown_unit", "the amount is in a unit that is not known"),
            ("missing", "the cloud gave no answer for its package"),
        ],
    )
    def test_it_is_said_why_and_no_figure_is_shown_as_known(
        self, tenant: Tenant, alice: Client, trouble: str, said: str
    ) -> None:
        server = make_known(make_account(tenant), "web-1", left=40)
        with scope(tenant):
            Package.objects.update(trouble=trouble)
        page = page_of(alice, server)
        assert f"Nobody knows what is left: {said}." in page
        assert "Last known: 40 GB, read 5 minutes ago." in page
        assert "40 GB of 1,000 GB (4" not in page.partition("Traffic packages")[0]
        assert "Safe each day –" in page

    def test_a_server_without_anything(self, tenant: Tenant, alice: Client) -> None:
        server = make_server(make_account(tenant), "bare")
        page = page_of(alice, server)
        assert "No traffic package is known for it." in page
        assert "Not enough was read yet" in page
        assert "It was not judged yet." in page
        assert "It needs a cycle that was read to its end." in page_of(alice, server, "history/")
        assert "there is nothing to replay" in page_of(alice, server, "what-if/")


class TestHistory:
    @pytest.fixture
    def server(self, tenant: Tenant) -> Server:
        server = make_known(make_account(tenant), "web-1", left=100, rate=1)
        now = timezone.now()
        with scope(tenant):
            package = Package.objects.get()
            for days in range(1, 25):
                at = now - timedelta(days=days)
                if days == 10:
                    package.cycle_end = package.cycle_start
                    package.cycle_start = now - timedelta(days=40)
                make_reading(package, at, left=100 + 20 * (days % 10))
            hour = live.floor(now) - timedelta(hours=3)
            OutboundHour.objects.create(tenant=tenant, server=server, hour=hour, sent_bytes=GB)
        return server

    def test_charts_with_resets_and_the_threshold(self, alice: Client, server: Server) -> None:
        address = url(server.tenant, f"servers/{server.public_id}/history/")
        response = alice.get(address)
        charts = [response.context[name] for name in ("day", "sent", "month", "cycles")]
        assert all(chart["labels"] for chart in charts)
        month = charts[2]
        assert [line["label"] for line in month["lines"]] == ["Reset"]
        assert month["levels"] == [{"value": 50.0, "label": "Threshold"}]
        page = response.content.decode()
        assert page.count("<canvas") == 4
        # a strict policy of contents: no script of a page's own, no style in a tag
        assert " style=" not in page
        assert "onclick" not in page

    def test_queries_do_not_grow(
        self, alice: Client, server: Server, django_assert_max_num_queries: Any
    ) -> None:
        for rest, most in (("", 36), ("status/", 20), ("history/", 34), ("what-if/", 28)):
            with django_assert_max_num_queries(most):
                page_of(alice, server, rest)

    @pytest.mark.parametrize("rest", ["", "status/", "history/", "readings.csv", "what-if/"])
    def test_a_stranger_gets_404(
        self, tenant: Tenant, stranger: Tenant, charlie: Client, server: Server, rest: str
    ) -> None:
        path = f"servers/{server.public_id}/{rest}"
        assert charlie.get(url(tenant, path)).status_code == 404
        assert charlie.get(url(stranger, path)).status_code == 404


class TestDecisions:
    def test_filters(self, guarded: Guarded, alice: Client, charlie: Client) -> None:
        guarded.add_server("web")
        guarded.runs_low(left=20)
        everything = text_of(alice.get(url(guarded.tenant, "decisions/")))
        assert "Stop planned" in everything
        people = text_of(alice.get(url(guarded.tenant, "decisions/?kind=people")))
        assert "No decision matches" in people
        found = text_of(alice.get(url(guarded.tenant, "decisions/?q=web&kind=stops")))
        assert "Stop planned" in found
        for nonsense in ("?kind=x", "?q=%00", "?server=a+b", "?page=z&account=x"):
            assert alice.get(url(guarded.tenant, f"decisions/{nonsense}")).status_code == 200
        with scope(guarded.tenant):
            one = Decision.objects.first()
        assert one is not None
        assert charlie.get(url(guarded.tenant, f"decisions/{one.public_id}/")).status_code == 404

    def test_thousands_cost_a_fixed_number_of_queries(
        self, tenant: Tenant, alice: Client, django_assert_max_num_queries: Any
    ) -> None:
        server = make_server(make_account(tenant), "web-1")
        now = timezone.now()
        rows = [
            Decision(
                tenant=tenant,
                server=server,
                code="above",
                at=now - timedelta(minutes=number),
                last_at=now - timedelta(minutes=number),
            )
            for number in range(3_000)
        ]
        with scope(tenant):
            Decision.objects.bulk_create(rows, batch_size=1000)
        with django_assert_max_num_queries(14):
            said = text_of(alice.get(url(tenant, "decisions/?page=3&q=web")))
        assert "61–90 of 3000" in said

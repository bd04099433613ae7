"""The operators' page of cloud traffic and its metrics: what is late, stuck or broken."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.services.limits import client as redis
from tenants.models import Tenant, User
from tenants.scoping import scope
from tenants.testing import make_tenant
from traffic_guard.models import Account, PlannedStop, PowerAction
from traffic_guard.services.accounts import limiter
from traffic_guard.services.accounts.limiter import Turns
from traffic_guard.testing import make_account, make_package, make_server

pytestmark = pytest.mark.django_db
PAGE = "/operator/traffic/"


@pytest.fixture
def operator(db: None) -> Client:
    redis().flushdb()
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "x" * 12))
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return html.unescape(bytes(response.content).decode())


def figures(response: Any) -> dict[str, tuple[str, str, str]]:
    return {one.label: (one.value, one.note, one.tone) for one in response.context["figures"]}


def facts(response: Any, number: int = 0) -> dict[str, tuple[str, bool]]:
    found = response.context["clouds"][number]["facts"]
    return {fact.label: (fact.value, fact.is_bad) for fact in found}


def write_trouble(tenant: Tenant) -> Account:
    """Write an account that is late, and one of each thing that went wrong with its server."""
    now = timezone.now()
    account = make_account(tenant, poll_at=now - timedelta(hours=1))
    server, other = make_server(account), make_server(account, "web-2")
    make_package(server)
    with scope(tenant):
        Account.objects.create(
            name="B", state="broken", findings=[{"code": "frozen"}], key_mark=b"b"
        )
        ago = now - timedelta(minutes=30)
        for number, (one, state, ends) in enumerate(
            ((server, "unclear", None), (other, "unverified", now))
        ):
            PowerAction.objects.create(
                server=one,
                kind="stop",
                origin="portal",
                request_key=f"{number}",
                state=state,
                sent_at=ago,
                settled_at=ends,
            )
        PlannedStop.objects.create(
            server=server, cycle_end=now + timedelta(days=1), execute_at=ago, due_at=ago
        )
    return account


def test_an_empty_installation(operator: Client) -> None:
    shown = operator.get(PAGE)
    text = text_of(shown)
    assert "No cloud is read" in text
    assert "None: every account is read in time." in text
    assert "None: of every stop and start it is known what became of it." in text
    assert figures(shown)["Broken accounts"] == ("0", "stops halted: 0", "good")


def test_a_cloud_shows_how_its_apis_are_called_and_which_rest(
    operator: Client, tenant: Tenant, settings: Any
) -> None:
    settings.TRAFFIC_CALLS_PER_SECOND = 5.0
    account = make_account(tenant, poll_at=timezone.now() + timedelta(minutes=5))
    for _call in range(3):
        Turns("huawei", "key")("bss", "POST /v2/payments")
    told = facts(operator.get(PAGE))
    assert told["Accounts that are read"] == ("1", False)
    assert told["BSS"] == ("3 calls this hour, 0 in the last; limit: 5 a second", False)
    assert "ECS" not in told
    limiter.slow(account.provider, "ecs", 60)
    shown = operator.get(PAGE)
    assert facts(shown)["ECS"] == ("0 calls this hour, 0 in the last; limit: paused", True)
    assert "needs attention" in text_of(shown)


def test_what_is_late_broken_or_unclear_is_named_and_leads_to_its_page(
    operator: Client, tenant: Tenant
) -> None:
    account = write_trouble(tenant)
    shown = operator.get(PAGE)
    told = figures(shown)
    assert told["Readings"][0] == "1"
    assert told["Broken accounts"] == ("1", "stops halted: 0", "bad")
    assert told["Stops and starts without a clear end"] == ("2", "not confirmed: 1", "bad")
    assert told["Planned stops waiting"] == ("1", "held: 0, overdue: 1", "bad")
    assert facts(shown)["Late"] == ("1", True)
    late, sick, unclear, overdue = shown.context["tables"]
    assert [line.name for line in late.lines] == [account]
    assert [line.cells[2].text for line in unclear.lines] == [
        "not confirmed",
        "answer lost, being looked up",
    ]
    text = text_of(shown)
    assert "The account is frozen" in text
    assert "Alice's" in text
    links = [figure.url for figure in shown.context["figures"]]
    for table in (late, sick, unclear, overdue):
        assert table.lines, table.title
        links += [line.url for line in table.lines]
    for link in links:
        assert operator.get(link).status_code == 200, link


def test_how_fast_it_went(operator: Client, tenant: Tenant) -> None:
    server = make_server(make_account(tenant))
    now = timezone.now()
    with scope(tenant):
        for number in range(1, 5):
            action = PowerAction.objects.create(
                server=server,
                kind="stop",
                origin="api",
                request_key=f"{number}",
                state="done",
                sent_at=now + timedelta(seconds=number),
                settled_at=now + timedelta(seconds=number + 8),
            )
            PlannedStop.objects.create(
                server=server,
                cycle_end=now,
                execute_at=now,
                state="executed",
                settled_at=now,
                action=action,
                facts={"read_at": (now - timedelta(seconds=40)).isoformat()},
            )
        PowerAction.objects.update(created_at=now)
        PlannedStop.objects.update(created_at=now)
    lines = {str(one["title"]): one for one in operator.get(PAGE).context["lags"]}
    assert lines["time is up → sent to the cloud"]["values"] == ["2.0 s", "4.0 s", "4.0 s", "4.0 s"]
    assert lines["asked for by hand → sent to the cloud"]["count"] == 4
    assert lines["sent → confirmed by the server’s state"]["values"][0] == "8.0 s"
    assert lines["reading → stop planned"]["values"][0] == "40.0 s"


def test_it_is_for_operators_who_may_see_accounts(tenant: Tenant, alice: Client) -> None:
    assert Client().get(PAGE).status_code == 302
    assert alice.get(PAGE)["Location"].startswith("/operator/login/")
    trainee = User.objects.create_user("trainee@example.org", "x" * 12, is_staff=True)
    client = Client()
    client.force_login(trainee)
    assert client.get(PAGE).status_code == 403
    assert PAGE not in text_of(client.get("/operator/"))


def test_the_menu_leads_to_it_and_the_part_that_moves_comes_alone(operator: Client) -> None:
    assert f'href="{PAGE}"' in text_of(operator.get("/operator/"))
    part = operator.get(PAGE, headers={"HX-Request": "true"})
    assert "<html" not in text_of(part)
    assert "no-store" in part["Cache-Control"]
    assert operator.post(PAGE).status_code == 405


def test_machines_read_the_same_numbers(client: Client, tenant: Tenant) -> None:
    redis().flushdb()
    write_trouble(tenant)
    limiter.slow("huawei", "ecs", 60)
    told = client.get("/metrics").content.decode()
    for line in (
        "botharbor_traffic_readings_last_hour 1",
        "botharbor_traffic_accounts_late 1",
        "botharbor_traffic_actions_unclear 1",
        "botharbor_traffic_stops_overdue 1",
        'botharbor_traffic_stretch{cloud="huawei"} 1.0',
        'botharbor_traffic_calls_a_second{cloud="huawei",api="ecs"} 0.0',
    ):
        assert line in told.splitlines(), line


def test_the_number_of_queries_does_not_grow(operator: Client, tenant: Tenant) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(operator.get(PAGE, headers={"HX-Request": "true"}))
        return len(queries)

    write_trouble(tenant)
    operator.get(PAGE)
    few = count()
    for _number in range(3):
        write_trouble(make_tenant())
    assert count() == few
    assert few <= 20

"""The operators' page of OVH: how hosts are polled, how fast orders go, what is stuck."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ovh_sniper.models import Account, Order, Poller, StoredCatalogue, WarmCart
from ovh_sniper.testing import make_account, make_wish
from tenants.models import Tenant, User
from tenants.scoping import scope
from tenants.testing import make_tenant

pytestmark = pytest.mark.django_db
PAGE = "/operator/ovh/"


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "x" * 12))
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return html.unescape(bytes(response.content).decode())


def facts(response: Any, number: int = 0) -> dict[str, tuple[str, bool]]:
    found = response.context["hosts"][number]["facts"]
    return {fact.label: (fact.value, fact.is_bad) for fact in found}


def figures(response: Any) -> dict[str, tuple[str, str]]:
    return {one.label: (one.value, one.tone) for one in response.context["figures"]}


def make_order(account: Account, **fields: Any) -> Order:
    values = {"source": "wish", "plan_code": "27sk15", "datacenter": "gra", **fields}
    with scope(account.tenant_id):
        order: Order = Order.objects.create(account=account, **values)
    return order


def test_an_empty_installation(operator: Client) -> None:
    shown = operator.get(PAGE)
    text = text_of(shown)
    assert "No host is polled" in text
    assert "None: of every order it is known whether OVH took it." in text
    assert "None: OVH takes the keys of all accounts." in text
    assert figures(shown)["Orders without an answer"] == ("0", "good")


def test_a_host_that_is_polled_well(operator: Client, tenant: Tenant) -> None:
    make_account(tenant)
    now = timezone.now()
    Poller.objects.create(
        host="eu",
        succeeded_at=now - timedelta(seconds=20),
        polled_at=now - timedelta(seconds=3),
        interval=5,
        cadence="armed",
        rows=8_973,
        calls=12_345,
        throttled=7,
    )
    told = facts(operator.get(PAGE))
    assert told["Last whole list"] == ("20 s", False)
    assert told["Looks every"] == ("5 s", False)
    assert told["Why"] == ("armed", False)
    assert told["Rows"] == ("8,973", False)
    assert told["Calls of OVH"] == ("12,345", False)
    assert told["Answers 429"] == ("7", False)
    assert told["Circuit breaker"] == ("closed", False)


def test_a_host_that_is_in_trouble(operator: Client, tenant: Tenant) -> None:
    make_account(tenant)
    now = timezone.now()
    Poller.objects.create(
        host="eu",
        succeeded_at=now - timedelta(minutes=10),
        cadence="breaker",
        failures=50,
        not_before=now + timedelta(minutes=5),
        last_error="OVH gave no <usable> answer.",
    )
    shown = operator.get(PAGE)
    told = facts(shown)
    assert told["Last whole list"] == ("10 min", True)
    assert told["Failures in a row"] == ("50", True)
    assert told["Circuit breaker"] == ("open", True)
    assert told["Waits for"][1]
    assert b"OVH gave no &lt;usable&gt; answer." in shown.content
    assert "needs attention" in text_of(shown)


def test_a_host_that_nobody_needs_is_not_late(operator: Client) -> None:
    Poller.objects.create(host="us", succeeded_at=timezone.now() - timedelta(days=3))
    shown = operator.get(PAGE)
    assert not facts(shown)["Last whole list"][1]
    assert "nobody needs it" in text_of(shown)


def test_how_fast_it_went(operator: Client, tenant: Tenant) -> None:
    account, now = make_account(tenant), timezone.now() - timedelta(minutes=5)
    for seconds in range(1, 101):
        make_order(
            account,
            state="placed",
            stock_seen_at=now,
            created_at=now + timedelta(milliseconds=10 * seconds),
            checkout_at=now + timedelta(milliseconds=20 * seconds),
            placed_at=now + timedelta(milliseconds=40 * seconds),
        )
    lines = {str(one["title"]): one for one in operator.get(PAGE).context["lags"]}
    whole = lines["stock seen → ordered"]
    assert (whole["count"], whole["values"]) == (100, ["2.0 s", "3.6 s", "4.0 s", "4.0 s"])
    assert lines["stock seen → order"]["values"][:3] == ["500 ms", "900 ms", "990 ms"]
    assert lines["stock seen → alert"]["values"] == ["–"] * 4


def test_what_is_stuck_is_named(operator: Client, tenant: Tenant) -> None:
    account, now = make_account(tenant), timezone.now()
    old = make_order(account, state="unknown", checkout_at=now - timedelta(minutes=30))
    make_order(account, state="unknown", checkout_at=now - timedelta(seconds=5))
    with scope(tenant):
        Account.objects.filter(pk=account.pk).update(
            state="broken", findings=[{"code": "credential_invalid"}]
        )
        WarmCart.objects.create(account=account, state="ready", cart_id="c4rt-1d")
    StoredCatalogue.objects.create(host="eu", subsidiary="FR", fetched_at=now - timedelta(days=3))
    shown = operator.get(PAGE)
    unclear, broken, prices = shown.context["tables"]
    assert [line.name for line in unclear.lines] == [old]
    told = figures(shown)
    assert told["Orders without an answer"] == ("1", "bad")
    assert told["Broken accounts"] == ("1", "bad")
    assert told["Carts: ready"][0] == "1"
    assert [(str(line.name), line.cells[0].is_bad) for line in prices.lines] == [("eu/FR", True)]
    text = text_of(shown)
    assert "OVH no longer takes the key" in text
    assert "c4rt-1d" not in text
    links = [figure.url for figure in shown.context["figures"]]
    for table in (unclear, broken, prices):
        assert table.lines, table.title
        links += [line.url for line in table.lines]
    for link in links:
        assert operator.get(link).status_code == 200, link


def test_the_part_that_moves_comes_alone(operator: Client) -> None:
    whole = text_of(operator.get(PAGE))
    assert f'hx-get="{PAGE}"' in whole
    part = operator.get(PAGE, headers={"HX-Request": "true"})
    assert "<html" not in text_of(part)
    assert "no-store" in part["Cache-Control"]


def test_it_is_for_operators_who_may_see_pollers(tenant: Tenant, alice: Client) -> None:
    assert Client().get(PAGE).status_code == 302
    assert alice.get(PAGE)["Location"].startswith("/operator/login/")
    trainee = User.objects.create_user("trainee@example.org", "x" * 12, is_staff=True)
    client = Client()
    client.force_login(trainee)
    assert client.get(PAGE).status_code == 403
    assert PAGE not in text_of(client.get("/operator/"))


def test_the_menu_leads_to_it(operator: Client) -> None:
    assert f'href="{PAGE}"' in text_of(operator.get("/operator/"))


def test_nothing_is_changed_by_looking(operator: Client) -> None:
    assert operator.post(PAGE).status_code == 405


def test_the_number_of_queries_does_not_grow(operator: Client, tenant: Tenant) -> None:
    def fill(tenant: Tenant) -> None:
        account = make_account(tenant)
        make_wish(account)
        make_order(account, state="unknown", checkout_at=timezone.now() - timedelta(hours=1))
        with scope(tenant):
            Account.objects.update(state="broken")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(operator.get(PAGE, headers={"HX-Request": "true"}))
        return len(queries)

    fill(tenant)
    operator.get(PAGE)
    few = count()
    for _number in range(5):
        fill(make_tenant())
    assert count() == few
    assert few <= 20

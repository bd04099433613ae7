"""Stock and its history over the REST API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import (
    Account,
    Announced,
    Configuration,
    Poller,
    StockInterval,
    StoredCatalogue,
)
from ovh_sniper.services.stock import ghosts
from ovh_sniper.testing import poll
from ovh_sniper.tests.programs import Program, code, fields
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant, "ovh:read")


def make_configuration(fqn: str = "27sk15.ram", **fields: Any) -> Configuration:
    now = timezone.now()
    values = {"host": "eu", "plan_code": "27sk15", "first_seen": now, "last_seen": now, **fields}
    return Configuration.objects.create(fqn=fqn, **values)


def put(
    configuration: Configuration,
    datacenter: str = "gra",
    *,
    hours: int = 1,
    opened_at: datetime | None = None,
    closed_at: datetime | None = None,
) -> None:
    StockInterval.objects.create(
        configuration=configuration,
        datacenter=datacenter,
        availability=f"{hours}H",
        delivery_hours=hours,
        best_hours=hours,
        opened_at=opened_at or timezone.now(),
        closed_at=closed_at,
    )


def listed(program: Program, **query: Any) -> list[str]:
    response = program.get("stock/", **query)
    assert response.status_code == 200, response.content
    return [one["fqn"] for one in response.json()["results"]]


# --- Stock


def test_stock_says_where_and_since_when(program: Program) -> None:
    one = make_configuration(memory="ram-64g-ecc-3200")
    put(one, "rbx", hours=72)
    put(one, "gra", hours=1)
    put(one, "sbg", closed_at=timezone.now())
    Announced.objects.create(configuration=one, datacenter="waw", since=timezone.now())
    [shown] = program.get("stock/").json()["results"]
    assert (shown["host"], shown["plan_code"], shown["memory"]) == (
        "eu",
        "27sk15",
        "ram-64g-ecc-3200",
    )
    places = [(place["datacenter"], place["delivery_hours"]) for place in shown["in_stock"]]
    assert places == [("gra", 1), ("rbx", 72)]
    assert shown["announced"] == ["waw"]
    assert shown["price"] is None


def test_stock_that_was_refused_at_checkout_says_when(program: Program) -> None:
    one, now = make_configuration(), timezone.now().replace(microsecond=0)
    for place in ("gra", "rbx", "sbg"):
        put(one, place)
        ghosts.note_refused(Host.EU, one.fqn, one.plan_code, place, now)
    ghosts.note_refused(Host.CA, one.fqn, one.plan_code, "rbx", now + timedelta(hours=1))
    # what went through since is no ghost any more
    ghosts.note_ordered(Host.EU, one.fqn, "sbg", now)
    put(one, "waw")
    [shown] = program.get("stock/").json()["results"]
    said = {place["datacenter"]: place["refused_at"] for place in shown["in_stock"]}
    at = now.isoformat().replace("+00:00", "Z")
    assert said == {"gra": at, "rbx": at, "sbg": None, "waw": None}


def test_stock_is_filtered(program: Program) -> None:
    put(make_configuration("a"), "gra")
    put(make_configuration("b", plan_code="27sk20"), "rbx")
    make_configuration("c", host="ca")
    make_configuration("gone", is_gone=True)
    make_configuration("vps/FR/x/linux", server="vps/FR", plan_code="vps-le")
    found = {
        "": listed(program),
        "host": listed(program, host="ca"),
        "plan": listed(program, plan="27sk20"),
        "in": listed(program, in_stock="true"),
        "out": listed(program, in_stock="false"),
        "there": listed(program, datacenter="gra"),
        "not there": listed(program, datacenter="gra", in_stock="false"),
        "vps": listed(program, track="vps"),
    }
    assert found == {
        "": ["a", "b", "c"],
        "host": ["c"],
        "plan": ["b"],
        "in": ["a", "b"],
        "out": ["c"],
        "there": ["a"],
        "not there": ["b", "c"],
        "vps": ["vps/FR/x/linux"],
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"host": "mars"}, "host"),
        ({"in_stock": "maybe"}, "in_stock"),
        ({"plan": "\x00"}, "plan"),
        ({"datacenter": "x" * 25}, "datacenter"),
        ({"subsidiary": "ZZ"}, "subsidiary"),
        ({"subsidiary": "US", "host": "eu"}, "subsidiary"),
        ({"colour": "red"}, "colour"),
        ({"page_size": 501}, "page_size"),
    ],
)
def test_a_bad_query_names_its_field(program: Program, query: dict[str, Any], field: str) -> None:
    assert field in fields(program.get("stock/", **query))


def test_reading_the_stock_of_a_host_keeps_it_polled(program: Program) -> None:
    program.get("stock/", host="us")
    wanted_until = Poller.objects.get(host="us").wanted_until
    assert wanted_until is not None
    assert wanted_until > timezone.now()


def test_prices_are_those_of_the_subsidiary(
    program: Program, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    ovh_emulator.set_stock("eu", "27sk15", "gra", "1H-high")
    poll(plan_code="27sk15")
    query = {"plan": "27sk15", "datacenter": "gra"}
    stock = program.get("stock/", **query, subsidiary="FR").json()["results"]
    assert stock
    assert all(one["price"]["currency"] == "EUR" for one in stock)
    preview = program.get(
        "orders/preview/", account=linked.public_id, plan_code="27sk15", datacenters=["gra"]
    ).json()
    cheapest = min(stock, key=lambda one: float(one["price"]["due_now"]))
    assert cheapest["price"]["due_now"] == preview["due_now"]
    assert cheapest["price"]["renewal"] == preview["renewal"]


def test_a_price_list_that_nobody_read_is_asked_for(program: Program) -> None:
    make_configuration()
    [shown] = program.get("stock/", subsidiary="PL").json()["results"]
    assert shown["price"] is None
    assert code(program.get("plans/", subsidiary="DE")) == (409, "catalogue")
    asked_for = StoredCatalogue.objects.filter(retry_at__isnull=False)
    assert {one.subsidiary for one in asked_for} == {"PL", "DE"}


def test_lists_cost_the_same_however_long(program: Program, linked: Account) -> None:
    queries = {"stock/": {"subsidiary": "FR"}, "plans/27sk15/history/": {"host": "eu"}}

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert program.get(path, **queries[path]).json()["results"]
        return len(found)

    put(make_configuration("first"))
    for path in queries:
        count(path)
    before = [count(path) for path in queries]
    for number in range(6):
        put(make_configuration(f"{number}"))
    assert [count(path) for path in queries] == before
    assert max(before) <= 8


# --- History


def test_history_tells_when_a_plan_was_there(program: Program) -> None:
    now, one = timezone.now(), make_configuration()
    put(one, opened_at=now - timedelta(days=9), closed_at=now - timedelta(days=8))
    put(one, opened_at=now - timedelta(hours=2))
    put(make_configuration("other", plan_code="27sk20"), "gra")

    def found(**query: str) -> list[Any]:
        answer = program.get("plans/27sk15/history/", host="eu", **query).json()["results"]
        return [interval["closed_at"] is None for interval in answer]

    assert found() == [True, False]
    assert found(since=(now - timedelta(days=1)).isoformat()) == [True]
    assert found(datacenter="rbx") == []
    assert found(fqn="27sk15.ram") == [True, False]
    assert "host" in fields(program.get("plans/27sk15/history/"))


def test_chances_say_from_how_much_they_are_drawn(program: Program) -> None:
    now = timezone.now()
    one = make_configuration(first_seen=now - timedelta(days=30))
    for day in range(1, 21):
        opened_at = now - timedelta(days=day, hours=6)
        put(one, opened_at=opened_at, closed_at=opened_at + timedelta(hours=1))
    put(one, "rbx", opened_at=now - timedelta(hours=1))
    told = program.get("plans/27sk15/chances/", host="eu").json()
    gra, rbx = sorted(told, key=lambda chance: str(chance["datacenter"]))
    assert (gra["datacenter"], gra["is_in_stock"]) == ("gra", False)
    assert gra["sample"] > 10
    assert 0 < gra["within_hour"] < gra["within_day"] <= 1
    assert (rbx["is_in_stock"], rbx["within_hour"]) == (True, None)
    assert program.get("plans/unknown/chances/", host="eu").json() == []

"""OVH: the stock list."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from emulators.clock import ManualClock
from emulators.tests.ovh_hub import KS15, STOCK, Hub, running

CATALOGUE = "/order/catalog/public/eco"


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


def cells(rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """fqn -> datacenter -> availability."""
    return {
        row["fqn"]: {cell["datacenter"]: cell["availability"] for cell in row["datacenters"]}
        for row in rows
    }


@pytest.mark.parametrize(
    ("host", "rows", "pairs", "plans"),
    [("eu", 8500, 55000, 280), ("ca", 15700, 40000, 600), ("us", 15700, 40000, 600)],
)
def test_the_full_list_is_as_long_as_the_real_one(
    hub: Hub, host: str, rows: int, pairs: int, plans: int
) -> None:
    found = hub.get(STOCK, host).json()
    assert rows <= len(found) <= 28000
    assert sum(len(row["datacenters"]) for row in found) >= pairs
    assert len({row["planCode"] for row in found}) >= plans
    assert len({row["fqn"] for row in found}) == len(found)


def test_at_the_start_only_slow_servers_can_be_had(hub: Hub) -> None:
    found = cells(hub.get(STOCK).json())
    states = [state for row in found.values() for state in row.values()]
    assert set(states) == {"unavailable", "72H", "comingSoon"}
    assert 0 < states.count("72H") < 20


def test_one_plan(hub: Hub) -> None:
    found = hub.get(STOCK, params={"planCode": "27sk15"}).json()
    assert len(found) == 6
    row = next(row for row in found if row["fqn"] == KS15)
    assert row["server"] == row["planCode"] == "27sk15"
    assert (row["memory"], row["storage"]) == ("ram-64g-ecc-3200", "softraid-2x960nvme")
    assert "systemStorage" not in row
    assert [cell["datacenter"] for cell in row["datacenters"]][:2] == ["gra", "rbx"]


def test_region_and_version_stay_in_the_fqn(hub: Hub) -> None:
    found = cells(hub.get(STOCK, "us", params={"planCode": "27rise03-v1-us"}).json())
    fqn = "27rise03-v1-us.ram-128g-ecc-4800.softraid-2x6000sa.softraid-2x500nvme-system"  # sample B
    assert list(found[fqn]) == ["vin", "hil"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"server": "27sk15"}, 6),
        ({"server": "27sk15", "memory": "ram-128g-ecc-3200"}, 3),
        ({"planCode": "27sk15", "storage": "softraid-2x960nvme"}, 2),
        ({"planCode": "26adv01", "systemStorage": "softraid-2x500nvme-system"}, 4),
    ],
)
def test_filters_on_parts(hub: Hub, query: dict[str, str], expected: int) -> None:
    assert len(hub.get(STOCK, params=query).json()) == expected


def test_filter_on_graphics_cards(hub: Hub) -> None:
    found = hub.get(STOCK, params={"gpu": "nvidia-l4"}).json()
    assert {row["gpu"] for row in found} == {"nvidia-l4"}
    assert all(row["fqn"].endswith(".nvidia-l4") for row in found)


def test_filters_on_datacenters(hub: Hub) -> None:
    wanted = {"planCode": "27sk15", "datacenters": "gra,bhs"}
    assert all(
        set(row) == {"gra", "bhs"} for row in cells(hub.get(STOCK, params=wanted).json()).values()
    )
    others = cells(hub.get(STOCK, params={**wanted, "excludeDatacenters": "true"}).json())
    assert all({"gra", "bhs"}.isdisjoint(row) and row for row in others.values())


@pytest.mark.parametrize("code", ["nope", "27sk15,24ska01"])
def test_a_filter_that_matches_nothing(hub: Hub, code: str) -> None:
    answer = hub.get(STOCK, params={"planCode": code})
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("No availabilities found")


def test_a_change_shows_in_both_lists(hub: Hub) -> None:
    before = cells(hub.get(STOCK).json())
    hub.emulator.set_stock("eu", KS15, "gra", "1H-low")
    after = cells(hub.get(STOCK).json())
    assert after[KS15] == {**before[KS15], "gra": "1H-low"}
    assert {**after, KS15: before[KS15]} == before
    assert cells(hub.get(STOCK, params={"planCode": "27sk15"}).json())[KS15]["gra"] == "1H-low"
    hub.emulator.set_stock("eu", KS15, "gra", "unavailable")
    assert cells(hub.get(STOCK).json()) == before


def test_a_plan_code_means_all_its_configurations(hub: Hub) -> None:
    hub.emulator.set_stock("eu", "27sk15", "gra", "1H-high")
    found = cells(hub.get(STOCK, params={"planCode": "27sk15"}).json())
    assert {row["gra"] for row in found.values()} == {"1H-high"}


def test_datacenters_come_and_go(hub: Hub) -> None:
    hub.emulator.set_stock("eu", KS15, "eu-west-par-a", "24H")
    assert cells(hub.emulator.stock("eu", KS15))[KS15]["eu-west-par-a"] == "24H"
    for datacenter in cells(hub.emulator.stock("eu", KS15))[KS15]:
        hub.emulator.set_stock("eu", KS15, datacenter, "")
    assert KS15 not in cells(hub.get(STOCK).json())
    assert KS15 not in cells(hub.get(STOCK, params={"planCode": "27sk15"}).json())


def test_unknown_things_cannot_be_set(hub: Hub) -> None:
    for change in (("eu", "nope", "gra", "1H-low"), ("eu", KS15, "gra", "plenty")):
        with pytest.raises(ValueError, match=r"nope|plenty"):
            hub.emulator.set_stock(*change)


def test_hosts_have_their_own_stock(hub: Hub) -> None:
    hub.emulator.set_stock("eu", "27sk15", "gra", "1H-low")
    found = cells(hub.get(STOCK, "ca", params={"planCode": "27sk15"}).json())
    assert {state for row in found.values() for state in row.values()} == {"unavailable"}


def test_the_list_is_packed_for_who_asks(hub: Hub) -> None:
    with hub.http.stream("GET", hub.base() + STOCK, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = hub.get(STOCK, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content


def test_who_has_the_list_is_told_so(hub: Hub) -> None:
    etag = hub.get(STOCK).headers["ETag"]
    again = hub.get(STOCK, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    hub.emulator.set_stock("eu", KS15, "gra", "1H-low")
    assert hub.get(STOCK, headers={"If-None-Match": etag}).status_code == 200


def test_sold_out_and_restocked(hub: Hub) -> None:
    picked = hub.emulator.restock("eu", 7)
    found = cells(hub.get(STOCK).json())
    assert len(picked) == 7
    assert all(found[fqn][datacenter].startswith("1H-") for fqn, datacenter in picked)
    hub.emulator.sell_out("eu")
    found = cells(hub.get(STOCK).json())
    assert {state for row in found.values() for state in row.values()} == {
        "unavailable",
        "comingSoon",
    }

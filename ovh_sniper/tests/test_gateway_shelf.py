"""The public stock list and VPS rules, whatever their form."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest

from ovh_sniper.gateways.errors import Busy, Refused, Unreachable
from ovh_sniper.gateways.ovh import Host, Shelf, StockRow, VpsStock, shelf
from ovh_sniper.tests.canned import Canned, CannedOvh

STOCK = "/1.0/dedicated/server/datacenter/availabilities"
VPS = "/1.0/vps/order/rule/datacenter"
ROW = {
    "fqn": "27sk15.ram-64g-ecc-3200.softraid-2x960nvme",
    "planCode": "27sk15",
    "server": "27sk15",
    "memory": "ram-64g-ecc-3200",
    "storage": "softraid-2x960nvme",
    "datacenters": [
        {"datacenter": "gra", "availability": "1H-low"},
        {"datacenter": "rbx", "availability": "unavailable"},
    ],
}
NOTHING = Canned(b'{"message": "No availabilities found for this plan"}', 404)


@pytest.fixture
def europe(canned: CannedOvh) -> Shelf:
    return shelf(Host.EU)


def test_a_row_is_taken_as_it_is(canned: CannedOvh, europe: Shelf) -> None:
    canned.say(STOCK, [ROW])
    (row,) = europe.availabilities().rows
    assert row == StockRow(
        fqn="27sk15.ram-64g-ecc-3200.softraid-2x960nvme",
        plan_code="27sk15",
        server="27sk15",
        memory="ram-64g-ecc-3200",
        storage="softraid-2x960nvme",
        system_storage="",
        gpu="",
        datacenters=(("gra", "1H-low"), ("rbx", "unavailable")),
    )


def test_parts_may_be_null(canned: CannedOvh, europe: Shelf) -> None:
    parts = {"memory": None, "storage": None, "systemStorage": "softraid-2x500nvme", "gpu": "l4"}
    canned.say(STOCK, [{**ROW, **parts}])
    (row,) = europe.availabilities().rows
    assert (row.memory, row.storage) == ("", "")
    assert (row.system_storage, row.gpu) == ("softraid-2x500nvme", "l4")


def test_one_plan_is_asked_for_by_its_code(canned: CannedOvh, europe: Shelf) -> None:
    canned.say(STOCK, [ROW])
    europe.availabilities("27sk 15&x")
    assert canned.made() == [f"GET {STOCK}?planCode=27sk+15%26x"]


@pytest.mark.parametrize("answer", [NOTHING, []])
def test_a_plan_without_rows_has_none(canned: CannedOvh, europe: Shelf, answer: Any) -> None:
    canned.say(STOCK, answer)
    stock = europe.availabilities("27sk99")
    assert stock.rows == ()
    assert not stock.is_unchanged


def test_another_404_is_no_empty_list(canned: CannedOvh, europe: Shelf) -> None:
    with pytest.raises(Refused):
        europe.availabilities()


def test_an_unchanged_list_is_known_by_its_bytes(canned: CannedOvh, europe: Shelf) -> None:
    sold_out = {**ROW, "datacenters": [{"datacenter": "gra", "availability": "unavailable"}]}
    canned.say(STOCK, [ROW], [ROW], [sold_out], NOTHING, NOTHING)
    first = europe.availabilities()
    again = europe.availabilities(digest=first.digest)
    assert (again.rows, again.is_unchanged, again.digest) == ((), True, first.digest)
    changed = europe.availabilities(digest=again.digest)
    assert changed.rows[0].datacenters == (("gra", "unavailable"),)
    gone = europe.availabilities(digest=changed.digest)
    assert (gone.rows, gone.is_unchanged) == ((), False)
    assert europe.availabilities(digest=gone.digest).is_unchanged


def test_an_unchanged_list_is_known_by_its_etag(canned: CannedOvh, europe: Shelf) -> None:
    tagged = Canned(orjson.dumps([ROW]), 200, {"ETag": '"v1"'})
    canned.say(STOCK, tagged, Canned(b"", 304))
    first = europe.availabilities()
    assert first.etag == '"v1"'
    again = europe.availabilities(etag=first.etag, digest=first.digest)
    assert canned.requests[-1].headers["if-none-match"] == '"v1"'
    assert (again.is_unchanged, again.etag, again.digest) == (True, first.etag, first.digest)


def test_a_list_may_be_compressed(canned: CannedOvh, europe: Shelf) -> None:
    plain = orjson.dumps([ROW])
    packed = Canned(gzip.compress(plain), 200, {"Content-Encoding": "gzip"})
    canned.say(STOCK, packed, Canned(plain))
    first = europe.availabilities()
    assert len(first.rows) == 1
    assert "gzip" in canned.requests[-1].headers["accept-encoding"]
    # how it is packed changes nothing
    assert europe.availabilities(digest=first.digest).is_unchanged


@pytest.mark.parametrize(
    "answer",
    [
        Canned(b"<html>", 502),
        Canned(b"<html>", 200),
        Canned(b"", 200),
        Canned(b"null", 200),
        Canned(b"{}", 200),
        Canned(b'[{"fqn": "x"}]', 200),
        Canned(b"[null]", 200),
        Canned(b"not gzip", 200, {"Content-Encoding": "gzip"}),
        Canned(hangs_up=True),
    ],
)
def test_what_is_no_list_is_not_sold_out(canned: CannedOvh, europe: Shelf, answer: Canned) -> None:
    canned.say(STOCK, answer)
    with pytest.raises(Unreachable):
        europe.availabilities()


def test_too_many_looks(canned: CannedOvh, europe: Shelf) -> None:
    canned.say(STOCK, Canned(b"<html>", 429, {"Retry-After": "30"}))
    with pytest.raises(Busy) as caught:
        europe.availabilities()
    assert caught.value.retry_after == 30


def test_where_a_vps_can_be_ordered(canned: CannedOvh, europe: Shelf) -> None:
    row = {
        "datacenter": "US-EAST-VA",
        "code": "vin",
        "status": "available",
        "linuxStatus": "out-of-stock",
        "windowsStatus": "available",
        "daysBeforeDelivery": 3,
    }
    canned.say(VPS, [row])
    assert europe.vps("US", "vps-2027-model2") == (
        VpsStock("US-EAST-VA", "vin", "out-of-stock", "available", 3),
    )
    assert canned.made() == [f"GET {VPS}?ovhSubsidiary=US&planCode=vps-2027-model2"]

"""The price list: which addons a stock row needs, and what a server costs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from ovh_sniper.gateways.errors import Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import Catalogue, Host, StockRow, shelf
from ovh_sniper.tests.canned import Canned, CannedOvh

PATH = "/1.0/order/catalog/public/eco"
NOW = datetime(2027, 3, 1, tzinfo=UTC)
Json = dict[str, Any]


def price(capacity: str, cents: int, **fields: Any) -> Json:
    is_setup = capacity == "installation"
    return {
        "capacities": [capacity],
        "mode": "default",
        "commitment": 0,
        "interval": 0 if is_setup else 1,
        "intervalUnit": "none" if is_setup else "month",
        "price": cents * 1_000_000,
        "tax": 0,
        "quantity": {"min": 1, "max": 2},
        "promotions": [],
        **fields,
    }


def promotion(cents: int, start: str | None = None, end: str | None = None) -> Json:
    total = {"value": cents * 1_000_000}
    return {"name": "spring", "startDate": start, "endDate": end, "value": 50, "total": total}


def addon(code: str, product: str, *prices: Json) -> Json:
    free = (price("installation", 0), price("renew", 0))
    return {
        "planCode": code,
        "product": product,
        "invoiceName": code,
        "pricings": list(prices or free),
    }


def family(name: str, *addons: str, mandatory: bool = True) -> Json:
    return {
        "name": name,
        "addons": list(addons),
        "default": addons[0],
        "mandatory": mandatory,
        "exclusive": mandatory,
    }


ADDONS = [
    addon("ram-32g-27sk15", "ram-32g-ecc-3200"),
    addon("ram-64g-27sk15", "ram-64g-ecc-3200", price("installation", 0), price("renew", 100)),
    addon("softraid-2x512nvme-27sk15", "softraid-2x500nvme"),
    addon("softraid-2x1024nvme-27sk15", "softraid-2x960nvme", price("renew", 200)),
    addon("bandwidth-300-27sk15", "bandwidth-300"),
    addon("bandwidth-500-27sk15", "bandwidth-500", price("renew", 500)),
    addon("windows", "windows-server", price("renew", 1000)),
]
PLAN: Json = {
    "planCode": "27sk15",
    "product": "27sk15",
    "invoiceName": "KS-15 | AMD Ryzen 5600",
    "blobs": {"commercial": {"range": "kimsufi"}},
    "addonFamilies": [
        family("bandwidth", "bandwidth-300-27sk15", "bandwidth-500-27sk15"),
        family("memory", "ram-32g-27sk15", "ram-64g-27sk15"),
        family("storage", "softraid-2x512nvme-27sk15", "softraid-2x1024nvme-27sk15"),
        family("distribution-license", "windows", mandatory=False),
    ],
    "configurations": [
        {"name": "dedicated_datacenter", "values": ["gra", "rbx", "bhs"], "isMandatory": True},
        {"name": "region", "values": ["canada", "europe"], "isMandatory": True},
    ],
    "pricings": [
        price("installation", 1299),
        price("renew", 1299),
        price("upgrade", 1),
        price("installation", 0, mode="upfront12", commitment=12),
        price("renew", 14000, mode="upfront12", commitment=12, interval=12),
    ],
}
ROW = StockRow(
    "27sk15.x.y", "27sk15", "27sk15", "ram-64g-ecc-3200", "softraid-2x960nvme", "", "", ()
)
CHOSEN = {
    "bandwidth": "bandwidth-300-27sk15",
    "memory": "ram-64g-27sk15",
    "storage": "softraid-2x1024nvme-27sk15",
}


def fetch(canned: CannedOvh, *plans: Json, addons: Any = ADDONS, tax: Any = 20) -> Catalogue:
    locale = {"currencyCode": "EUR", "subsidiary": "FR", "taxRate": tax}
    canned.say(
        PATH,
        {"catalogId": 4711, "locale": locale, "plans": list(plans or [PLAN]), "addons": addons},
    )
    return shelf(Host.EU).catalogue("FR")


def test_what_is_sold(canned: CannedOvh) -> None:
    catalogue = fetch(canned)
    assert canned.made() == [f"GET {PATH}?ovhSubsidiary=FR"]
    assert (catalogue.id, catalogue.subsidiary, catalogue.currency) == (4711, "FR", "EUR")
    assert catalogue.tax_rate == 20
    plan = catalogue.plans["27sk15"]
    assert (plan.name, plan.range) == ("KS-15 | AMD Ryzen 5600", "kimsufi")
    assert plan.datacenters == ("gra", "rbx", "bhs")
    assert plan.configurations["region"] == ("canada", "europe")
    assert plan.max_quantity() == 2
    memory = plan.family("memory")
    assert memory is not None
    assert (memory.default, memory.is_mandatory, memory.is_exclusive) == (
        "ram-32g-27sk15",
        True,
        True,
    )


# --- Which addons


def test_hardware_is_found_by_product_and_the_rest_by_default(canned: CannedOvh) -> None:
    assert fetch(canned).addons_of(ROW) == CHOSEN


def test_system_disks_and_cards_are_found_too(canned: CannedOvh) -> None:
    families = [
        *PLAN["addonFamilies"],
        family("system-storage", "system-a", "system-b"),
        family("gpu", "gpu-l4-1", mandatory=False),
    ]
    addons = [
        *ADDONS,
        addon("system-a", "softraid-2x250"),
        addon("system-b", "softraid-2x500"),
        addon("gpu-l4-1", "l4"),
    ]
    catalogue = fetch(canned, {**PLAN, "addonFamilies": families}, addons=addons)
    row = ROW._replace(system_storage="softraid-2x500", gpu="l4")
    assert catalogue.addons_of(row) == {**CHOSEN, "system-storage": "system-b", "gpu": "gpu-l4-1"}
    # a mandatory part that the row does not name might be either
    assert catalogue.addons_of(row._replace(system_storage="")) is None
    # a part that is not mandatory and not there is not ordered
    assert "gpu" not in (catalogue.addons_of(row._replace(gpu="")) or ["gpu"])


@pytest.mark.parametrize(
    "changed",
    [
        {"plan_code": "27sk99"},
        {"memory": "ram-128g-ecc-3200"},
        {"memory": "ram-64g-27sk15"},
        {"memory": ""},
        {"storage": "softraid-2x1024nvme"},
        {"system_storage": "softraid-2x500"},
        {"gpu": "l4"},
    ],
)
def test_hardware_that_is_not_sold_has_no_addons(canned: CannedOvh, changed: Json) -> None:
    assert fetch(canned).addons_of(ROW._replace(**changed)) is None


def test_hardware_under_two_addons_is_ambiguous(canned: CannedOvh) -> None:
    families = [family("memory", "ram-64g-27sk15", "ram-64g-again")]
    addons = [*ADDONS, addon("ram-64g-again", "ram-64g-ecc-3200")]
    catalogue = fetch(canned, {**PLAN, "addonFamilies": families}, addons=addons)
    assert catalogue.addons_of(ROW._replace(storage="")) is None


# --- How much


def test_what_is_due_is_setup_and_the_first_month(canned: CannedOvh) -> None:
    addons = ("softraid-2x1024nvme-27sk15", "ram-32g-27sk15", "bandwidth-300-27sk15")
    cost = fetch(canned).price("27sk15", addons, at=NOW)
    assert cost is not None
    assert cost.currency == "EUR"
    assert (cost.setup, cost.first_period) == (Decimal("12.99"), Decimal("14.99"))
    assert (cost.without_tax, cost.tax, cost.with_tax) == (
        Decimal("27.98"),
        Decimal("5.60"),
        Decimal("33.58"),
    )
    assert (cost.renewal, cost.months) == (Decimal("14.99"), 1)


def test_a_promoted_price_is_billed(canned: CannedOvh) -> None:
    prices = [price("installation", 8900, promotions=[promotion(0)]), price("renew", 8900)]
    extra = addon("ram-128g", "ram-128g", price("renew", 1300))
    plan = {**PLAN, "pricings": prices}
    cost = fetch(canned, plan, addons=[extra], tax=0).price("27sk15", ["ram-128g"], at=NOW)
    assert cost is not None
    assert [cost.setup, cost.with_tax, cost.renewal] == [0, 102, 102]


@pytest.mark.parametrize(
    ("start", "end", "due"),
    [
        (None, None, 5),
        ("2027-02-01T00:00:00+01:00", "2027-04-01T00:00:00+01:00", 5),
        ("2027-02-01", None, 5),
        ("2027-03-01T00:00:00Z", None, 5),
        ("2027-03-02T00:00:00Z", None, 10),
        (None, "2027-03-01T00:00:00Z", 10),
    ],
)
def test_a_promotion_has_its_time(
    canned: CannedOvh, start: str | None, end: str | None, due: int
) -> None:
    promoted = price("renew", 1000, promotions=[promotion(500, start, end)])
    cost = fetch(canned, {**PLAN, "pricings": [promoted]}).price("27sk15", at=NOW)
    assert cost is not None
    assert cost.first_period == due
    # nothing says that it lasts beyond the first period
    assert cost.renewal == 10


def test_a_year_in_advance(canned: CannedOvh) -> None:
    cost = fetch(canned).price("27sk15", mode="upfront12", at=NOW)
    assert cost is not None
    assert [cost.setup, cost.first_period, cost.months] == [0, 140, 12]


@pytest.mark.parametrize(
    ("plan", "addons", "mode"),
    [
        ("27sk99", [], "default"),
        ("27sk15", ["no-such-addon"], "default"),
        ("27sk15", [], "degressivity12"),
        # the addon has no price for a year in advance
        ("27sk15", ["ram-64g-27sk15"], "upfront12"),
    ],
)
def test_what_has_no_price(canned: CannedOvh, plan: str, addons: list[str], mode: str) -> None:
    assert fetch(canned).price(plan, addons, mode=mode, at=NOW) is None


def test_fractions_of_a_cent_are_kept(canned: CannedOvh) -> None:
    tiny = {**price("renew", 0), "price": 123_456_789}
    cost = fetch(canned, {**PLAN, "pricings": [tiny]}, tax=5.5).price("27sk15", at=NOW)
    assert cost is not None
    assert cost.first_period == Decimal("1.23456789")
    assert cost.tax == Decimal("0.07")


# --- Answers that are none


def test_a_subsidiary_of_another_host(canned: CannedOvh) -> None:
    canned.say(PATH, Canned(b'{"message": "invalid ovhSubsidiary"}', 400))
    with pytest.raises(Refused) as caught:
        shelf(Host.EU).catalogue("US")
    assert caught.value.kind is Kind.WRONG_SUBSIDIARY


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"<html>", orjson.dumps({"catalogId": 1, "plans": []})]
)
def test_a_broken_catalogue(canned: CannedOvh, body: bytes) -> None:
    canned.say(PATH, Canned(body))
    with pytest.raises(Unreachable):
        shelf(Host.EU).catalogue("FR")

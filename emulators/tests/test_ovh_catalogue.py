"""OVH: the catalogue."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulators.clock import ManualClock
from emulators.tests.ovh_hub import STOCK, Hub, running

CATALOGUE = "/order/catalog/public/eco"


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    with running(clock) as hub:
        yield hub


def plan(catalogue: dict[str, Any], code: str) -> Any:
    (found,) = (plan for plan in catalogue["plans"] if plan["planCode"] == code)
    return found


@pytest.mark.parametrize(
    ("host", "subsidiary", "locale"),
    [
        ("eu", "FR", {"currencyCode": "EUR", "subsidiary": "FR", "taxRate": 20}),
        ("ca", "QC", {"currencyCode": "CAD", "subsidiary": "QC", "taxRate": 14.975}),
        ("us", "US", {"currencyCode": "USD", "subsidiary": "US", "taxRate": 0}),
    ],
)
def test_the_catalogue_of_a_subsidiary(
    hub: Hub, host: str, subsidiary: str, locale: dict[str, Any]
) -> None:
    found = hub.get(CATALOGUE, host, params={"ovhSubsidiary": subsidiary}).json()
    assert found["locale"] == locale
    assert 121 <= len(found["plans"]) <= 150


@pytest.mark.parametrize(("host", "subsidiary"), [("eu", "US"), ("eu", "EU"), ("us", "FR")])
def test_a_subsidiary_of_another_host(hub: Hub, host: str, subsidiary: str) -> None:
    answer = hub.get(CATALOGUE, host, params={"ovhSubsidiary": subsidiary})
    assert answer.status_code == 400
    assert "invalid ovhSubsidiary" in answer.json()["message"]


@pytest.mark.parametrize(("host", "subsidiary"), [("eu", "FR"), ("ca", "QC"), ("us", "US")])
def test_every_row_of_a_sold_plan_leads_to_one_addon_by_its_product(
    hub: Hub, host: str, subsidiary: str
) -> None:
    found = hub.get(CATALOGUE, host, params={"ovhSubsidiary": subsidiary}).json()
    addons = {addon["planCode"]: addon for addon in found["addons"]}
    plans = {plan["planCode"]: plan for plan in found["plans"]}
    on_quotation = set()
    for row in hub.get(STOCK, host).json():
        sold = plans.get(row["planCode"])
        if sold is None:
            on_quotation.add(row["planCode"])
            continue
        families = {family["name"]: family for family in sold["addonFamilies"]}
        parts = {"memory": row["memory"], "storage": row["storage"]}
        if "systemStorage" in row:
            parts["system-storage"] = row["systemStorage"]
        for family, part in parts.items():
            codes = families[family]["addons"]
            assert [addons[code]["product"] for code in codes].count(part) == 1
    assert len(on_quotation) >= 140


def test_addon_codes_cannot_be_cut_out_of_an_fqn(hub: Hub) -> None:
    found = hub.get(CATALOGUE, params={"ovhSubsidiary": "FR"}).json()
    parts = [addon for addon in found["addons"] if addon["product"].startswith(("ram", "soft"))]
    assert all(addon["planCode"] != addon["product"] for addon in parts)
    strange = [addon for addon in parts if not addon["planCode"].startswith(addon["product"])]
    assert 0.05 < len(strange) / len(parts) < 0.6


def test_families_and_configurations(hub: Hub) -> None:
    found = hub.get(CATALOGUE, params={"ovhSubsidiary": "FR"}).json()
    for sold in found["plans"]:
        families = {family["name"]: family for family in sold["addonFamilies"]}
        assert {"memory", "storage", "bandwidth"} <= set(families)
        for family in families.values():
            assert not family["mandatory"] or family["default"] in family["addons"]
    configurations = {row["name"]: row["values"] for row in plan(found, "27sk15")["configurations"]}
    assert configurations["dedicated_os"] == ["none_64.en"]
    assert configurations["region"] == ["canada", "europe"]
    assert configurations["dedicated_datacenter"][0] == "gra"


def test_prices_are_integers_and_setup_costs_a_month(hub: Hub) -> None:
    rows = plan(hub.get(CATALOGUE, params={"ovhSubsidiary": "FR"}).json(), "27sk15")["pricings"]
    default = {row["capacities"][0]: row for row in rows if row["mode"] == "default"}
    assert default["installation"]["price"] == default["renew"]["price"] == 1_299_000_000
    assert default["renew"]["tax"] == 260_000_000
    assert default["renew"]["quantity"] == {"min": 1, "max": 2}
    assert {row["mode"] for row in rows} >= {"default", "upfront12", "degressivity12"}


def test_a_promotion_of_the_united_states(hub: Hub) -> None:
    found = hub.get(CATALOGUE, "us", params={"ovhSubsidiary": "US"}).json()
    rows = plan(found, "27rise03-v1-us")["pricings"]
    (setup,) = (row for row in rows if row["capacities"] == ["installation"])
    assert setup["price"] == 8_900_000_000
    assert setup["promotions"][0]["total"]["value"] == 0


def test_a_changed_price_changes_the_catalogue_and_its_number(hub: Hub) -> None:
    query = {"ovhSubsidiary": "FR"}
    before = hub.get(CATALOGUE, params=query).json()
    hub.emulator.set_price("eu", "27sk15", month="14.49")
    after = hub.get(CATALOGUE, params=query).json()
    assert after["catalogId"] != before["catalogId"]
    prices = {row["price"] for row in plan(after, "27sk15")["pricings"] if row["mode"] == "default"}
    assert prices == {1_449_000_000}
    with pytest.raises(ValueError, match="nope"):
        hub.emulator.set_price("eu", "nope", month=1)


def test_promotions_begin_and_end(hub: Hub) -> None:
    now = hub.clock.time()
    hub.emulator.add_promotion(
        "eu", "27sk15", "9.99", "renew", "Summer", starts=now + 60, ends=now + 120
    )

    def price() -> list[int]:
        found = hub.get(CATALOGUE, params={"ovhSubsidiary": "FR"}).json()
        return [
            promotion["total"]["value"]
            for row in plan(found, "27sk15")["pricings"]
            for promotion in row["promotions"]
        ]

    assert price() == []
    hub.clock.advance(60)
    assert price() == [999_000_000]
    hub.clock.advance(60)
    assert price() == []


def test_the_catalogue_is_the_same_every_time(hub: Hub) -> None:
    query = {"ovhSubsidiary": "DE"}
    first = hub.get(CATALOGUE, params=query)
    assert json.loads(first.content)["locale"]["taxRate"] == 19
    etag = {"If-None-Match": first.headers["ETag"]}
    assert hub.get(CATALOGUE, params=query, headers=etag).status_code == 304


def test_where_a_vps_can_be_ordered(hub: Hub) -> None:
    path = "/vps/order/rule/datacenter"
    query = {"ovhSubsidiary": "FR", "planCode": "vps-2027-model2"}
    assert hub.get(path, params={**query, "planCode": "nope"}).status_code == 400
    assert hub.get(path, params={**query, "ovhSubsidiary": "US"}).status_code == 400
    found = hub.get(path, params=query).json()
    assert {row["linuxStatus"] for row in found} == {"out-of-stock"}
    hub.emulator.set_vps("eu", "vps-2027-model2", [{**found[0], "linuxStatus": "available"}])
    assert hub.get(path, params=query).json()[0]["linuxStatus"] == "available"

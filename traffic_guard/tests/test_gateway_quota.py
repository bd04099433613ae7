"""What is left of packages: units, batches, lost and renewed ones, shared ones, bookings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from emulators.huawei.world import DEMO, SINGAPORE
from traffic_guard.gateways.cloud import Unit, Unreachable
from traffic_guard.tests.accounts_at import account_of

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.huawei import HuaweiEmulator
    from traffic_guard.tests.canned import CannedCloud

INTL = DEMO["intl"]
USAGES = "/v2/payments/free-resources/usages/details/query"


def test_a_package_tells_what_is_left_in_its_cycle(huawei: HuaweiEmulator) -> None:
    huawei.set_remaining("hk-web-1", 31.42)
    package = huawei.package("hk-web-1")
    start, end = (datetime.fromtimestamp(at, UTC) for at in huawei.cycle("hk-web-1"))
    answer = account_of(INTL).usages([package.id])
    (usage,) = answer.usages
    assert answer.missing == ()
    assert (usage.asked_id, usage.package_id) == (package.id, package.id)
    assert (usage.remaining, usage.total, usage.unit_id) == (
        Decimal("31.42"),
        Decimal(1024),
        "10",
    )
    assert (usage.cycle_start, usage.cycle_end) == (start, end)
    # 24:00 in China
    assert (end.hour, end.minute) == (16, 0)
    assert (usage.is_resetting, usage.usage_name) == (True, "Uplink traffic")


def test_130_packages_are_two_calls_and_the_lost_ones_are_unknown(
    huawei: HuaweiEmulator, huawei_clock: ManualClock
) -> None:
    keys = huawei.add_account()
    for number in range(130):
        huawei.add_plan(keys.domain_id, name=f"many-{number}", left_gb=number)
    names = [huawei.package(f"many-{number}").id for number in range(130)]
    huawei.lose("many-7")
    cloud = account_of(keys)
    answer = cloud.usages([*names, names[0], "", "fr-elsewhere"])
    assert [usage.asked_id for usage in answer.usages] == names[:7] + names[8:]
    assert [usage.remaining for usage in answer.usages][:3] == [0, 1, 2]
    assert answer.missing == (names[7], "fr-elsewhere")
    # two batches, then each lost one by itself
    assert dict(cloud.calls) == {"bss": 4}
    huawei_clock.advance(60)
    # a single one is asked for once
    cloud = account_of(keys)
    assert (cloud.usages([names[7]]).missing, cloud.usages(["fr-2"]).missing) == ((), ("fr-2",))
    assert dict(cloud.calls) == {"bss": 2}


def test_a_renewed_package_answers_under_its_new_id(huawei: HuaweiEmulator) -> None:
    old, other = huawei.package("hk-web-1").id, huawei.package("hk-web-2").id
    new = huawei.renew("hk-web-1")
    answer = account_of(INTL).usages([old, other])
    assert [(one.asked_id, one.package_id) for one in answer.usages] == [(other, other), (old, new)]
    assert answer.missing == ()


def test_billing_that_knows_nothing_just_now_is_not_asked_for_each(canned: CannedCloud) -> None:
    canned.say(USAGES, {"free_resources": []})
    answer = account_of(INTL).usages([f"fr-{number}" for number in range(100)])
    assert (answer.usages, len(answer.missing), len(canned.requests)) == ((), 100, 2)


@pytest.mark.parametrize(
    ("rows", "known"),
    [
        (["fr-1", "fr-2", "fr-3"], ["fr-1", "fr-2"]),
        (["fr-1", "fr-1", "fr-2"], ["fr-2"]),  # which of the two counts?
        (["fr-1", None, ""], ["fr-1"]),
        (["fr-3", "fr-4"], []),
    ],
)
def test_an_answer_counts_only_where_it_is_the_only_one(
    canned: CannedCloud, rows: list[str | None], known: list[str]
) -> None:
    canned.say(USAGES, _answer(*rows), _answer())
    answer = account_of(INTL).usages(["fr-1", "fr-2"])
    assert [one.asked_id for one in answer.usages] == known
    assert set(answer.missing) == {"fr-1", "fr-2"} - set(known)


@pytest.mark.parametrize("rows", [[None], [""], ["fr-3", "fr-4"], ["fr-3", "fr-3"], []])
def test_only_a_single_answer_is_a_successor(canned: CannedCloud, rows: list[str | None]) -> None:
    canned.say(USAGES, _answer(*rows))
    assert account_of(INTL).usages(["fr-9"]).usages == ()


def _answer(*names: str | None) -> dict[str, Any]:
    row = {"amount": 1, "original_amount": 2, "measure_id": 10}
    return {"free_resources": [{**row, "free_resource_id": name} for name in names]}


@pytest.mark.parametrize(
    ("row", "left", "total"),
    [
        ({"amount": 31, "original_amount": 1024.5}, Decimal(31), Decimal("1024.5")),
        ({"amount": "31.42", "original_amount": "1024"}, Decimal("31.42"), Decimal(1024)),
        ({"amount": 0, "original_amount": 0}, Decimal(0), Decimal(0)),
        ({"amount": None, "original_amount": ""}, None, None),
        ({}, None, None),
        ({"amount": "NaN", "original_amount": "Infinity"}, None, None),
        ({"amount": -1, "original_amount": True}, None, None),
        ({"amount": "1e999999", "original_amount": 10**19}, None, None),
        ({"amount": [1], "original_amount": {"value": 1}}, None, None),
    ],
)
def test_what_cannot_be_read_is_unknown(
    canned: CannedCloud, row: dict[str, Any], left: Decimal | None, total: Decimal | None
) -> None:
    more = {"free_resource_id": "fr-1", "start_time": "soon", "end_time": None, "measure_id": None}
    canned.say(USAGES, {"free_resources": [{**more, **row}, None, "odd"]})
    (usage,) = account_of(INTL).usages(["fr-1"]).usages
    assert (usage.remaining, usage.total) == (left, total)
    assert (usage.cycle_start, usage.cycle_end, usage.unit_id) == (None, None, "")
    assert canned.requests[0]["headers"]["HTTP_X_LANGUAGE"] == "en_US"


@pytest.mark.parametrize("answer", [{}, {"free_resources": None}, {"free_resources": {}}])
def test_an_answer_without_its_list_says_nothing(
    canned: CannedCloud, answer: dict[str, Any]
) -> None:
    canned.say("", answer)
    cloud, now = account_of(INTL), datetime.now(UTC)
    asks = (
        lambda: cloud.usages(["fr-1"]),
        cloud.shared_packages,
        cloud.units,
        lambda: cloud.deductions("fr-1", now - timedelta(days=1), now),
    )
    for ask in asks:
        with pytest.raises(Unreachable):
            ask()


def test_units_are_resolved_and_those_of_disks_are_none(huawei: HuaweiEmulator) -> None:
    cloud = account_of(INTL)
    units = cloud.units()
    assert units["10"] == Unit("10", "GB", 1024**3)
    assert {name: unit.bytes for name, unit in units.items()} == {
        "10": 1024**3,
        "11": 1024**2,
        "12": 1024,
        "13": 1024**4,
        "14": None,
        "15": None,
        "17": None,  # GB of a disk
        "80": 1000**3,
        "81": 1000**2,
        "109": 1,
    }
    calls = dict(cloud.calls)
    assert {name: unit.bytes for name, unit in cloud.known_units().items()} == {
        "10": 1024**3,
        "11": 1024**2,
    }
    assert cloud.calls == calls


def test_a_unit_that_its_name_and_its_conversion_tell_differently_is_unknown(
    canned: CannedCloud,
) -> None:
    def unit(number: int, short: str, kind: int = 3) -> dict[str, Any]:
        return {"measure_id": number, "abbreviation": short, "measure_type": kind}

    measures = [unit(1, "MB"), unit(2, "GB"), unit(3, "bundle"), unit(4, "box"), unit(5, "GB", 9)]
    conversions = [
        {"measure_id": 2, "ref_measure_id": 1, "conversion_ratio": 1000},
        {"measure_id": 3, "ref_measure_id": 1, "conversion_ratio": 512},
        {"measure_id": 4, "ref_measure_id": 99, "conversion_ratio": 2},
        {"measure_id": 4, "ref_measure_id": 1, "conversion_ratio": None},
    ]
    canned.say("/measurements", {"measure_units": measures})
    canned.say("/conversions", {"conversions": conversions})
    sizes = {name: one.bytes for name, one in account_of(INTL).units().items()}
    assert sizes == {"1": 1024**2, "2": None, "3": 512 * 1024**2, "4": None, "5": None}


def test_shared_packages_are_told_also_when_they_are_used_up(huawei: HuaweiEmulator) -> None:
    used_up = huawei.add_shared_package(region=SINGAPORE, total_gb=10, left_gb=0)
    expired = huawei.add_shared_package(region=SINGAPORE, days=-1)
    found = {one.package_id: one for one in account_of(INTL).shared_packages()}
    assert expired.id not in found
    assert (found[used_up.id].status, found[used_up.id].remaining) == (2, Decimal(0))
    assert (found[used_up.id].region, found[used_up.id].is_resetting) == (SINGAPORE, False)
    # those of plans are in the list too
    assert found[huawei.package("hk-web-1").id].remaining == Decimal("61.5")
    assert len(found) == 6


def test_a_long_list_of_packages_comes_page_by_page(canned: CannedCloud) -> None:
    def row(number: int) -> dict[str, Any]:
        part = {"free_resource_id": f"fr-{number}", "amount": "1.5", "measure_id": 10}
        return {"status": number % 5, "free_resources": [part, "odd"]}

    rows = list(map(row, range(7)))
    canned.say(
        "/v3/payments/free-resources/query",
        {"total_count": 7, "free_resource_packages": rows[:4]},
        {"total_count": 7, "free_resource_packages": rows[4:]},
    )
    found = account_of(INTL).shared_packages()
    assert [one.package_id for one in found] == ["fr-1", "fr-2", "fr-6"]
    assert [request["body"]["offset"] for request in canned.requests] == [0, 4]


def test_bookings_tell_how_a_package_came_to_where_it_is(
    huawei: HuaweiEmulator, huawei_clock: ManualClock
) -> None:
    server = huawei.add_plan(name="steady", gb_per_hour=2, total_gb=1000, age_days=5)
    now = datetime.fromtimestamp(huawei_clock.time(), UTC)
    name = huawei.package("steady").id
    found = account_of(INTL).deductions(name, now - timedelta(days=2), now)
    assert 46 <= len(found) <= 48
    assert {one.resource_id for one in found} == {server.id}
    assert all(one.before == one.after + one.used for one in found if one.after and one.used)
    assert [one.used for one in found[-3:]] == [2, 2, 2]
    (usage,) = account_of(INTL).usages([name]).usages
    assert found[-1].after == usage.remaining
    assert all(now - timedelta(days=2) <= one.at < now for one in found)


def test_a_long_time_of_bookings_is_asked_for_in_spans_of_days_in_china(
    canned: CannedCloud,
) -> None:
    canned.say("", {"free_resource_records": []})
    since, until = datetime(2026, 1, 1, 18, tzinfo=UTC), datetime(2026, 7, 10, 15, tzinfo=UTC)
    assert account_of(INTL).deductions("fr-1", since, until) == ()
    queries = [dict(parse_qsl(request["query"])) for request in canned.requests]
    spans = [(one["deduct_time_begin"], one["deduct_time_end"]) for one in queries]
    assert spans == [
        ("2026-01-02", "2026-04-01"),
        ("2026-04-02", "2026-06-30"),
        ("2026-07-01", "2026-07-10"),
    ]

"""What packages have left: units, cycles, successors, and all that is unknown instead of zero."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from emulators.huawei import HuaweiEmulator
from tenants.scoping import scope
from traffic_guard.models import MeasureUnit, Package
from traffic_guard.testing import GB
from traffic_guard.tests.watched import Watched


@pytest.fixture(autouse=True)
def _web(watched: Watched) -> None:
    watched.add_server("web", total_gb=1000, left_gb=500)


def test_a_poll_writes_what_is_left_and_when_the_cycle_ends(watched: Watched) -> None:
    assert watched.poll() is not None
    package, server = watched.package(), watched.server()
    start, end = watched.emulator.cycle("web")
    assert package.remaining_bytes == 500 * GB
    assert package.total_bytes == 1000 * GB
    assert (package.raw_amount, package.unit_id) == ("500", "10")
    assert [at.timestamp() for at in watched.cycle] == [int(start), end]
    assert package.first_cycle_end == package.cycle_end
    assert server.remaining_bytes == 500 * GB
    assert server.percent_left == 50
    assert server.power == "running"
    assert server.addresses == [eip["address"] for eip in server.eips]
    assert watched.readings() == [500]


def test_a_package_in_mb_is_no_package_in_gb(watched: Watched, huawei: HuaweiEmulator) -> None:
    huawei.set_unit("web", 11)
    watched.poll()
    assert watched.package().raw_amount == "512000"
    assert watched.server().remaining_bytes == 500 * GB


@pytest.mark.parametrize(("unit", "left"), [(10, 500), (11, 500)])
def test_units_are_known_where_billing_does_not_explain_them(
    watched: Watched, huawei: HuaweiEmulator, unit: int, left: int
) -> None:
    huawei.set_unit("web", unit)
    huawei.fault("status", service="bss", path="/v2/bases/*", times=0)
    watched.poll()
    assert watched.server().remaining_bytes == left * GB


@pytest.mark.parametrize("unit", [99, 17, 14])
def test_a_unit_that_is_none_of_traffic_is_unknown(
    watched: Watched, huawei: HuaweiEmulator, unit: int
) -> None:
    watched.poll()
    huawei.set_unit("web", unit)
    watched.passes(minutes=15)
    watched.poll()
    assert watched.standing().trouble == "unknown_unit"
    assert (watched.server().remaining_bytes, watched.server().percent_left) == (None, None)
    assert watched.readings() == [500]


def test_units_are_asked_for_once_in_days_for_all_tenants(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    def asked() -> int:
        return len(huawei.calls("bss", "/v2/bases/measurements"))

    for _poll in range(3):
        watched.poll()
        watched.passes(minutes=15)
    assert asked() == 1
    watched.passes(days=4)
    watched.poll()
    assert asked() == 2
    assert MeasureUnit.objects.get(unit_id="17").in_bytes is None


def test_a_package_that_is_missing_for_a_poll_is_unknown_until_it_is_back(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.poll()
    huawei.lose("web")
    watched.passes(minutes=15)
    watched.poll()
    package = watched.package()
    assert (package.trouble, package.misses, package.remaining_bytes) == ("missing", 1, None)
    assert watched.standing().trouble == "missing"
    assert not watched.standing().is_known
    assert watched.server().percent_left is None
    watched.passes(minutes=15)
    watched.poll()
    package = watched.package()
    assert (package.trouble, package.misses) == ("", 0)
    assert watched.readings() == [500, 500]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "status": 200},
        {"kind": "empty"},
        {"kind": "list"},
        {"kind": "redirect"},
        {"kind": "drop"},
        {"kind": "status", "status": 500},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_an_answer_that_says_nothing_changes_nothing(
    watched: Watched, huawei: HuaweiEmulator, fault: dict[str, Any]
) -> None:
    watched.poll()
    huawei.fault(**fault, service="bss")
    watched.passes(minutes=15)
    mine = watched.poll()
    assert mine is not None
    assert not mine.has_worked
    assert watched.fetch().poll_failures == 1
    assert watched.readings() == [500]
    assert watched.standing().remaining == 500 * GB
    # and after hours of it, it is unknown: never what it was, and never zero
    huawei.fault(**fault, service="bss")
    watched.passes(hours=3)
    watched.poll()
    assert watched.standing().trouble == "stale"
    assert watched.server().remaining_bytes is None
    assert watched.server().read_at == watched.package().read_at


def test_what_a_server_had_left_that_is_off_is_good_for_longer(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    huawei.switch("web", is_on=False)
    watched.poll()
    watched.passes(hours=6)
    assert watched.standing().remaining == 500 * GB
    watched.passes(hours=3)
    assert watched.standing().trouble == "stale"


def test_a_renewed_package_takes_over_and_is_asked_for_by_its_new_id(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.poll()
    first = watched.package()
    renewed = huawei.renew("web")
    watched.passes(minutes=15)
    watched.poll()
    second = watched.package()
    assert second.cloud_id == renewed
    assert second.first_cycle_end == first.first_cycle_end
    assert watched.server().remaining_bytes == 500 * GB
    with scope(watched.tenant):
        first = Package.objects.get(pk=first.pk)
        assert first.successor == second
        assert first.ended_at is not None
    huawei.clear_calls()
    watched.passes(minutes=15)
    watched.poll()
    assert len(huawei.calls("bss", "*/usages/*")) == 1
    assert watched.readings() == [500, 500, 500]


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_an_answer_with_another_servers_package_is_no_answer(
    watched: Watched, huawei: HuaweiEmulator, *, is_asked_for: bool
) -> None:
    """The cloud names the package of `shop` where it was asked for one that is gone."""
    watched.add_server("shop", left_gb=3)
    watched.poll()
    if not is_asked_for:
        with scope(watched.tenant):
            Package.objects.filter(links__server__name="shop").update(ended_at=watched.now)
    huawei.package("shop").former.append(huawei.package("web").id)
    huawei.state.packages.pop(huawei.package("web").id)
    huawei.state.keep_package(huawei.package("shop"))
    watched.passes(minutes=15)
    watched.poll()
    assert watched.standing("web").trouble == "missing"
    assert watched.standing("shop").remaining == (3 * GB if is_asked_for else None)


def test_after_the_end_of_its_cycle_a_package_is_unknown_until_the_new_one_is_read(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    huawei.set_remaining("web", 4)
    huawei.end_cycle("web", 3600)
    watched.poll()
    assert watched.server().remaining_bytes == 4 * GB
    # read soon after the reset, however long the account could wait
    assert watched.wait <= timedelta(minutes=15)
    huawei.state.reset_delay = 1800
    watched.passes(minutes=61)
    assert watched.standing().trouble == "cycle_over"  # before anything was read
    watched.poll()
    assert watched.standing().trouble == "cycle_over"  # billing still shows the old one
    assert watched.server().remaining_bytes is None
    watched.passes(minutes=30)
    watched.poll()
    assert watched.standing().remaining == 1000 * GB
    assert watched.readings() == [4, 1000]


def test_several_packages_of_a_server_are_added_once_all_are_known(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    second = huawei.add_second_package("web", 200)
    watched.add_package(watched.server(), second.id)
    watched.poll()
    assert watched.server().remaining_bytes == 700 * GB
    huawei.lose(second.id)
    watched.passes(minutes=15)
    watched.poll()
    assert watched.standing().trouble == "missing"
    assert watched.server().remaining_bytes is None


def test_a_shared_package_is_no_servers_own(watched: Watched, huawei: HuaweiEmulator) -> None:
    """It is never added to what a server has of its own; without any it counts alone."""
    shared = huawei.add_shared_package(watched.domain_id, total_gb=300, left_gb=90)
    package = watched.add_package(watched.server(), shared.id, kind=Package.Kind.SHARED)
    bare = watched.add_server("api")
    with scope(watched.tenant):
        bare.links.all().delete()
        bare.links.create(tenant=watched.tenant, package=package, is_chosen=True)
    watched.poll()
    assert watched.standing("web").remaining == 500 * GB
    assert watched.standing("api").remaining == 90 * GB
    # what others sent of it nobody counts
    assert watched.standing("api").live_remaining is None


def test_130_packages_are_two_calls(watched: Watched, huawei: HuaweiEmulator) -> None:
    ids = [huawei.add_second_package("web", 10).id for _number in range(129)]
    server = watched.server()
    for cloud_id in ids:
        watched.add_package(server, cloud_id)
    huawei.set_remaining(ids[77], 0)  # an honest zero
    watched.poll()
    calls = huawei.calls("bss", "*/usages/*")
    assert [len(json.loads(call["body"])["free_resource_ids"]) for call in calls] == [100, 30]
    assert watched.server().remaining_bytes == (500 + 128 * 10) * GB

"""What an account has: regions, plans with their servers, packages and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from emulators.huawei.world import DEMO, HONG_KONG, PROJECTS
from traffic_guard.gateways.cloud import Keys, Place, Project, Refused, Unreachable
from traffic_guard.gateways.registry import connect
from traffic_guard.tests.accounts_at import account_of, keys_of

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator
    from traffic_guard.tests.canned import CannedCloud

INTL = DEMO["intl"]


def test_each_plan_is_found_with_its_server_packages_and_address(huawei: HuaweiEmulator) -> None:
    extra = huawei.add_second_package("hk-web-1", 100)
    huawei.remove("hk-web-2")
    found = {one.name: one for one in account_of(INTL).discover()}
    assert set(found) == {"hk-web-1", "hk-web-2", "sg-media-1", "sg-backup-1"}
    server, plan = huawei.server("hk-web-1"), found["hk-web-1"]
    assert plan.place == Place(HONG_KONG, PROJECTS[INTL.domain_id][HONG_KONG])
    assert (plan.kind, plan.server_id, plan.charging) == ("flexus", server.id, "prepaid")
    assert plan.package_ids == (huawei.package("hk-web-1").id, extra.id)
    assert (plan.addresses, plan.eip_ids) == ((server.address,), (server.eip_id,))
    assert [name for name, one in found.items() if one.is_deleted] == ["hk-web-2"]


def test_a_long_list_comes_page_by_page_and_the_account_is_asked_for_once(
    huawei: HuaweiEmulator,
) -> None:
    keys = huawei.add_account(regions=["ap-southeast-1"])
    for number in range(401):
        huawei.add_plan(keys.domain_id, name=f"many-{number}")
    cloud = account_of(keys)
    assert len({one.server_id for one in cloud.discover()}) == 401
    assert cloud.domain_id() == keys.domain_id
    assert dict(cloud.calls) == {"iam": 1, "config": 3}


def test_a_known_account_id_is_not_asked_for(huawei: HuaweiEmulator) -> None:
    cloud = connect(keys_of(INTL, domain_id=INTL.domain_id))
    assert len(cloud.discover()) == 4
    assert dict(cloud.calls) == {"config": 1}


def test_the_list_may_lack_plans_or_all_of_them(huawei: HuaweiEmulator) -> None:
    huawei.set_server("hk-web-1", is_unlisted=True)
    assert len(account_of(INTL).discover()) == 3
    huawei.set_account(INTL.domain_id, recorder_is_on=False)
    assert account_of(INTL).discover() == ()


def test_regions_are_projects_and_object_storage_is_none(
    huawei: HuaweiEmulator, canned: CannedCloud
) -> None:
    canned.say(
        "/v3/projects",
        {
            "projects": [
                {"id": "p1", "name": "cn-north-4", "enabled": True},
                {"id": "p2", "name": "cn-north-4_shop", "enabled": True},
                {"id": "p3", "name": "MOS"},
                {"id": "p4", "name": "cn-south-1", "enabled": False},
                {"id": "p5", "name": "../../evil"},
                "odd",
            ]
        },
    )
    assert account_of(INTL).projects() == (
        Project("cn-north-4", "p1"),
        Project("cn-north-4", "p2"),
    )


def test_properties_may_be_text_and_lack_anything(canned: CannedCloud) -> None:
    part = {
        "logical_resource_type": "huaweicloudinternal_cbc_freeresource_hcss",
        "physical_resource_id": "fr-1",
    }
    odd = [None, 7, {"logical_resource_type": None}, part, {**part, "physical_resource_id": "fr-2"}]
    rows = [
        {"id": "plan-1", "properties": orjson.dumps({"resources": odd}).decode()},
        {"id": "plan-2", "properties": "no json"},
        {"id": "plan-3"},
    ]
    canned.say("/all-resources", {"resources": rows, "page_info": None})
    found = connect(Keys("huawei", "cn", "A" * 20, "s" * 40, "d1")).discover()
    assert [one.package_ids for one in found] == [("fr-1", "fr-2"), (), ()]
    assert {(one.server_id, one.addresses, one.charging) for one in found} == {("", (), "")}


@pytest.mark.parametrize(
    "answer", [{}, {"resources": None}, {"domains": []}, {"domains": [{"id": "a"}, {"id": "b"}]}]
)
def test_an_answer_without_its_list_is_no_empty_list(
    canned: CannedCloud, answer: dict[str, object]
) -> None:
    canned.say("", answer)
    cloud = connect(Keys("huawei", "cn", "A" * 20, "s" * 40))
    for ask in (cloud.discover, cloud.projects, cloud.domain_id):
        with pytest.raises(Unreachable) as told:
            ask()
        assert not told.value.unclear


def test_a_region_that_is_no_region_goes_into_no_host_name(canned: CannedCloud) -> None:
    canned.say("", {})
    cloud = account_of(INTL)
    for region in ("evil.example.com/", "CN-NORTH-4", "", "cn-north-4@evil"):
        for ask in (cloud.servers, cloud.addresses):
            with pytest.raises(Refused):
                ask(Place(region, "p1"))
    assert canned.requests == []

"""Huawei Cloud's doors: signatures, clocks, projects, limits of parameters, flow control."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulators.clock import ManualClock
from emulators.huawei.world import DEMO, DemoKeys
from emulators.tests.huawei_hub import ACTION, DETAIL, INTL, METRICS, USAGES, Hub

IDS = {"free_resource_ids": ["fr-1"]}
INFOS = "/v3/payments/free-resources/query"
RECORDS = "/v2/bills/customer-bills/free-resources-usage-records"
RESOURCES = f"/v1/resource-manager/domains/{INTL.domain_id}/all-resources"


def test_a_signed_call_is_answered(huawei: Hub) -> None:
    for place in ("", "intl"):
        answer = huawei.call("bss", "POST", USAGES, IDS, place=place)
        assert (answer.status_code, answer.json()) == (200, {"free_resources": []})
    assert huawei.call("ecs", "GET", DETAIL, query={"name": "web a/b", "limit": 1}).json() == {
        "count": 0,
        "servers": [],
    }


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"sent": b'{"free_resource_ids": ["fr-2"]}'}, "verify aksk signature fail"),
        ({"keys": DemoKeys("intl", INTL.access_key, "x" * 40, "")}, "verify aksk signature fail"),
        ({"keys": DemoKeys("intl", "NOBODY", "x" * 40, "")}, "Get secretKey failed,ak:NOBODY"),
    ],
)
def test_a_wrong_signature_is_refused(huawei: Hub, more: dict[str, Any], words: str) -> None:
    answer = huawei.call("bss", "POST", USAGES, IDS, **more)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")
    assert words in answer.json()["error_msg"]


@pytest.mark.parametrize(("minutes", "status"), [(-16, 401), (-14, 200), (14, 200), (16, 401)])
def test_a_clock_may_be_off_by_a_quarter_of_an_hour(huawei: Hub, minutes: int, status: int) -> None:
    at = datetime.fromtimestamp(time.time(), UTC) + timedelta(minutes=minutes)
    headers = {"X-Sdk-Date": at.strftime("%Y%m%dT%H%M%SZ")}
    assert huawei.call("bss", "POST", USAGES, IDS, headers=headers).status_code == status


def test_no_signature_is_none(huawei: Hub) -> None:
    url = f"{huawei.url}/huawei/bss{USAGES}"
    for value in ("", "Bearer x", "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=b"):
        answer = huawei.http.post(url, json=IDS, headers={"Authorization": value})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("service", "method", "path", "body", "query", "status"),
    [
        ("bss", "POST", USAGES, {"free_resource_ids": []}, {}, 400),
        ("bss", "POST", USAGES, {"free_resource_ids": ["x"] * 101}, {}, 400),
        ("bss", "POST", USAGES, {"free_resource_ids": ["x" * 65]}, {}, 400),
        ("bss", "POST", USAGES, {"free_resource_ids": [7]}, {}, 400),
        ("bss", "POST", USAGES, [], {}, 400),
        ("bss", "POST", INFOS, {"limit": 1001}, {}, 400),
        ("bss", "POST", INFOS, {"offset": -1}, {}, 400),
        ("bss", "GET", RECORDS, None, {"deduct_time_begin": "2026-01-01"}, 400),
        (
            "bss",
            "GET",
            RECORDS,
            None,
            {"deduct_time_begin": "2026-01-01", "deduct_time_end": "2026-04-02"},
            400,
        ),
        ("config", "GET", RESOURCES, None, {"limit": 201}, 400),
        ("config", "GET", RESOURCES, None, {"marker": "abc"}, 400),
        ("config", "GET", RESOURCES.replace(INTL.domain_id, "d9"), None, {}, 403),
        ("ecs", "GET", DETAIL, None, {"limit": 1001}, 400),
        ("ecs", "GET", DETAIL, None, {"server_id": ",".join("x" * 101)}, 400),
        ("ecs", "GET", "/v1/%7Bproject_id%7D/cloudservers/detail", None, {}, 403),
        ("ecs", "POST", ACTION, {"os-stop": {"servers": []}}, {}, 400),
        ("ecs", "POST", ACTION, {"os-stop": {"servers": [{"id": "x"}], "type": "NOW"}}, {}, 400),
        ("ecs", "POST", ACTION, {"os-stop": {"servers": [{"id": "x"}]}}, {}, 404),
        ("ecs", "POST", ACTION, {"os-stop": {}, "os-start": {}}, {}, 400),
        ("ecs", "DELETE", DETAIL, None, {}, 405),
        ("ecs", "GET", "/v1/nothing", None, {}, 404),
        ("ecs", "GET", DETAIL.replace("detail", "nobody"), None, {}, 404),
        ("ces", "POST", METRICS, {"metrics": []}, {}, 400),
        ("ces", "POST", METRICS, {"metrics": [{}], "period": "61", "filter": "sum"}, {}, 400),
        ("ces", "POST", METRICS, {"metrics": [{}], "period": "60", "filter": "sum"}, {}, 400),
    ],
)
def test_parameters_beyond_the_limits(
    huawei: Hub,
    service: str,
    method: str,
    path: str,
    body: Any,
    query: dict[str, Any],
    status: int,
) -> None:
    assert huawei.call(service, method, path, body, query=query).status_code == status


def test_each_service_has_its_own_shape_of_errors(huawei: Hub) -> None:
    nobody = huawei.emulator.add_keys(INTL.domain_id, [])
    shapes = {
        "iam": huawei.call("iam", "GET", "/v3/projects", keys=nobody).json(),
        "config": huawei.call("config", "GET", RESOURCES, keys=nobody).json(),
        "bss": huawei.call("bss", "POST", USAGES, IDS, keys=nobody).json(),
        "ecs": huawei.call("ecs", "GET", DETAIL, keys=nobody).json(),
        "ces": huawei.call("ces", "POST", METRICS, {}, keys=nobody).json(),
    }
    assert shapes["iam"]["error"]["title"] == "Forbidden"
    assert shapes["config"]["error_code"] == "PAP5.0010"
    assert shapes["bss"] == {"error_code": "CBC.0151", "error_msg": "Access denied."}
    assert "ecs:cloudServers:listServersDetails" in shapes["ecs"]["error"]["message"]
    assert shapes["ces"]["http_code"] == 403


def test_the_site_and_the_region_of_an_address_count(huawei: Hub) -> None:
    answer = huawei.call("bss", "POST", USAGES, IDS, place="cn")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "CBC.0150")
    assert huawei.call("ecs", "GET", DETAIL, place="ap-southeast-3").status_code == 403
    assert huawei.call("ecs", "GET", DETAIL, keys=DEMO["cn"]).status_code == 403
    other = {"X-Project-Id": "another"}
    assert huawei.call("ecs", "GET", DETAIL, headers=other).status_code == 403


def test_ten_calls_a_second_for_each_api(huawei: Hub, clock: ManualClock) -> None:
    huawei.emulator.limits.per_second = 10
    codes = [huawei.call("bss", "POST", USAGES, IDS).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    answer = huawei.call("bss", "POST", USAGES, IDS)
    assert answer.json()["error_code"] == "CBC.0250"
    assert huawei.call("ecs", "GET", DETAIL).status_code == 200
    clock.advance(1)
    assert huawei.call("bss", "POST", USAGES, IDS).status_code == 200


def test_pages_of_servers_by_number_and_by_marker(huawei: Hub) -> None:
    ids = sorted(huawei.emulator.add_server(name=f"many-{number}").id for number in range(30))

    def page(**query: Any) -> list[str]:
        rows = huawei.call("ecs", "GET", DETAIL, query={"name": "many", **query}).json()["servers"]
        return [row["id"] for row in rows]

    assert page() == page(offset=0) == page(offset=1) == ids[:25]
    assert page(offset=2) == ids[25:]
    assert page(limit=10, marker=ids[9]) == ids[10:20]
    assert page(ip_eq="192.0.2.9") == []


def test_who_asks_for_unknown_servers_gets_faults(huawei: Hub) -> None:
    query = {"server_id": "nobody"}
    (row,) = huawei.call("ecs", "GET", DETAIL, query=query).json()["servers"]
    assert (set(row), row["id"]) == ({"id", "fault"}, "nobody")
    server = huawei.emulator.server("hk-web-1")
    shown = huawei.call("ecs", "GET", DETAIL.replace("detail", server.id)).json()["server"]
    assert (shown["name"], shown["status"]) == ("hk-web-1", "ACTIVE")


def test_amounts_are_numbers_here_and_text_there(huawei: Hub) -> None:
    huawei.emulator.set_remaining("hk-web-1", 31.42)
    name = huawei.emulator.package("hk-web-1").id
    (row,) = huawei.call("bss", "POST", USAGES, {"free_resource_ids": [name]}).json()[
        "free_resources"
    ]
    assert (row["amount"], row["original_amount"], row["measure_id"]) == (31.42, 1024, 10)
    assert (row["quota_reuse_cycle"], row["quota_reuse_cycle_type"]) == (4, 2)
    assert row["usage_type_name"] == "上行流量"
    infos = huawei.call("bss", "POST", INFOS, {"limit": 1000, "status": 1}).json()
    (part,) = next(
        one["free_resources"]
        for one in infos["free_resource_packages"]
        if one["free_resources"][0]["free_resource_id"] == name
    )
    assert (part["amount"], part["original_amount"]) == ("31.42", "1024")
    assert len(huawei.call("bss", "POST", INFOS, {}).json()["free_resource_packages"]) == 5
    assert huawei.call("bss", "POST", INFOS, {"limit": 2, "offset": 4}).json()["total_count"] == 5

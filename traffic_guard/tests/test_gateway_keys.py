"""Keys: nothing but those of the account is ever used, and nothing of them is ever shown."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from emulators.huawei.world import DEMO
from traffic_guard.gateways.cloud import Busy, CloudError, Keys, Kind, Place, Refused, masked
from traffic_guard.gateways.endpoints import (
    bss_url,
    ces_url,
    config_url,
    ecs_url,
    iam_url,
    vpc_url,
)
from traffic_guard.gateways.registry import connect, provider_choices
from traffic_guard.tests.accounts_at import HERE, account_of, keys_of
from traffic_guard.tests.canned import Canned

if TYPE_CHECKING:
    from pathlib import Path

    from emulators.huawei import HuaweiEmulator
    from traffic_guard.tests.canned import CannedCloud

INTL = DEMO["intl"]


@pytest.mark.parametrize(
    "keys",
    [
        Keys("huawei", "intl", "", ""),
        Keys("huawei", "intl", INTL.access_key, ""),
        Keys("huawei", "intl", INTL.access_key, " \n"),
        Keys("huawei", "intl", "\t", INTL.secret_key),
    ],
)
def test_blank_keys_are_refused_before_there_is_a_client(
    huawei: HuaweiEmulator, monkeypatch: pytest.MonkeyPatch, keys: Keys
) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", INTL.access_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", INTL.secret_key)
    with pytest.raises(Refused) as told:
        connect(keys)
    assert (told.value.kind, told.value.code) == (Kind.BLANK_KEYS, "")
    assert huawei.calls() == []


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (keys_of(INTL, provider="elsewhere"), Kind.OTHER),
        (keys_of(INTL, provider="tidewater"), Kind.OTHER),  # not offered here
        (keys_of(INTL, site="moon"), Kind.WRONG_SITE),
        (keys_of(INTL, access_key="钥匙钥匙钥匙"), Kind.CREDENTIAL),
        (keys_of(INTL, secret_key="line\nbreak"), Kind.CREDENTIAL),
    ],
)
def test_a_cloud_or_a_site_that_is_not_there_is_refused(keys: Keys, kind: Kind) -> None:
    with pytest.raises(Refused) as told:
        connect(keys)
    assert told.value.kind is kind


def test_an_id_that_fits_no_header_goes_nowhere(canned: CannedCloud) -> None:
    canned.say("", {"publicips": [], "servers": []})
    cloud = account_of(INTL)
    for ask in (cloud.addresses, cloud.servers):
        with pytest.raises(CloudError):
            ask(Place("cn-north-4", "a\r\nX-Evil: 1"))
    assert canned.requests == []


def test_the_clouds_are_offered_with_their_sites(settings: Any) -> None:
    ((slug, title, sites),) = provider_choices()
    assert (slug, title, [code for code, _ in sites]) == (
        "huawei",
        "Huawei Cloud",
        ["cn", "intl", "eu"],
    )
    settings.TIDEWATER_API_URL = "http://127.0.0.1:9"
    assert [choice.slug for choice in provider_choices()] == ["huawei", "tidewater"]


def test_nothing_shows_more_of_a_key_than_its_ends() -> None:
    keys = keys_of(INTL)
    shown = f"{keys!r} {keys} {connect(keys)!r}"
    assert "HA****0001" in shown
    assert INTL.access_key not in shown
    assert INTL.secret_key not in shown
    assert (masked("SHORT"), masked(" LTAK1234567890WXYZ ")) == ("****", "LT****WXYZ")


def test_neither_the_hosts_own_keys_nor_its_netrc_are_used(
    huawei: HuaweiEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = DEMO["cn"]
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", host.access_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", host.secret_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_ECS_AP_SOUTHEAST_1", "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login operator password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    cloud = account_of(INTL)
    cloud.discover()
    cloud.servers(HERE)
    cloud.check()
    assert {call["access_key"] for call in huawei.calls()} == {INTL.access_key}
    assert {call["status"] for call in huawei.calls()} == {200}
    # the library would leave an id of this host there
    assert [path.name for path in tmp_path.iterdir()] == ["netrc"]


def test_a_proxy_of_the_environment_is_used_for_all_but_this_machine(
    huawei: HuaweiEmulator, canned: CannedCloud, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    proxy, _, _ = settings.HUAWEI_IAM_URL.partition("/v")
    settings.HUAWEI_IAM_URL = "http://iam.example.test"
    settings.HUAWEI_ECS_URL = "http://ecs.{region}.example.test"
    canned.say("", {"projects": [], "servers": []})
    monkeypatch.setenv("HTTP_PROXY", proxy)
    cloud = account_of(INTL)
    cloud.projects()
    cloud.servers(HERE)
    assert [request["headers"]["HTTP_HOST"] for request in canned.requests] == [
        "iam.example.test",
        "ecs.ap-southeast-1.example.test",
    ]
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    settings.HUAWEI_IAM_URL = settings.HUAWEI_ECS_URL = proxy
    cloud.projects()
    cloud.servers(HERE)
    assert len(canned.requests) == 4


def test_no_account_gets_a_cookie_of_another(canned: CannedCloud) -> None:
    canned.say("", Canned(b'{"projects": []}', headers={"Set-Cookie": "who=me; Path=/"}))
    for keys in (INTL, DEMO["cn"]):
        account_of(keys).projects()
    assert not any("HTTP_COOKIE" in request["headers"] for request in canned.requests)


def test_a_limiter_is_asked_before_each_request_and_may_refuse(huawei: HuaweiEmulator) -> None:
    asked: list[tuple[str, str]] = []

    def throttle(api: str, route: str) -> None:
        asked.append((api, route))
        if len(asked) > 3:
            raise Busy(2)

    cloud = account_of(INTL, throttle)
    cloud.usages(["fr-1"])
    cloud.servers(HERE)
    cloud.domain_id()
    with pytest.raises(Busy):
        cloud.stop(HERE, ["s1"])
    assert asked == [
        ("bss", "POST /v2/payments/free-resources/usages/details/query"),
        ("ecs", "GET /v1/*/cloudservers/detail"),
        ("iam", "GET /v3/auth/domains"),
        ("ecs", "POST /v1/*/cloudservers/action"),
    ]
    assert (dict(cloud.calls), len(huawei.calls())) == ({"bss": 1, "ecs": 1, "iam": 1}, 3)


def test_calls_leave_no_threads_and_accounts_can_share_threads(huawei: HuaweiEmulator) -> None:
    clouds = [account_of(DEMO["intl"]), account_of(DEMO["monitor"])]
    for cloud in clouds:
        cloud.servers(HERE)

    def run(cloud: Any) -> None:
        found.extend(len(cloud.servers(HERE)) for _call in range(3))

    found: list[int] = []
    before = {thread.name for thread in threading.enumerate()}
    workers = [threading.Thread(target=run, args=(cloud,)) for cloud in clouds * 3]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    left = {thread.name for thread in threading.enumerate()} - before
    assert found == [2] * 18
    assert not any("ThreadPoolExecutor" in name for name in left)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_an_account_used_before_a_fork_works_after_it(huawei: HuaweiEmulator) -> None:
    cloud = account_of(INTL)
    cloud.servers(HERE)
    cloud.projects()
    child = os.fork()
    if not child:
        signal.alarm(30)  # a child that hangs must not hang the tests
        try:
            fine = len(cloud.servers(HERE)) == 2 and len(cloud.projects()) == 2
        finally:
            os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(cloud.projects()) == 2


def test_real_addresses_are_used_where_no_stand_in_is_named(settings: Any) -> None:
    for name in ("IAM", "CONFIG", "BSS", "ECS", "VPC", "CES"):
        setattr(settings, f"HUAWEI_{name}_URL", "")
    assert [bss_url(site) for site in ("cn", "intl", "eu")] == [
        "https://bss.myhuaweicloud.com",
        "https://bss-intl.myhuaweicloud.com",
        "https://bss.myhuaweicloud.eu",
    ]
    assert (iam_url("cn"), config_url("intl")) == (
        "https://iam.myhuaweicloud.com",
        "https://rms.myhuaweicloud.com",
    )
    assert ecs_url("xx-new-region-9") == "https://ecs.xx-new-region-9.myhuaweicloud.com"
    assert vpc_url("cn-north-4") == "https://vpc.cn-north-4.myhuaweicloud.com"
    assert ces_url("cn-north-4") == "https://ces.cn-north-4.myhuaweicloud.com"
    settings.HUAWEI_ECS_URL = "http://127.0.0.1:9/{region}"
    assert ecs_url("cn-north-4") == vpc_url("cn-north-4") == "http://127.0.0.1:9/cn-north-4"

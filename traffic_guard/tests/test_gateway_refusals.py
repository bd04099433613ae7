"""What refusals and odd answers of the services mean, and that they give nothing away."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulators.huawei.world import DEMO, MONITOR
from traffic_guard.gateways.cloud import (
    Busy,
    CloudError,
    CloudProvider,
    Eip,
    Kind,
    Refused,
    Unreachable,
)
from traffic_guard.gateways.registry import connect
from traffic_guard.tests.accounts_at import HERE, account_of, keys_of
from traffic_guard.tests.canned import Canned

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator
    from traffic_guard.tests.canned import CannedCloud

INTL = DEMO["intl"]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
Ask = Callable[[CloudProvider], Any]
ASKS: dict[str, Ask] = {
    "iam": lambda cloud: cloud.projects(),
    "config": lambda cloud: cloud.discover(),
    "bss": lambda cloud: cloud.usages(["fr-1"]),
    "ecs": lambda cloud: cloud.servers(HERE),
    "vpc": lambda cloud: cloud.addresses(HERE),
    "ces": lambda cloud: cloud.outbound(
        HERE, [Eip("e", "", "b", "")], NOW - timedelta(hours=1), NOW
    ),
}
ACTIONS = {
    "iam": "iam:projects:listProjects",
    "config": "rms:resources:list",
    "bss": "billing:resourcePackages:view",
    "ecs": "ecs:cloudServers:listServersDetails",
    "vpc": "vpc:publicIps:list",
    "ces": "ces:metricData:list",
}
each_service = pytest.mark.parametrize("service", ASKS)


def refusal(ask: Ask, cloud: CloudProvider) -> Refused:
    """Return what a call is refused with."""
    with pytest.raises(Refused) as told:
        ask(cloud)
    return told.value


@each_service
def test_a_missing_right_is_named(huawei: HuaweiEmulator, service: str) -> None:
    rights = [action for action in MONITOR if action != ACTIONS[service]]
    keys = huawei.add_keys(INTL.domain_id, rights)
    error = refusal(ASKS[service], account_of(keys))
    assert (error.kind, error.api, error.action) == (Kind.DENIED, service, ACTIONS[service])


@each_service
def test_wrong_keys_are_told_apart_and_not_repeated(huawei: HuaweiEmulator, service: str) -> None:
    unknown = keys_of(INTL, access_key="NOBODYKNOWSTHISKEY01", domain_id=INTL.domain_id)
    wrong = keys_of(INTL, secret_key="w" * 40, domain_id=INTL.domain_id)
    for keys in (unknown, wrong):
        error = refusal(ASKS[service], connect(keys))
        assert (error.kind, error.code, error.api) == (Kind.CREDENTIAL, "APIGW.0301", service)
        for secret in (keys.access_key, keys.secret_key):
            assert secret not in f"{error} {error.message} {error!r}"


def test_a_clock_that_is_off_shows_in_the_words(huawei: HuaweiEmulator, time_machine: Any) -> None:
    canonical = account_of(INTL)
    assert canonical.projects()
    huawei.fault(
        "status",
        service="iam",
        status=401,
        code="APIGW.0301",
        message="Incorrect IAM authentication information: x-sdk-date is out of range",
    )
    error = refusal(ASKS["iam"], canonical)
    assert error.kind is Kind.CREDENTIAL
    assert "out of range" in error.message


def test_an_account_of_another_site_is_told_so(huawei: HuaweiEmulator) -> None:
    cloud = connect(keys_of(DEMO["cn"], site="intl"))
    assert cloud.projects()
    assert refusal(ASKS["bss"], cloud).kind is Kind.WRONG_SITE


@each_service
@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("html", {}),
        ("html", {"status": 200}),
        ("html", {"status": 404}),
        ("empty", {}),
        ("list", {}),
        ("redirect", {}),
        ("status", {"status": 500}),
        ("status", {"status": 503}),
        ("drop", {}),
        ("lost_answer", {}),
        ("timeout", {"seconds": 1}),
    ],
)
def test_whatever_is_no_answer_is_unreachable(
    huawei: HuaweiEmulator,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    fault: str,
    more: dict[str, Any],
) -> None:
    monkeypatch.setattr("traffic_guard.gateways.wire.LIMITS", (5.0, 0.05))
    cloud = connect(keys_of(INTL, domain_id=INTL.domain_id))
    huawei.fault(fault, service=service, **more)
    with pytest.raises(Unreachable) as told:
        ASKS[service](cloud)
    assert not told.value.unclear
    assert not any(sign in str(told.value) for sign in ("<", "127.0.0.1", INTL.access_key))
    # one request: nothing is repeated here
    assert (dict(cloud.calls), len(huawei.calls(service))) == ({service: 1}, 1)


@each_service
@pytest.mark.parametrize(("retry_after", "seconds"), [(30, 30.0), (None, 5.0), (99999, 3600.0)])
def test_throttling_names_the_wait(
    huawei: HuaweiEmulator, service: str, retry_after: int | None, seconds: float
) -> None:
    cloud = connect(keys_of(INTL, domain_id=INTL.domain_id))
    huawei.fault("throttled", service=service, retry_after=retry_after)
    with pytest.raises(Busy) as told:
        ASKS[service](cloud)
    assert told.value.retry_after == seconds


def test_the_eleventh_call_of_a_second_is_throttled(huawei: HuaweiEmulator) -> None:
    huawei.limits.per_second = 10
    cloud = account_of(INTL)
    for _call in range(10):
        cloud.usages(["fr-1"])
    with pytest.raises(Busy):
        cloud.usages(["fr-1"])


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"),
    [
        (403, b'{"error_code":"CBC.0151","error_msg":"x"}', Kind.DENIED, "CBC.0151", "x"),
        (403, b'{"error_code":"CBC.0155","error_msg":"x"}', Kind.DENIED, "CBC.0155", "x"),
        (403, b'{"error_code":"CBC.0154","error_msg":"x"}', Kind.CREDENTIAL, "CBC.0154", "x"),
        (403, b'{"error_code":"CBC.0156","error_msg":"x"}', Kind.WRONG_SITE, "CBC.0156", "x"),
        (403, b'{"error":{"code":"Pdp.0001","message":"x"}}', Kind.FROZEN, "Pdp.0001", "x"),
        (400, b'{"error_code":"CBC.0100","error_msg":"x"}', Kind.OTHER, "CBC.0100", "x"),
        (401, b"{}", Kind.CREDENTIAL, "401", ""),
        (404, b'{"message":{"code":"a","details":"b"}}', Kind.NOT_FOUND, "a", "b"),
        (400, b'{"errorCode":"c","errorMsg":"<html>"}', Kind.OTHER, "c", ""),
        (400, b'{"code":"c","message":{"deep":{"code":"d"}}}', Kind.OTHER, "400", ""),
        (400, b'{"error_code":"c","error_msg":"' + b"m" * 999 + b'"}', Kind.OTHER, "c", "m" * 300),
    ],
)
def test_codes_in_any_shape_are_read(
    canned: CannedCloud, status: int, body: bytes, kind: Kind, code: str, message: str
) -> None:
    canned.say("", Canned(body, status))
    for service in ("bss", "ecs"):
        error = refusal(ASKS[service], account_of(INTL))
        assert (error.kind, error.code, error.message) == (kind, code, message)


@pytest.mark.parametrize(
    "error",
    [
        Refused("Ecs.0003", "no", kind=Kind.DENIED, api="ecs", action="ecs:cloudServers:stop"),
        Busy(7.5),
        Unreachable("nobody", unclear=True),
    ],
)
def test_errors_leave_a_worker_whole(error: CloudError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_check_tells_each_right(huawei: HuaweiEmulator) -> None:
    findings = {one.action: one for one in account_of(DEMO["monitor"]).check()}
    assert list(findings) == [
        *ACTIONS.values(),
        "ecs:cloudServers:stop",
        "ecs:cloudServers:start",
    ]
    assert [findings[action].is_granted for action in ACTIONS.values()] == [True] * 6
    assert findings["ecs:cloudServers:stop"].is_granted is None
    assert huawei.calls("ecs", method="POST") == []


@pytest.mark.parametrize("place", [HERE, None])
def test_a_check_names_what_is_missing_and_goes_on(huawei: HuaweiEmulator, place: Any) -> None:
    keys = huawei.add_keys(INTL.domain_id, ["rms:resources:list", "vpc:publicIps:list"])
    huawei.fault("html", service="config")
    findings = {one.api: one for one in account_of(keys).check(place) if "start" not in one.action}
    granted = {api: one.is_granted for api, one in findings.items()}
    # without the projects nobody knows where to look for servers
    known = {"ecs": None, "vpc": None, "ces": None}
    in_place = {"ecs": None, "vpc": True, "ces": False} if place else known
    assert granted == {"iam": False, "config": None, "bss": False, **in_place}
    assert findings["bss"].code == "CBC.0151"
    assert findings["bss"].kind == Kind.DENIED
    assert "billing:resourcePackages:view" in findings["bss"].words


def test_a_check_of_keys_that_nobody_knows_is_no_list_of_rights(huawei: HuaweiEmulator) -> None:
    huawei.revoke(INTL.access_key)
    with pytest.raises(Refused) as told:
        account_of(INTL).check()
    assert told.value.kind is Kind.CREDENTIAL


def test_a_check_of_another_site_says_so(huawei: HuaweiEmulator) -> None:
    findings = connect(keys_of(DEMO["cn"], site="eu")).check()
    (bss,) = (one for one in findings if one.api == "bss")
    assert (bss.is_granted, bss.kind) == (False, Kind.WRONG_SITE)

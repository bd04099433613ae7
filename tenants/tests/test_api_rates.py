"""How often programs may call: each key so often, and whoever shows none that works."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import api_rates, redis_scripts
from tenants.api_views import TenantAPIView
from tenants.ids import random_text
from tenants.models import ApiKey, Tenant
from tenants.scoping import scope
from tenants.services.api_keys import START, check
from tenants.testing import make_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
HOME = "198.51.100.7"
ELSEWHERE = "203.0.113.9"


class Probe(TenantAPIView):
    """Answers."""

    required_scopes = {"read": "bots:read", "write": "bots:write"}

    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [path("api/probe/", Probe.as_view())]


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = settings.API_REFUSALS_PER_MINUTE = 3


def call(key: str = "", address: str = HOME, **more: Any) -> Any:
    shown: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {key}"} if key else {}
    return Client(REMOTE_ADDR=address, **shown, **more).get("/api/probe/")


def guess(address: str = HOME, **more: Any) -> int:
    """Try a key that might be one, and return the answer's status."""
    text = f"{START}_{random_text(10)}_{random_text(32)}"
    return int(call(f"{text}_{check(text)}", address, **more).status_code)


def told(answer: Any) -> list[int]:
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    return [answer.status_code, *(int(answer[name]) for name in names)]


def test_a_key_has_so_many_calls_a_minute(tenant: Tenant) -> None:
    key, other = make_api_key(tenant), make_api_key(tenant)
    assert [told(call(key)) for _time in range(3)] == [
        [200, 3, 2, 20], [200, 3, 1, 40], [200, 3, 0, 60],
    ]  # fmt: skip
    refused = call(key, ELSEWHERE)
    assert (told(refused), refused["Retry-After"]) == ([429, 3, 0, 60], "20")
    assert refused.json()["error"]["code"] == "throttled"
    assert "20 seconds" in refused.json()["error"]["message"]
    assert told(call(other)) == [200, 3, 2, 20]


def test_a_limit_of_none_is_none(tenant: Tenant, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 0
    key = make_api_key(tenant)
    answers = [call(key) for _time in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert not answers[0].has_header("RateLimit-Limit")
    assert [guess() for _time in range(4)] == [401, 401, 401, 429]


def test_a_limit_of_keys_holds_without_one_of_addresses(tenant: Tenant, settings: Any) -> None:
    settings.API_REFUSALS_PER_MINUTE = 0
    key = make_api_key(tenant)
    assert {guess() for _time in range(5)} == {401}
    assert [call(key).status_code for _time in range(4)] == [200, 200, 200, 429]


def test_a_key_has_one_text(tenant: Tenant) -> None:
    rest = make_api_key(tenant).removeprefix(f"{START}_").rpartition("_")[0]
    other = f"x_y_{rest}"
    assert call(f"{other}_{check(other)}").status_code == 401


def test_a_clock_that_is_set_back_locks_nobody_out(tenant: Tenant) -> None:
    key = make_api_key(tenant)
    assert call(key).status_code == 200
    (cell,) = redis_scripts.client().keys("botharbor:{api}:k:*")
    redis_scripts.client().set(cell, float(redis_scripts.client().get(cell)) + 3600_000)
    assert int(call(key)["Retry-After"]) <= 20


def test_keys_cannot_be_tried_fast(tenant: Tenant) -> None:
    in_use, unused = make_api_key(tenant), make_api_key(tenant)
    assert call(in_use).status_code == 200
    assert [guess(), call().status_code, call("nonsense").status_code] == [401, 401, 401]
    with CaptureQueriesContext(connection) as queries:
        assert [guess(), call().status_code] == [429, 429]
    assert not queries.captured_queries
    # even a right guess is not told
    assert call(unused).status_code == 429
    # who is known works on behind the same address, and anybody from elsewhere
    assert call(in_use).status_code == 200
    assert call(unused, ELSEWHERE).status_code == 200


def test_a_key_that_was_revoked_counts_as_none(tenant: Tenant) -> None:
    key = make_api_key(tenant)
    assert call(key).status_code == 200
    with scope(tenant):
        ApiKey.objects.update(revoked_at=timezone.now())
    assert [call(key).status_code for _time in range(3)] == [401, 401, 401]
    with CaptureQueriesContext(connection) as queries:
        assert call(key).status_code == 429
    assert not queries.captured_queries


def test_a_client_has_more_than_one_address_only_in_name() -> None:
    assert [guess("2001:db8:1:2::1") for _time in range(3)] == [401] * 3
    assert guess("2001:db8:1:2:ffff::9") == 429
    assert guess("2001:db8:1:3::1") == 401


def test_what_a_client_says_of_its_address_does_not_count(settings: Any) -> None:
    claims = [f"192.0.2.{number}" for number in range(4)]
    tries = [guess(HTTP_X_FORWARDED_FOR=claim) for claim in claims]
    assert tries == [401, 401, 401, 429]
    # behind our own proxy, which puts the address that it sees last
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    told = [f"{claim}, {ELSEWHERE}" for claim in claims]
    assert [guess("127.0.0.1", HTTP_X_FORWARDED_FOR=one) for one in told] == [401, 401, 401, 429]
    assert guess("127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.77") == 401


def test_without_redis_programs_are_served_all_the_same(
    tenant: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_rates, "_rest", api_rates._Rest())
    key = make_api_key(tenant)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    redis_scripts.client.cache_clear()
    redis_scripts.script.cache_clear()
    try:
        assert {call(key).status_code for _time in range(5)} == {200}
    finally:
        redis_scripts.client.cache_clear()
        redis_scripts.script.cache_clear()

"""How fast the clouds are asked by all tenants and processes together."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.huawei import HuaweiEmulator
from traffic_guard.gateways.cloud import Busy
from traffic_guard.services.accounts import limiter
from traffic_guard.services.accounts.limiter import Turns
from traffic_guard.tests.watched import Watched

USAGES = "POST /v2/payments/free-resources/usages/details/query"
ACTION = "POST /v1/*/cloudservers/action"


class Hours:
    """A clock that goes on only while somebody waits."""

    def __init__(self) -> None:
        self.ms = 1_700_000_000_000
        self.begun = self.ms

    def now_ms(self) -> int:
        return self.ms

    def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return (self.ms - self.begun) / 1000


@pytest.fixture(autouse=True)
def _five_a_second(settings: Any) -> None:
    settings.TRAFFIC_CALLS_PER_SECOND = 5


def _call(turns: Turns, times: int, api: str = "bss", route: str = USAGES) -> None:
    for _time in range(times):
        turns(api, route)


def test_all_accounts_together_make_five_calls_a_second() -> None:
    clock = Hours()
    for _second in range(20):
        for number in range(5):
            _call(Turns("huawei", f"key-{number}", clock), 1)
    # three may come at once
    assert clock.passed == pytest.approx((100 - 3) / 5, abs=0.1)


def test_each_api_and_each_cloud_has_a_limit_of_its_own() -> None:
    clock = Hours()
    for api in ("bss", "ecs", "ces"):
        _call(Turns("huawei", "a", clock), 2, api)
    _call(Turns("tidewater", "a", clock), 2)
    assert clock.passed == 0


def test_one_key_gets_half_of_what_all_share_in_whatever_tenant() -> None:
    clock = Hours()
    for _pair in range(10):
        _call(Turns("huawei", "the same", clock), 2)
    assert clock.passed == pytest.approx((20 - 3) / 2.5, abs=0.1)


def test_a_call_that_would_wait_too_long_is_busy_and_books_nothing() -> None:
    clock = Hours()
    turns = [Turns("huawei", f"key-{number}", _Standing(clock)) for number in range(40)]
    at_once = 3 + round(limiter.LONGEST_WAIT * 5)
    for number in range(at_once):
        _call(turns[number], 1)
    for number in (at_once, at_once + 1):
        with pytest.raises(Busy) as error:
            _call(turns[number], 1)
        assert 2 < error.value.retry_after <= 2.3
        assert error.value.api == ""  # ours: nothing was sent
    # a stop may wait longer than a reading
    _call(turns[-1], 1, "bss", ACTION)


class _Standing(Hours):
    """Somebody else who came at the same moment."""

    def __init__(self, clock: Hours) -> None:
        super().__init__()
        self.ms = clock.ms

    def sleep(self, seconds: float) -> None:
        del seconds


def test_a_429_stops_all_for_as_long_as_it_says_and_slows_them_after() -> None:
    clock = Hours()
    assert limiter.pace("huawei", "bss") == 5
    limiter.slow("huawei", "bss", 5, clock)
    with pytest.raises(Busy):
        _call(Turns("huawei", "a", clock), 1)
    assert limiter.pace("huawei", "bss") == 0
    assert limiter.pace("huawei", "ecs") == 5
    clock.sleep(10)
    begun = clock.passed
    for number in range(11):
        _call(Turns("huawei", f"key-{number}", clock), 1)
    assert clock.passed - begun == pytest.approx((11 - 3) / 2.5, abs=0.1)


def test_a_429_that_a_poll_meets_is_heard_by_all(
    watched: Watched, huawei: HuaweiEmulator, settings: Any
) -> None:
    watched.add_server("web")
    settings.TRAFFIC_CALLS_PER_SECOND = 10_000
    huawei.fault("throttled", service="bss", path="*/usages/*", retry_after=7)
    watched.poll()
    assert limiter.pace("huawei", "bss") == 0
    huawei.fault("throttled", service="ces", retry_after=7)
    huawei.clear_calls()
    watched.forget_calls()
    watched.poll()
    assert (limiter.pace("huawei", "bss"), limiter.pace("huawei", "ces")) == (10_000, 0)
    # its own words are no 429 of the cloud's: nobody is slowed by waiting
    watched.forget_calls()
    limiter.heard("huawei", Busy(3))
    assert limiter.pace("huawei", "bss") == 10_000

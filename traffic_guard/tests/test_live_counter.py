"""The second source: what left a server since its bill last moved."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from emulators.huawei import HuaweiEmulator
from traffic_guard.testing import GB
from traffic_guard.tests.watched import Watched

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _web(watched: Watched) -> None:
    """It sends 4 GB an hour; an hour is billed an hour after its end."""
    watched.add_server("web", left_gb=500, gb_per_hour=4)


def test_what_was_sent_since_the_bill_moved_comes_off_the_rest(watched: Watched) -> None:
    for _poll in range(12):  # until a quarter past
        watched.poll()
        watched.passes(minutes=15)
    standing = watched.standing()
    # three more hours are billed since; the last of them ended an hour and a quarter ago
    assert standing.remaining == 488 * GB
    assert standing.live_remaining == pytest.approx(483 * GB)
    assert standing.percent_left == pytest.approx(48.3)
    server = watched.server()
    assert (server.remaining_bytes, server.live_remaining_bytes) == (
        standing.remaining,
        standing.live_remaining,
    )


def test_the_first_look_goes_back_a_week_and_later_ones_a_few_hours(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.poll()
    hours = watched.hours()
    assert len(hours) in {168, 169}
    assert set(list(hours.values())[1:-1]) == {4}
    watched.passes(hours=1)
    huawei.clear_calls()
    watched.poll()
    (call,) = huawei.calls("ces")
    assert watched.now.timestamp() * 1000 - json.loads(call["body"])["from"] <= 4 * 3600 * 1000
    # the hour that was running is whole now
    assert list(watched.hours().values())[-2] == 4


def test_an_hour_without_a_figure_is_no_zero(watched: Watched, huawei: HuaweiEmulator) -> None:
    """A running server of which the counter says nothing has no live figure."""
    watched.poll()
    huawei.fault("status", service="ces", status=500, times=0)
    watched.passes(hours=5)
    watched.poll()
    assert watched.standing().live_remaining is None
    assert watched.standing().percent_left == pytest.approx(48, abs=1)


def test_a_server_that_is_off_keeps_its_live_figure(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.poll()
    huawei.switch("web", is_on=False)
    watched.passes(hours=6)
    watched.poll()
    standing = watched.standing()
    assert standing.live_remaining is not None
    assert not any(hour > watched.now - 5 * HOUR for hour in watched.hours())


def test_what_was_sent_before_the_reset_does_not_come_off_the_new_cycle(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    huawei.end_cycle("web", 5400)  # at the full hour
    huawei.use("web", 300)
    watched.poll()
    watched.passes(minutes=100)
    watched.poll()
    standing = watched.standing()
    assert standing.remaining == 1000 * GB
    assert standing.live_remaining == pytest.approx(1000 * GB - watched.emulator.sent("web", 600))


def test_the_counter_of_a_server_that_is_off_is_left_alone(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.poll()
    huawei.switch("web", is_on=False)
    for _poll in range(3):
        watched.passes(hours=2)
        watched.poll()
    assert len(huawei.calls("ces")) == 2
    huawei.switch("web", is_on=True)
    watched.passes(hours=2)
    watched.poll()
    assert len(huawei.calls("ces")) == 3
    assert len([hour for hour in watched.hours() if hour > watched.now - 3 * HOUR]) == 3

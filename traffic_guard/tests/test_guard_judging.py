"""The judge alone: what confirms a rest below, and that nothing unknown ever calls for a stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from traffic_guard.services.guarding.judging import Case, Sample, judge
from traffic_guard.services.readings.judging import Trouble

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
END = NOW + timedelta(days=10)
TOTAL, LIMIT = 1000, 50


def sample(minutes_ago: float, left: int, **changes: Any) -> Sample:
    at = NOW - timedelta(minutes=minutes_ago)
    return replace(Sample(at, left, TOTAL, END), **changes)


def case(*samples: Sample, **changes: Any) -> Case:
    values: dict[str, Any] = {"trouble": "", "threshold": LIMIT, "power_at": NOW, **changes}
    return Case(NOW, samples, **values)


LOW = (sample(0, 40), sample(15, 45))


@pytest.mark.parametrize(
    ("samples", "changes", "verdict", "basis"),
    [
        (LOW, {}, "stop", "two_readings"),
        ((sample(0, 50), sample(15, 50)), {}, "stop", "two_readings"),
        ((sample(0, 40),), {}, "unconfirmed", ""),
        ((sample(0, 40), sample(15, 60)), {}, "unconfirmed", ""),
        # the same poll twice is one reading
        ((sample(0, 40), sample(0, 40)), {}, "unconfirmed", ""),
        # the second one is too old to confirm anything, or of the cycle before
        ((sample(0, 40), sample(200, 45)), {}, "unconfirmed", ""),
        (
            (sample(0, 40), sample(15, 45, cycle_end=NOW - timedelta(minutes=1))),
            {},
            "unconfirmed",
            "",
        ),
        # the live counter, taken off the bill before, is a second source
        ((sample(0, 40), sample(15, 60)), {"counted_left": 45}, "stop", "live"),
        ((sample(0, 40), sample(15, 60)), {"counted_left": 55}, "unconfirmed", ""),
        # what it says of the newest bill is not, since it begins with that
        ((sample(0, 40), sample(15, 60)), {"live_left": 30}, "unconfirmed", ""),
        # nor does it replace the bill
        ((sample(0, 60), sample(15, 60)), {"live_left": 30, "counted_left": 30}, "live_only", ""),
        # nothing left needs only a server that was just seen to run
        ((sample(0, 0),), {}, "stop", "exhausted"),
        ((sample(0, 0),), {"power_at": NOW - timedelta(minutes=40)}, "unconfirmed", ""),
        ((sample(0, 51), sample(15, 40)), {}, "above", ""),
    ],
)
def test_a_rest_below_is_confirmed_by_a_second_reading_or_a_second_source(
    samples: tuple[Sample, ...], changes: dict[str, Any], verdict: str, basis: str
) -> None:
    found = judge(case(*samples, **changes))
    assert (found.verdict, found.basis) == (verdict, basis)


@pytest.mark.parametrize("trouble", [one for one in Trouble if one])
def test_no_trouble_ever_stops_a_server_however_little_it_had(trouble: str) -> None:
    found = judge(case(*LOW, trouble=trouble))
    assert found.verdict in {"unknown", "no_package", "cycle_over"}
    assert not found.is_stop


@pytest.mark.parametrize(
    ("samples", "changes", "verdict"),
    [
        ((), {}, "unknown"),
        ((sample(181, 40), sample(196, 40)), {}, "unknown"),
        ((sample(-1, 40), sample(15, 40)), {}, "unknown"),
        ((sample(0, 40, total=0), sample(15, 40)), {}, "unknown"),
        ((sample(0, 40, cycle_end=NOW), sample(15, 40, cycle_end=NOW)), {}, "cycle_over"),
        (LOW, {"threshold": None}, "no_threshold"),
        # a threshold for large packages says nothing of a small one
        (LOW, {"threshold": TOTAL}, "threshold_too_high"),
        (LOW, {"power": "gone"}, "gone"),
        (LOW, {"power": "unknown"}, "power_unknown"),
        (LOW, {"power_at": None}, "power_unknown"),
        (LOW, {"power": "other"}, "not_running"),
        (LOW, {"power": "starting"}, "not_running"),
        (LOW, {"power": "rebooting"}, "not_running"),
        (LOW, {"power": "stopped"}, "already_off"),
        (LOW, {"power": "stopping"}, "already_off"),
        (LOW, {"power": "stopped", "is_kept_off": True}, "kept_off"),
        (LOW, {"objection": "protected"}, "protected"),
        (LOW, {"history": "restarted"}, "restarted"),
        # what nobody can stop is not said to be protected
        (LOW, {"power": "stopped", "objection": "protected"}, "already_off"),
    ],
)
def test_what_is_missing_late_odd_or_off_is_not_stopped(
    samples: tuple[Sample, ...], changes: dict[str, Any], verdict: str
) -> None:
    assert judge(case(*samples, **changes)).verdict == verdict


def test_an_empty_package_that_is_unknown_is_no_empty_package() -> None:
    assert not judge(case(sample(0, 0), sample(15, 0), trouble=Trouble.MISSING)).is_stop

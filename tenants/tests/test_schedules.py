"""When a wish may act: days and hours on the tenant's clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tenants import schedules

TAIPEI, PARIS = ZoneInfo("Asia/Taipei"), ZoneInfo("Europe/Paris")
WORK = {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "18:00"}
NIGHT = {"days": [4], "from": "22:00", "to": "06:00"}


def at(text: str, zone: ZoneInfo = TAIPEI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("schedule", "moment", "is_open"),
    [
        ({}, "2027-03-06T03:00", True),
        (WORK, "2027-03-05T09:00", True),  # a Friday
        (WORK, "2027-03-05T08:59:59", False),
        (WORK, "2027-03-05T17:59:59", True),
        (WORK, "2027-03-05T18:00", False),
        (WORK, "2027-03-06T12:00", False),
        (NIGHT, "2027-03-05T22:00", True),
        (NIGHT, "2027-03-06T05:59", True),
        (NIGHT, "2027-03-06T06:00", False),
        (NIGHT, "2027-03-06T22:00", False),
        (NIGHT, "2027-03-05T05:59", False),
        ({"days": [5]}, "2027-03-06T00:00", True),
        ({"days": [5]}, "2027-03-07T00:00", False),
        ({"from": "09:00", "to": "09:00"}, "2027-03-07T08:00", True),
        ({"days": []}, "2027-03-07T08:00", True),
    ],
)
def test_open_and_closed(schedule: dict[str, Any], moment: str, *, is_open: bool) -> None:
    assert schedules.is_open(schedule, TAIPEI, at(moment)) is is_open
    # the same moment, said by another clock
    assert schedules.is_open(schedule, TAIPEI, at(moment).astimezone(PARIS)) is is_open


@pytest.mark.parametrize(
    ("schedule", "moment", "opens"),
    [
        (WORK, "2027-03-05T10:00", "2027-03-05T10:00"),
        (WORK, "2027-03-05T18:00", "2027-03-08T09:00"),
        (WORK, "2027-03-05T07:00", "2027-03-05T09:00"),
        (NIGHT, "2027-03-06T06:00", "2027-03-12T22:00"),
        ({"days": [5]}, "2027-03-07T00:00", "2027-03-13T00:00"),
    ],
)
def test_it_opens_next(schedule: dict[str, Any], moment: str, opens: str) -> None:
    found = schedules.next_open(schedule, TAIPEI, at(moment))
    assert found == at(opens)
    assert schedules.is_open(schedule, TAIPEI, found)


def test_it_opens_though_the_clocks_skip_its_hour() -> None:
    schedule = {"from": "02:30", "to": "05:00"}
    night = at("2027-03-28T01:00", PARIS)
    found = schedules.next_open(schedule, PARIS, night)
    assert found > night
    assert schedules.is_open(schedule, PARIS, found)


@pytest.mark.parametrize(
    "schedule",
    [
        [],
        "always",
        {"hours": "9-5"},
        {"days": [7]},
        {"days": [True]},
        {"days": "0"},
        {"days": None},
        {"from": "9"},
        {"from": "09:00:00"},
        {"from": "09:00+02:00"},
        {"from": "24:00"},
        {"to": 900},
        {"to": None},
        {"to": "0９:00"},
    ],
)
def test_what_is_no_schedule(schedule: Any) -> None:
    assert schedules.problem(schedule)


@pytest.mark.parametrize("schedule", [{}, WORK, NIGHT, {"from": "", "to": "23:59"}, {"days": []}])
def test_what_is_one(schedule: Any) -> None:
    assert not schedules.problem(schedule)

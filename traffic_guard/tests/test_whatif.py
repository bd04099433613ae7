"""Stored readings replayed with the guard's own judge against another threshold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import OutboundHour, Package, Reading, Server
from traffic_guard.services.guarding import whatif
from traffic_guard.services.guarding.whatif import WhatIf
from traffic_guard.testing import GB, make_account, make_package, make_server

pytestmark = pytest.mark.django_db

START = datetime(2026, 5, 1, 16, tzinfo=UTC)
END = START + timedelta(days=30)
HOUR = timedelta(hours=1)


@pytest.fixture
def server(tenant: Tenant) -> Server:
    """A server that used 2 GB an hour of 1,000 GB, read each hour: empty after 500 hours."""
    made = make_server(make_account(tenant))
    package = make_package(made, left=0, cycle_start=START, cycle_end=END, read_at=None)
    with scope(tenant):
        Reading.objects.all().delete()
        Reading.objects.bulk_create(_reading(package, hour) for hour in range(720))
        OutboundHour.objects.bulk_create(
            OutboundHour(tenant=tenant, server=made, hour=START + hour * HOUR, sent_bytes=2 * GB)
            for hour in range(720)
        )
    return made


def _reading(package: Package, hour: int) -> Reading:
    return Reading(
        tenant_id=package.tenant_id,
        package=package,
        at=START + hour * HOUR,
        remaining_bytes=max(1000 - 2 * hour, 0) * GB,
        total_bytes=1000 * GB,
        raw_amount="",
        unit_id="10",
        cycle_start=START,
        cycle_end=END,
    )


def replay(server: Server, **terms: object) -> WhatIf:
    with scope(server.tenant_id):
        return whatif.replay(server, since=START, until=END, **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("terms", "hour"),
    [
        ({"threshold_percent": 5.0}, 475),
        ({"threshold_bytes": 100 * GB}, 450),
        ({"threshold_bytes": 100 * GB, "threshold_percent": 20.0}, 400),
        # the policy as it is: 5 %
        ({}, 475),
    ],
)
def test_it_says_when_it_would_have_stopped_and_for_how_long(
    server: Server, terms: dict[str, object], hour: int
) -> None:
    found = replay(server, grace=timedelta(minutes=30), **terms)
    (stop,) = found.stops
    assert (found.readings, found.least) == (720, 0)
    # the live counter confirms the first reading below
    assert (stop.decided_at, stop.basis) == (START + hour * HOUR, "live")
    assert stop.stopped_at == stop.decided_at + timedelta(minutes=30)
    assert stop.off_for == END - stop.stopped_at
    # 220 hours at 2 GB were sent with nothing left
    assert stop.excess_avoided == 440 * GB


def test_a_grace_period_too_long_lets_some_of_the_excess_through(server: Server) -> None:
    (stop,) = replay(server, threshold_percent=5.0, grace=timedelta(hours=35)).stops
    assert stop.left_at_stop == 0
    assert stop.excess_avoided == 210 * 2 * GB


def test_without_the_counter_a_second_reading_is_needed_and_the_excess_is_unknown(
    server: Server,
) -> None:
    with scope(server.tenant_id):
        OutboundHour.objects.all().delete()
    (stop,) = replay(server, threshold_percent=5.0, grace=timedelta(0)).stops
    assert (stop.decided_at, stop.basis) == (START + 476 * HOUR, "two_readings")
    assert stop.excess_avoided is None


def test_a_top_up_within_the_grace_period_saves_it(server: Server) -> None:
    with scope(server.tenant_id):
        later = Reading.objects.filter(at__gt=START + 476 * HOUR)
        later.update(remaining_bytes=900 * GB)
    assert replay(server, threshold_percent=5.0, grace=timedelta(hours=4)).stops == ()
    found = replay(server, threshold_percent=5.0, grace=timedelta(minutes=30))
    assert [one.excess_avoided for one in found.stops] == [0]


def test_old_readings_of_one_a_day_still_confirm_each_other(server: Server) -> None:
    with scope(server.tenant_id):
        OutboundHour.objects.all().delete()
        for reading in Reading.objects.all():
            if reading.at.hour != 16:
                reading.delete()
    (stop,) = replay(server, threshold_percent=5.0, grace=timedelta(0)).stops
    assert stop.decided_at == START + 504 * HOUR


def test_nothing_read_is_nothing_replayed(tenant: Tenant) -> None:
    found = replay(make_server(make_account(tenant)))
    assert (found.readings, found.stops, found.least) == (0, (), None)

"""What was read is kept, thinned with age, filled in for what was before, and shown as series."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulators.huawei import HuaweiEmulator
from tenants import leases
from tenants.scoping import scope
from traffic_guard.models import OutboundHour, Package, Reading, Server
from traffic_guard.services.readings import backfill, history, retention
from traffic_guard.tasks import readings as tasks
from traffic_guard.testing import GB
from traffic_guard.tests.watched import Watched

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def _series(watched: Watched, name: str = "web") -> list[float]:
    with scope(watched.tenant):
        server = Server.objects.get(name=name)
        found = history.readings(server, watched.now - 100 * DAY, watched.now)
        return [round(point.remaining / GB, 2) for point in found]


# --- Thinned


def test_readings_are_thinned_to_one_an_hour_and_then_one_a_day(
    watched: Watched, settings: Any
) -> None:
    settings.TRAFFIC_RAW_DAYS, settings.TRAFFIC_HOURLY_DAYS = 2, 10
    settings.TRAFFIC_HISTORY_DAYS = 30
    watched.add_server("web")
    watched.poll()
    package, midnight = watched.package(), watched.now.replace(hour=0, minute=0)
    with scope(watched.tenant):
        Reading.objects.all().delete()
        OutboundHour.objects.all().delete()
        for age in (1, 5, 20, 40):
            for minutes in (0, 15, 30, 45, 70):
                at = midnight - age * DAY + 9 * HOUR + minutes * MINUTE
                _read(package, at, 1000 - minutes)
            OutboundHour.objects.create(
                tenant=watched.tenant,
                server=watched.server(),
                hour=midnight - age * DAY,
                sent_bytes=1,
            )
    retention.thin(watched.now)
    retention.thin(watched.now)
    with scope(watched.tenant):
        kept = Reading.objects.order_by("at").values_list("grain", "remaining_bytes")
        assert [(grain, size // GB) for grain, size in kept] == [
            ("day", 930),
            ("hour", 955),
            ("hour", 930),
            *(("raw", 1000 - minutes) for minutes in (0, 15, 30, 45, 70)),
        ]
        ages = {(midnight - row.hour).days for row in OutboundHour.objects.all()}
        assert ages == {1, 5}


def test_what_a_cycle_ended_with_stays(watched: Watched, settings: Any) -> None:
    settings.TRAFFIC_RAW_DAYS = 1
    watched.add_server("web")
    watched.poll()
    package, reset = watched.package(), watched.now.replace(minute=20) - 3 * DAY
    with scope(watched.tenant):
        Reading.objects.all().delete()
        for minutes, left in ((-15, 9), (-5, 7), (10, 1000), (25, 999)):
            end = reset if minutes < 0 else reset + 30 * DAY
            _read(package, reset + minutes * MINUTE, left, cycle_end=end)
    retention.thin(watched.now)
    assert watched.readings() == [7, 999]


def test_one_process_thins_at_a_time(watched: Watched, settings: Any) -> None:
    settings.TRAFFIC_RAW_DAYS = 0
    watched.add_server("web")
    watched.poll()
    watched.passes(hours=2)
    assert leases.take(retention.LEASE, "another", seconds=60)
    retention.thin(watched.now)
    with scope(watched.tenant):
        assert Reading.objects.get().grain == "raw"


def _read(package: Package, at: Any, left: float, **fields: Any) -> Reading:
    values = {"cycle_start": package.cycle_start, "cycle_end": package.cycle_end, **fields}
    made: Reading = Reading.objects.create(
        tenant_id=package.tenant_id,
        package=package,
        at=at,
        remaining_bytes=int(left * GB),
        total_bytes=1000 * GB,
        raw_amount=str(left),
        unit_id="10",
        **values,
    )
    return made


# --- Filled in


def test_a_new_accounts_past_comes_from_the_log_of_deductions(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.add_server("web", left_gb=None, gb_per_hour=1, age_days=12)
    watched.poll()
    assert len(watched.readings()) == 1
    tasks.fill_due()
    readings = watched.readings()
    assert len(readings) > 250
    assert readings == sorted(readings, reverse=True)
    assert readings[0] == pytest.approx(999, abs=1)
    # once for each package
    huawei.clear_calls()
    watched.passes(minutes=15)
    tasks.fill_due()
    assert huawei.calls("bss", "*records*") == []


def test_cycles_before_the_running_one_are_told_apart(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.add_server("web", left_gb=None, gb_per_hour=1, age_days=40)
    watched.poll()
    tasks.fill_due()
    with scope(watched.tenant):
        ends = list(Reading.objects.order_by("cycle_end").values_list("cycle_end").distinct())
    assert len(ends) == 2
    assert ends[1][0] == watched.package().cycle_end


@pytest.mark.parametrize("kind", ["drop", "throttled", "status"])
def test_a_past_that_cannot_be_had_is_asked_for_later(
    watched: Watched, huawei: HuaweiEmulator, kind: str
) -> None:
    watched.add_server("web", left_gb=None, gb_per_hour=1)
    watched.poll()
    huawei.fault(kind, service="bss", path="*records*", status=429 if kind == "throttled" else 403)
    tasks.fill_due()
    assert len(watched.readings()) == 1
    later = watched.package().backfill_at
    assert later is not None
    assert later > watched.now
    watched.forget_calls()
    watched.passes(hours=7)
    tasks.fill_due()
    assert len(watched.readings()) > 100


def test_of_two_workers_one_fills_in(watched: Watched) -> None:
    watched.add_server("web", left_gb=None, gb_per_hour=1)
    watched.poll()
    pk = watched.package().pk
    with scope(watched.tenant, transaction=False):
        assert backfill.fill(pk, watched.now)
        assert not backfill.fill(pk, watched.now)


# --- Series


def test_a_servers_series_goes_on_over_a_renewal(watched: Watched, huawei: HuaweiEmulator) -> None:
    watched.add_server("web")
    watched.poll()
    huawei.renew("web")
    huawei.set_remaining("web", 480)
    watched.passes(minutes=15)
    watched.poll()
    assert _series(watched) == [500, 480]


def test_a_moment_at_which_one_of_several_packages_was_missing_has_no_sum(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.add_server("web")
    second = huawei.add_second_package("web", 200)
    watched.add_package(watched.server(), second.id)
    for number in range(3):
        if number == 1:
            huawei.lose(second.id)
        watched.poll()
        watched.passes(minutes=15)
    assert _series(watched) == [700, 700]
    assert len(watched.readings()) == 5

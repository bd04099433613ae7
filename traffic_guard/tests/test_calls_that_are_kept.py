"""What people said holds to its end: however the cloud moves its dates, and whoever asks again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenants.scoping import scope
from traffic_guard.models import Package
from traffic_guard.services.guarding import planning, protecting
from traffic_guard.services.readings import backfill
from traffic_guard.testing import TESTER, make_account, make_server
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


def test_a_cycle_that_was_skipped_is_skipped_though_the_cloud_names_another_end(
    guarded: Guarded,
) -> None:
    guarded.add_server()
    (plan,) = guarded.runs_low()
    with scope(guarded.tenant):
        planning.skip_cycle(plan, by=TESTER, now=guarded.now)
    # a day less: the plan was changed at the cloud
    left = (plan.cycle_end - guarded.now - timedelta(days=1)).total_seconds()
    guarded.emulator.end_cycle("web", left)
    guarded.emulator.set_remaining("web", 20)
    for _poll in range(3):
        guarded.passes(minutes=15)
        assert guarded.look() == []
    assert guarded.server().verdict == "skipped"


def test_why_a_server_stays_off_is_one_entry_of_the_log_however_often_it_is_looked_at(
    guarded: Guarded,
) -> None:
    guarded.add_server()
    guarded.emulator.end_cycle("web", 2 * 3600)
    guarded.runs_low()
    guarded.grace_passes()
    guarded.policy(resume_at_reset=False)
    guarded.passes(hours=2)
    for _look in range(4):
        guarded.look()
        guarded.resume()
        guarded.passes(minutes=15)
    assert guarded.log().count("resume_waits") == 1
    assert guarded.log()[-3:].count("kept_off") <= 2


def test_what_was_booked_before_is_no_second_reading(guarded: Guarded) -> None:
    """A new account is below at its first poll: its past is for charts, and confirms nothing."""
    guarded.add_server(gb_per_hour=3, left_gb=20)
    guarded.look()
    with scope(guarded.tenant):
        package = Package.objects.get()
    with scope(guarded.tenant, transaction=False):
        assert backfill.fill(package.pk, guarded.now)
    assert len(guarded.readings()) > 2
    assert guarded.evaluate() == []
    assert guarded.server().verdict == "unconfirmed"


def test_a_server_that_is_protected_is_so_in_every_account_that_shows_it(
    guarded: Guarded,
) -> None:
    """The same account of the cloud, linked again with other keys, must not stop it."""
    server = guarded.add_server()
    keys = guarded.emulator.add_keys(guarded.domain_id)
    twin = make_account(
        guarded.tenant,
        name="again",
        site=keys.site,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
        domain_id=keys.domain_id,
    )
    with scope(guarded.tenant):
        same = make_server(twin, "same", cloud_id=server.cloud_id, project_id=server.project_id)
        protecting.protect(same, on=True, by=TESTER, now=guarded.now)
    assert guarded.runs_low() == []
    assert guarded.server().verdict == "protected"

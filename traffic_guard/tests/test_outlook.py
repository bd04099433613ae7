"""What people are told will happen at the threshold is what the guard will do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenants.scoping import scope
from traffic_guard.services.telling import facts, outlook
from traffic_guard.testing import GB
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


def said(guarded: Guarded) -> str:
    """Return the sentence that alerts and pages show of `web`."""
    with scope(guarded.tenant):
        frame = facts.frame_of(guarded.tenant.pk, guarded.now)
        server = guarded.server()
        return outlook.words(facts.of([server], frame)[server.pk])


def test_in_the_first_cycle_nobody_is_told_that_it_will_be_stopped(guarded: Guarded) -> None:
    guarded.policy(dry_run="first")
    guarded.add_server()
    guarded.look()
    assert said(guarded).startswith("Dry run:")
    end = guarded.server().cycle_end
    assert end is not None
    guarded.passes(seconds=(end - guarded.now + timedelta(minutes=15)).total_seconds())
    guarded.look()
    assert said(guarded).startswith("When less than 50")


def test_a_threshold_that_is_never_acted_upon_is_not_promised(guarded: Guarded) -> None:
    guarded.policy(threshold_bytes=20 * GB)
    guarded.add_server(total_gb=10, left_gb=9)
    guarded.look()
    assert guarded.server().verdict == "threshold_too_high"
    assert said(guarded) == "Nothing is stopped: its threshold is not below its whole package."

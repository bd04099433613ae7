"""Billed figures are read in time, whatever the sources beside them do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenants.scoping import scope
from traffic_guard.services.accounts import limiter
from traffic_guard.services.policies import intervals
from traffic_guard.services.readings import turns
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("api", "is_read"), [("ces", True), ("ecs", True), ("bss", False)])
def test_an_api_that_rests_keeps_no_account_from_being_read_but_billing(
    guarded: Guarded, api: str, *, is_read: bool
) -> None:
    guarded.add_server()
    limiter.slow("huawei", api, 3600)
    due = turns.due(guarded.now, turns.capacity("huawei", 5), "huawei")
    assert due == ([(guarded.tenant.pk, guarded.account.pk)] if is_read else [])


def test_an_account_is_read_before_its_figures_are_too_old(guarded: Guarded) -> None:
    """Else each wait would be told of as "unknown", and each reading as "known again"."""
    guarded.add_server()
    guarded.look()
    guarded.policy(interval_minutes=720, max_age_minutes=180)
    with scope(guarded.tenant):
        assert intervals.of_account(guarded.account, guarded.now) < timedelta(minutes=180)

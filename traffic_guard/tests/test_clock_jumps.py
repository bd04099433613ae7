"""This machine's clock went wrong by a day and was set right: the guard goes on at once."""

from __future__ import annotations

import pytest

from traffic_guard.services.guarding import evaluating
from traffic_guard.services.readings import polling
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


@pytest.fixture
def set_back(guarded: Guarded) -> Guarded:
    """An account that was read and judged by a clock a day ahead."""
    guarded.add_server()
    guarded.passes(days=1)
    guarded.look()
    guarded.passes(days=-1)
    return guarded


def test_an_account_is_read_again_though_its_turn_is_a_day_ahead(set_back: Guarded) -> None:
    key = (set_back.tenant.pk, set_back.account.pk)
    assert polling.due(set_back.now, 10) == [key]
    with set_back.inside():
        assert polling.poll(set_back.account.pk, set_back.now) is not None
    # once: it waits for its next turn like any other
    assert polling.due(set_back.now, 10) == []


def test_what_was_read_by_the_wrong_clock_is_judged_anew_and_stops_nothing(
    set_back: Guarded,
) -> None:
    key = (set_back.tenant.pk, set_back.account.pk)
    assert evaluating.due(set_back.now, 10) == [key]
    assert set_back.evaluate() == []
    assert set_back.server().verdict == "unknown"

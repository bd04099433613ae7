"""Servers of one account in several regions: trouble in one region is no other region's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tenants.scoping import scope
from traffic_guard.models import Account, Server
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db

Harm = Callable[[Guarded], Any]


def no_project(guarded: Guarded) -> None:
    """Config listed a plan without its project."""
    change(guarded, project_id="")


def closed_region(guarded: Guarded) -> None:
    """The region answers nothing: nobody has heard of its project."""
    change(guarded, project_id="ffffffffffff")


def odd_region(guarded: Guarded) -> None:
    """The region is none."""
    change(guarded, region="?")


def change(guarded: Guarded, **values: str) -> None:
    with scope(guarded.tenant):
        Server.objects.filter(name="far").update(**values)


@pytest.fixture
def two(guarded: Guarded) -> Guarded:
    """`far` in a region of its own, and `web`; both run low and are planned to be stopped."""
    guarded.add_server("far")
    guarded.add_server("web")
    guarded.emulator.set_remaining("far", 10)
    assert len(guarded.runs_low()) == 2
    return guarded


@pytest.mark.parametrize("harm", [no_project, closed_region, odd_region])
def test_a_stop_does_not_wait_for_a_region_that_does_not_answer(two: Guarded, harm: Harm) -> None:
    harm(two)
    two.grace_passes()
    two.ticks(minutes=2)
    assert two.power("web") == "SHUTOFF"
    assert two.states("web") == ["stop done"]
    assert two.power("far") == "ACTIVE"


@pytest.mark.parametrize("harm", [no_project, closed_region, odd_region])
def test_a_stop_by_hand_does_not_either_and_no_account_is_broken_by_it(
    two: Guarded, harm: Harm
) -> None:
    harm(two)
    two.ask(two.server("far"), two.server("web"))
    two.ticks(minutes=2)
    assert two.states("web") == ["stop done"]
    assert two.fetch().state == Account.State.READY
    two.ticks(seconds=60, minutes=12)
    assert two.states("far")[0].startswith("stop refused")
    assert two.fetch().state == Account.State.READY


def test_what_was_sent_is_proved_while_another_region_does_not_answer(two: Guarded) -> None:
    two.passes(minutes=30)
    two.tick()
    assert (two.states("far"), two.states("web")) == (["stop sent"], ["stop sent"])
    closed_region(two)
    two.ticks(minutes=2)
    assert two.states("web") == ["stop done"]

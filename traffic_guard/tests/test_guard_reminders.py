"""Stops that wait for somebody's word are not forgotten: people are reminded while it is so."""

from __future__ import annotations

import pytest

from bots.models import Bot
from bots.testing import Someone
from tenants.scoping import scope
from traffic_guard.models import Preferences
from traffic_guard.services.guarding import planning
from traffic_guard.testing import TESTER
from traffic_guard.tests.guarded import Guarded, Killed, dying
from traffic_guard.tests.planned import posts


@pytest.fixture
def held(guarded: Guarded, bot: Bot, oscar: Someone) -> Guarded:
    """One stop a run: `web` is stopped, `next` waits for a word since half an hour."""
    del bot, oscar
    with scope(guarded.tenant):
        Preferences.objects.create(tenant=guarded.tenant, stops_per_run=1)
    for name, left in (("web", 10), ("next", 20)):
        guarded.add_server(name, left_gb=left)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    guarded.grace_passes()
    assert (guarded.power("web"), guarded.plans("next")) == ("SHUTOFF", ["held"])
    return guarded


def _reminders(bot: Bot, oscar: Someone) -> int:
    """Return how many messages ask for a word anew; the first time it stood in the plans' own."""
    return sum("next is to be stopped" in one.params["text"] for one in posts(bot, oscar))


def test_it_is_said_again_after_an_hour_and_then_once_a_day(
    held: Guarded, bot: Bot, oscar: Someone
) -> None:
    held.ticks(minutes=27, seconds=540)
    assert _reminders(bot, oscar) == 0
    held.ticks(minutes=6, seconds=180)
    assert _reminders(bot, oscar) == 1
    assert "next is to be stopped: still waits" in posts(bot, oscar)[-1].params["text"]
    for day in range(3):
        held.passes(hours=23)
        held.tick()
        assert _reminders(bot, oscar) == 1 + day
        held.passes(hours=1)
        held.tick()
        assert _reminders(bot, oscar) == 2 + day
    assert held.log("next").count("reminded") == 4
    assert held.power("next") == "ACTIVE"


def test_who_puts_it_off_is_reminded_no_sooner_than_then(
    held: Guarded, bot: Bot, oscar: Someone
) -> None:
    with scope(held.tenant):
        planning.postpone(held.plan(), by=TESTER, now=held.now, hours=12)
    held.passes(hours=11)
    held.tick()
    assert _reminders(bot, oscar) == 0
    held.passes(hours=1)
    held.tick()
    assert _reminders(bot, oscar) == 1


def test_a_worker_that_dies_leaves_the_reminder_to_the_next_one(
    held: Guarded, bot: Bot, oscar: Someone
) -> None:
    held.passes(minutes=30)
    with pytest.raises(Killed):
        held.execute(dying("usages", after=True))
    assert _reminders(bot, oscar) == 0
    held.ticks(minutes=6, seconds=60)
    assert _reminders(bot, oscar) == 1


def test_what_is_no_longer_so_is_given_up_and_not_said_again(
    held: Guarded, bot: Bot, oscar: Someone
) -> None:
    held.emulator.set_remaining("next", 900)
    held.passes(minutes=30)
    held.tick()
    assert held.plans("next") == ["dropped above"]
    for hours in (1, 24):
        held.passes(hours=hours)
        held.tick()
    assert _reminders(bot, oscar) == 0


def test_who_answered_is_not_reminded(held: Guarded, bot: Bot, oscar: Someone) -> None:
    with scope(held.tenant):
        planning.skip_cycle(held.plan(), by=TESTER, now=held.now)
    for hours in (1, 24):
        held.passes(hours=hours)
        held.tick()
    assert _reminders(bot, oscar) == 0


def test_while_the_cloud_is_silent_it_still_waits(held: Guarded, bot: Bot, oscar: Someone) -> None:
    held.emulator.fault("html", times=0)
    held.ticks(minutes=33, seconds=180)
    assert (_reminders(bot, oscar), held.plans("next")) == (1, ["held"])

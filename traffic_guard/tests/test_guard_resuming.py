"""The reset: only what the guard stopped is started, and only on proof of new quota."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from bots.models import Bot
from bots.testing import Someone
from tenants.scoping import scope
from traffic_guard.gateways.cloud import CloudProvider, LiveServer, Place
from traffic_guard.models import Account, Preferences, Server
from traffic_guard.services.accounts import access
from traffic_guard.tests.chatting import key_like, sent_to
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.planned import posts

pytestmark = pytest.mark.django_db


def stopped(guarded: Guarded, **plan: Any) -> None:
    """Have a server that the guard stopped an hour before its reset."""
    guarded.add_server(**plan)
    guarded.emulator.end_cycle("web", 2 * 3600)
    guarded.runs_low()
    guarded.grace_passes()
    assert guarded.power() == "SHUTOFF"


def resets(guarded: Guarded) -> None:
    """Let the cycle end, and a quarter of an hour pass."""
    end = guarded.server().cycle_end
    assert end is not None
    guarded.passes(seconds=(end - guarded.now).total_seconds() + 900)


def acts(guarded: Guarded) -> None:
    """Poll, resume, and let what was sent be proved."""
    guarded.look()
    guarded.resume()
    guarded.tick()
    guarded.ticks(minutes=1)


def test_what_the_guard_stopped_is_started_after_the_reset(guarded: Guarded) -> None:
    stopped(guarded)
    end = guarded.server().cycle_end
    assert end is not None
    # too early: figures still move around the reset
    guarded.passes(seconds=(end - guarded.now).total_seconds() + 300)
    acts(guarded)
    assert guarded.power() == "SHUTOFF"
    guarded.passes(minutes=5)
    # the new cycle shows quota, but nobody has read it after the time
    acts(guarded)
    assert guarded.states() == ["stop done", "start done"]
    assert (guarded.power(), guarded.server().kept_off_by_id) == ("ACTIVE", None)
    assert guarded.log()[-4:] == ["resuming", "sent", "done", "resumed"]
    assert len(guarded.calls("start")) == 1
    # once
    guarded.passes(minutes=15)
    acts(guarded)
    assert len(guarded.calls("start")) == 1


def test_no_reading_of_the_new_cycle_no_start(guarded: Guarded) -> None:
    stopped(guarded)
    resets(guarded)
    guarded.resume()
    guarded.emulator.lose("web", 3)
    acts(guarded)
    assert (guarded.power(), guarded.calls("start")) == ("SHUTOFF", [])
    assert guarded.log().count("resume_waits") >= 1


def switched_by_hand(guarded: Guarded) -> None:
    guarded.emulator.switch("web", is_on=True)
    guarded.passes(minutes=1)
    guarded.look()
    guarded.emulator.switch("web", is_on=False)


def switched_between_two_polls(guarded: Guarded) -> None:
    guarded.passes(minutes=5)
    guarded.emulator.switch("web", is_on=True)
    guarded.passes(minutes=5)
    guarded.emulator.switch("web", is_on=False)


def asked_to_be_off(guarded: Guarded) -> None:
    guarded.ask(guarded.server(), key="off")
    guarded.tick()


def halted(guarded: Guarded) -> None:
    with scope(guarded.tenant):
        Account.objects.update(halted_for="frozen")


def empty(guarded: Guarded) -> None:
    resets(guarded)
    guarded.emulator.set_remaining("web", 30)


STAYS: list[tuple[str, Callable[[Guarded], Any]]] = [
    ("started by hand, then stopped by hand", switched_by_hand),
    ("the same, and no poll saw it", switched_between_two_polls),
    ("a person wants it off", asked_to_be_off),
    ("the policy says so", lambda g: g.policy(resume_at_reset=False)),
    ("the account cannot act", halted),
    ("the new cycle has no quota either", empty),
]


@pytest.mark.parametrize(("_why", "happens"), STAYS)
def test_what_stays_off_after_the_reset(
    guarded: Guarded, _why: str, happens: Callable[[Guarded], Any]
) -> None:
    stopped(guarded)
    happens(guarded)
    resets(guarded)
    acts(guarded)
    assert (guarded.power(), guarded.calls("start")) == ("SHUTOFF", [])


def test_whether_to_start_what_somebody_was_at_is_asked_once_and_one_press_starts_it(
    guarded: Guarded, bot: Bot, oscar: Someone
) -> None:
    stopped(guarded)
    switched_between_two_polls(guarded)
    resets(guarded)
    for _quarter in range(2):
        acts(guarded)
        guarded.passes(minutes=15)
    [asked] = [one for one in posts(bot, oscar) if "was changed since" in one.params["text"]]
    assert guarded.log().count("resume_waits") == 1
    oscar.presses(key_like(asked, "Start"))
    yes = key_like(sent_to(bot, oscar)[-1], "Start it")
    oscar.presses(yes)
    guarded.tick()
    guarded.ticks(minutes=1)
    assert (guarded.power(), guarded.server().kept_off_by_id) == ("ACTIVE", None)


class Clock:
    """The cloud, whose clock is not ours, or that tells late when a server was changed."""

    def __init__(self, **ahead: float) -> None:
        self.ahead = timedelta(**ahead)

    def __call__(self, account: Account) -> CloudProvider:
        return cast("CloudProvider", _Told(access.provider_of(account), self))


class _Told:
    def __init__(self, cloud: CloudProvider, clock: Clock) -> None:
        self._cloud, self._clock = cloud, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)

    def states(self, place: Place, ids: Sequence[str]) -> dict[str, LiveServer]:
        ahead = self._clock.ahead
        return {
            key: replace(one, changed_at=one.changed_at and one.changed_at + ahead)
            for key, one in self._cloud.states(place, ids).items()
        }


def stopped_by(clock: Clock, guarded: Guarded) -> None:
    """Have a stop of the guard's proved by a cloud with that clock, an hour before the reset."""
    guarded.add_server()
    guarded.emulator.end_cycle("web", 2 * 3600)
    guarded.runs_low()
    guarded.passes(minutes=30)
    for _minute in range(2):
        guarded.execute(clock)
        guarded.send(clock)
        guarded.passes(minutes=1)
        guarded.verify(clock)


PROVED = [
    ("its clock is ahead of ours", 10, 10),
    ("it told later that the stop was a change, and its clock is ahead", -1440, 10),
    ("it touched the server once more, and its clock is ahead", 10, 11),
]


@pytest.mark.parametrize(("_why", "at_proof", "later"), PROVED)
def test_what_the_cloud_says_of_our_own_stop_is_nobody_elses_doing(
    guarded: Guarded, _why: str, at_proof: int, later: int
) -> None:
    clock = Clock(minutes=at_proof)
    stopped_by(clock, guarded)
    clock.ahead = timedelta(minutes=later)
    resets(guarded)
    guarded.look(connect=clock)
    guarded.resume()
    assert guarded.states()[-1] == "start intended"


def test_who_was_at_it_is_seen_whatever_the_clouds_clock_says(guarded: Guarded) -> None:
    behind = Clock(minutes=-10)
    stopped_by(behind, guarded)
    switched_between_two_polls(guarded)
    resets(guarded)
    guarded.look(connect=behind)
    guarded.resume()
    assert (guarded.states(), guarded.log()[-1]) == (["stop done"], "resume_waits")


def test_a_server_that_its_user_stopped_stays_off(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.emulator.end_cycle("web", 2 * 3600)
    guarded.runs_low()
    guarded.ask(guarded.server(), key="his own stop")
    guarded.tick()
    guarded.ticks(minutes=1)
    guarded.grace_passes()
    assert guarded.plans() == ["dropped already_off"]
    resets(guarded)
    acts(guarded)
    assert (guarded.power(), guarded.calls("start")) == ("SHUTOFF", [])


def test_one_that_runs_by_then_is_left_alone_and_forgotten(guarded: Guarded) -> None:
    stopped(guarded)
    resets(guarded)
    guarded.look()
    guarded.resume()
    guarded.emulator.switch("web", is_on=True)
    guarded.tick()
    assert guarded.states()[-1] == "start done already"
    assert (guarded.server().kept_off_by_id, guarded.calls("start")) == (None, [])


def test_one_that_somebody_wants_off_in_the_last_moment_is_not_started(guarded: Guarded) -> None:
    stopped(guarded)
    resets(guarded)
    guarded.look()
    guarded.resume()
    with scope(guarded.tenant):
        Server.objects.update(kept_off_by=None)
    guarded.tick()
    assert guarded.states()[-1] == "start withdrawn stays_off"
    assert guarded.calls("start") == []


def test_a_start_that_fails_is_tried_three_times_ever_later(guarded: Guarded) -> None:
    stopped(guarded)
    resets(guarded)
    guarded.emulator.fault("job_fail", times=0)
    acts(guarded)
    assert guarded.states()[-1] == "start refused job_failed"
    guarded.resume()
    guarded.tick()
    assert len(guarded.calls("start")) == 1
    for _quarter in range(8):
        guarded.passes(minutes=15)
        acts(guarded)
    assert len(guarded.calls("start")) == 3
    # it is still ours: a person, or the next reset, may start it
    assert guarded.server().kept_off_by_id is not None


def test_many_are_started_in_turns(guarded: Guarded) -> None:
    names = [f"web-{number}" for number in range(7)]
    guarded.policy(grace_minutes=0)
    for name in names:
        guarded.add_server(name, left_gb=20)
        guarded.emulator.end_cycle(name, 2 * 3600)
    with scope(guarded.tenant):
        Preferences.objects.update_or_create(
            tenant=guarded.tenant, defaults={"stops_per_run": 50, "stops_per_hour": 50}
        )
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    guarded.tick()
    guarded.ticks(minutes=1)
    assert {guarded.power(name) for name in names} == {"SHUTOFF"}
    guarded.passes(hours=2)
    guarded.look()
    guarded.resume()
    assert guarded.states().count("start intended") == 5
    guarded.resume()
    assert guarded.states().count("start intended") == 5
    guarded.tick()
    guarded.ticks(minutes=1)
    guarded.resume()
    guarded.tick()
    guarded.ticks(minutes=1)
    assert {guarded.power(name) for name in names} == {"ACTIVE"}
    assert len(guarded.calls("start")) == 2

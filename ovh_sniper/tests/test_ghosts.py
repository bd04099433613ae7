"""Ghost stock: shown, and refused at checkout; remembered to warn and to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import GhostStock
from ovh_sniper.services.stock import ghosts
from ovh_sniper.tests.shelves import LARGE, SMALL, at

pytestmark = pytest.mark.django_db
PLAN = "27sk15"


def refuse(seconds: float, fqn: str = SMALL, datacenter: str = "gra") -> None:
    ghosts.note_refused(Host.EU, fqn, PLAN, datacenter, at(seconds))


def held(seconds: float, fqn: str = SMALL, datacenter: str = "gra", host: Host = Host.EU) -> bool:
    return ghosts.held(host, fqn, datacenter, at(seconds))


def test_what_was_never_refused_is_not_held() -> None:
    assert not held(0)
    assert ghosts.last_refused(Host.EU, SMALL, "gra") is None
    assert ghosts.of_plan(Host.EU, PLAN) == []


def test_a_refusal_holds_back_for_half_a_minute() -> None:
    refuse(0)
    assert held(29)
    assert not held(30)
    assert ghosts.last_refused(Host.EU, SMALL, "gra") == at(0)


def test_only_that_place_of_that_configuration_of_that_host_is_held() -> None:
    refuse(0)
    assert not held(1, fqn=LARGE)
    assert not held(1, datacenter="rbx")
    assert not held(1, host=Host.CA)


def test_each_refusal_in_a_row_doubles_the_wait_up_to_half_an_hour() -> None:
    now, waits = 0.0, []
    for _refusal in range(9):
        refuse(now)
        hold = GhostStock.objects.get().hold_until - at(now)
        waits.append(hold.total_seconds())
        now += hold.total_seconds()
    assert waits == [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]
    assert GhostStock.objects.get().refusals == 9


def test_an_order_that_went_through_ends_the_wait_and_the_warning() -> None:
    refuse(0)
    refuse(10)
    ghosts.note_ordered(Host.EU, SMALL, "gra", at(20))
    assert not held(21)
    assert ghosts.last_refused(Host.EU, SMALL, "gra") is None
    assert ghosts.of_plan(Host.EU, PLAN) == []
    refuse(100)
    assert GhostStock.objects.get().hold_until == at(130)


def test_an_order_of_what_was_never_refused_writes_nothing() -> None:
    ghosts.note_ordered(Host.EU, SMALL, "gra", at(0))
    assert not GhostStock.objects.exists()


def test_after_six_hours_a_refusal_counts_as_the_first_one() -> None:
    refuse(0)
    refuse(10)
    late = 10 + timedelta(hours=6, seconds=1).total_seconds()
    refuse(late)
    found = GhostStock.objects.get()
    assert (found.refusals, found.hold_until) == (1, at(late + 30))


def test_what_was_refused_of_a_plan_is_listed_the_latest_first() -> None:
    refuse(0, SMALL)
    refuse(60, LARGE, "rbx")
    found = ghosts.of_plan(Host.EU, PLAN)
    assert [(one.fqn, one.datacenter) for one in found] == [(LARGE, "rbx"), (SMALL, "gra")]
    assert ghosts.of_plan(Host.CA, PLAN) == []
    places = ghosts.of_places(Host.EU, [SMALL])
    assert list(places) == [(SMALL, "gra")]

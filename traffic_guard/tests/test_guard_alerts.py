"""What a look raises: each level once a cycle, again only after a rise; never a lost poll."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.scoping import scope
from traffic_guard.models import AlertMark, Bulletin
from traffic_guard.services.guarding import alarms, drafting
from traffic_guard.services.guarding.marks import Marks
from traffic_guard.services.telling import preferences
from traffic_guard.services.telling.alerts import Raised
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


def raised(guarded: Guarded) -> list[str]:
    """Poll, and return what would be told of; it is marked as told."""
    guarded.passes(minutes=15)
    guarded.poll()
    with scope(guarded.tenant):
        servers = [guarded.server()]
        account = guarded.account
        account.tenant = guarded.tenant
        for server in servers:
            server.account = account
        marks = Marks(servers, guarded.now)
        settings = preferences.of(guarded.tenant.pk)
        found = [
            one
            for draft in drafting.drafts(account, servers, settings, guarded.now)
            for one in alarms.of(draft.seen, marks, guarded.now)
        ]
        marks.save()
    return [_word(one) for one in found]


def _word(one: Raised) -> str:
    return " ".join(filter(None, [one.kind, str(one.level or ""), one.outlook]))


@pytest.fixture
def quiet(guarded: Guarded) -> Guarded:
    """A server whose stops are off, with all of its package left."""
    guarded.policy(auto_stop=False, alert_levels=[50, 80, 95])
    guarded.add_server(left_gb=1000)
    return guarded


def test_each_level_is_told_once_with_those_below_it(quiet: Guarded) -> None:
    assert raised(quiet) == []
    quiet.emulator.set_remaining("web", 400)
    assert raised(quiet) == ["level 50"]
    assert raised(quiet) == []
    quiet.emulator.set_remaining("web", 40)
    assert raised(quiet) == ["threshold auto_off", "level 95"]
    assert raised(quiet) == []


def test_a_level_is_free_again_only_after_a_rise_by_the_margin(quiet: Guarded) -> None:
    quiet.emulator.set_remaining("web", 190)
    assert raised(quiet) == ["level 80"]
    for left, told in ((230, []), (195, []), (260, []), (190, ["level 80"])):
        quiet.emulator.set_remaining("web", left)
        assert raised(quiet) == told


def test_a_new_cycle_frees_all_levels_by_itself(quiet: Guarded) -> None:
    quiet.emulator.end_cycle("web", 1800)
    quiet.emulator.set_remaining("web", 400)
    assert raised(quiet) == ["level 50"]
    quiet.passes(minutes=30)
    assert raised(quiet) == []
    quiet.emulator.set_remaining("web", 400)
    assert raised(quiet) == ["level 50"]


def test_unknown_is_told_after_three_polls_and_known_again_once(quiet: Guarded) -> None:
    raised(quiet)
    quiet.emulator.lose("web", 4)
    assert [raised(quiet) for _poll in range(4)] == [[], [], ["unknown unknown"], []]
    assert raised(quiet) == ["known_again"]
    quiet.emulator.lose("web", 1)
    assert raised(quiet) == []
    assert raised(quiet) == []


def test_a_unit_that_nobody_knows_is_told_at_once(quiet: Guarded) -> None:
    quiet.emulator.set_unit("web", 99)
    assert raised(quiet) == ["unknown unknown"]


def test_a_cycle_without_a_first_reading_is_told_after_three_hours(quiet: Guarded) -> None:
    quiet.emulator.end_cycle("web", 1800)
    raised(quiet)
    quiet.emulator.fault("html", service="bss", times=0)
    quiet.passes(minutes=30)
    assert raised(quiet) == []
    quiet.passes(hours=3)
    assert raised(quiet) == ["unknown cycle_over"]


def test_a_forecast_that_does_not_hold_is_told_apart_from_the_levels(quiet: Guarded) -> None:
    quiet.emulator.set_rate("web", 20.0, 0.0)
    quiet.passes(hours=3)
    assert "forecast" in raised(quiet)
    assert "forecast" not in raised(quiet)


def test_a_server_without_a_package_alerts_nobody(guarded: Guarded) -> None:
    bought = guarded.emulator.add_server(guarded.domain_id, name="web")
    with scope(guarded.tenant):
        guarded._server(bought)
    assert raised(guarded) == []


def test_a_planned_stop_tells_of_the_threshold_itself(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    with scope(guarded.tenant):
        assert AlertMark.objects.filter(level="threshold", released_at=None).count() == 1
        assert Bulletin.objects.filter(kind=Bulletin.Kind.STOPS).count() == 1


def test_one_that_was_started_by_hand_and_is_still_below_is_told_of_once(
    guarded: Guarded,
) -> None:
    guarded.stopped_by_guard()
    guarded.emulator.switch("web", is_on=True)
    assert raised(guarded) == ["threshold restarted"]
    assert raised(guarded) == []


def test_a_look_at_many_servers_asks_the_database_no_more_than_at_one(guarded: Guarded) -> None:
    def queries() -> int:
        guarded.passes(minutes=15)
        guarded.poll()
        with CaptureQueriesContext(connection) as found:
            guarded.evaluate()
        return len(found)

    guarded.add_server("a")
    guarded.look()
    one = queries()
    for name in "bcdef":
        guarded.add_server(name)
    guarded.look()
    assert queries() <= one + 1

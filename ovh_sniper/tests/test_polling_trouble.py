"""OVH fails, lies or slows us down: what was seen last stays, and the pauses grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulators.ovh.routes import STOCK
from ovh_sniper.gateways.errors import Busy, Refused, Unreachable
from ovh_sniper.models import Account, StockInterval
from ovh_sniper.testing import make_account
from ovh_sniper.tests.canned import Canned, CannedOvh
from ovh_sniper.tests.shelves import LARGE, OTHER, SMALL, as_json, at, intervals, row
from ovh_sniper.tests.turns import PLAN, FakeShelf, arm, poller, turn
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
OUT = "unavailable"


@pytest.fixture
def europe(tenant: Tenant) -> Account:
    """An account of Alice's: its host is needed."""
    return make_account(tenant)


@pytest.fixture
def shown(europe: Account) -> FakeShelf:
    """Something is there from the start."""
    return FakeShelf(row(SMALL, gra="72H"), row(LARGE, gra=OUT), row(OTHER, gra=OUT))


# --- OVH fails


@pytest.mark.parametrize(
    "answer",
    [
        Canned(b"<html>Bad gateway</html>", 502),
        Canned(b"<html>Time-out</html>", 408),
        Canned(b"<html>An error</html>", 200),
        Canned(b"null", 500),
        Canned(b"null", 200),
        Canned(b"", 200),
        Canned(b"{}", 200),
        Canned(b'[{"fqn": "x"}]', 200),
        Canned(b'{"message": "Service is temporarily unavailable"}', 503),
        Canned(b'{"message": "This call has not been granted"}', 403),
        Canned(b"<html>Too many</html>", 429),
        Canned(hangs_up=True),
    ],
    ids=str,
)
def test_a_look_that_failed_is_not_sold_out(
    europe: Account, canned: CannedOvh, answer: Canned
) -> None:
    rows = [as_json(row(SMALL, gra="72H")), as_json(row(OTHER, gra=OUT))]
    canned.say(f"/1.0{STOCK}", rows, answer, rows)
    turn(10)
    turn(103, begins=100)
    assert intervals() == [("gra", 0, None)]
    assert poller().failures == 1
    assert poller().last_error
    assert (poller().succeeded_at, poller().polled_at) == (at(0), at(100))
    # the next look finds everything as it was, and so nothing new
    turn(163, begins=160)
    assert (poller().failures, poller().last_error) == (0, "")
    assert intervals() == [("gra", 0, None)]


def test_an_outage_of_ovh_changes_nothing(europe: Account, ovh_emulator: OvhEmulator) -> None:
    arm(europe.tenant)
    turn(2)
    before = intervals()
    assert len(before) > 3
    ovh_emulator.fault("html", path=STOCK, times=2)
    ovh_emulator.fault("null", path=STOCK)
    ovh_emulator.fault("throttled", path=STOCK, retry_after=30)
    turn(200, begins=100)
    statuses = [one["status"] for one in ovh_emulator.calls(path=STOCK)]
    assert statuses[1:6] == [502, 502, 500, 429, 200]
    assert intervals() == before


def test_429_is_obeyed_and_slows_everything_down(shown: FakeShelf, tenant: Tenant) -> None:
    arm(tenant)
    throttle = lambda: setattr(shown, "error", Busy(30.0))  # noqa: E731
    relent = lambda: setattr(shown, "error", None)  # noqa: E731
    turn(60, {3: throttle, 12: relent}, shown=shown)
    # at 5 it was too much; 30 seconds and a spread of an eighth
    looked = [second for second, _code in shown.asked]
    assert looked[:3] == pytest.approx([0, 5, 38.75])
    assert poller().throttled == 1
    # twice as slow as before, or nearly
    assert shown.seconds(PLAN)[-1] - shown.seconds(PLAN)[-2] > 7


def test_the_pause_stands_on_the_row_for_everybody(shown: FakeShelf) -> None:
    shown.error = Busy(600.0)
    turn(20, shown=shown)
    assert shown.seconds() == [0]
    assert (poller().cadence, poller().throttled) == ("backing off", 1)
    assert poller().not_before == at(675)
    assert poller().interval == 675
    # another process keeps it, too
    turn(170, shown=shown, begins=30)
    assert shown.seconds() == [0]
    shown.error = None
    turn(680, shown=shown, begins=600)
    assert shown.seconds() == [0, 675]
    assert (poller().not_before, poller().cadence, poller().calls) == (None, "idle", 2)


def test_after_five_failures_the_breaker_opens_and_probes(shown: FakeShelf) -> None:
    shown.error = Unreachable("OVH did not answer in time.", unclear=False)
    turn(170, shown=shown)
    # pauses of 5, 10, 20, 40 seconds, an eighth longer
    assert shown.seconds() == pytest.approx([0, 5.625, 16.875, 39.375, 84.375])
    assert (poller().cadence, poller().failures) == ("breaker", 5)
    turn(350, shown=shown, begins=180)
    assert shown.seconds()[5:] == pytest.approx([219.375])
    assert (poller().cadence, poller().failures) == ("breaker", 6)
    shown.error = None
    turn(500, shown=shown, begins=350)
    assert shown.seconds()[6:] == pytest.approx([354.375, 414.375, 474.375])
    assert (poller().cadence, poller().failures, poller().last_error) == ("idle", 0, "")


def test_a_plan_that_ovh_refuses_stops_no_other(shown: FakeShelf, tenant: Tenant) -> None:
    arm(tenant)
    arm(tenant, plan_code="27rise03")
    shown.errors[PLAN] = Refused(400, "planCode is not valid")
    turn(28, shown=shown)
    assert shown.seconds("27rise03") == [2.5, 7.5, 12.5, 17.5, 22.5, 27.5]
    assert shown.seconds(PLAN) == [5, 10, 15, 20, 25]
    assert (poller().failures, poller().not_before) == (0, None)


def test_a_whole_list_that_fails_does_not_stop_looks_at_single_plans(
    shown: FakeShelf, tenant: Tenant
) -> None:
    arm(tenant)
    turn(2, shown=shown)
    shown.errors[""] = Unreachable("too large", unclear=False)
    turn(160, shown=shown, begins=100)
    # each failure costs a pause, and then it is the plan's turn
    assert shown.seconds() == [0, 100, 130]
    assert len(shown.seconds(PLAN)) >= 9


# --- OVH lies


def test_a_list_that_is_suddenly_empty_is_not_believed_at_once(shown: FakeShelf) -> None:
    turn(2, shown=shown)
    shown.rows = []
    turn(102, shown=shown, begins=100)
    assert intervals() == [("gra", 0, None)]
    assert poller().last_error == "not believed yet: 0 rows after 3"
    shown.rows = [row(SMALL, gra="72H"), row(LARGE, gra=OUT), row(OTHER, gra=OUT)]
    turn(162, shown=shown, begins=160)
    assert intervals() == [("gra", 0, None)]
    assert poller().last_error == ""


def test_a_list_that_stays_empty_is_believed_after_a_while(shown: FakeShelf) -> None:
    turn(2, shown=shown)
    shown.rows = []
    turn(162, shown=shown, begins=100)
    assert shown.seconds() == [0, 100, 160]
    assert intervals() == [("gra", 0, 160)]


def test_a_very_first_list_that_is_empty_is_no_baseline(shown: FakeShelf) -> None:
    rows, shown.rows = shown.rows, []
    turn(70, {20: lambda: setattr(shown, "rows", rows)}, shown=shown)
    assert poller().rows == 3
    assert StockInterval.objects.get().is_baseline


def test_half_a_list_is_not_believed_at_once(shown: FakeShelf) -> None:
    many = [row(f"plan{number}.ram.disk", gra="72H") for number in range(200)]
    shown.rows = many
    turn(2, shown=shown)
    shown.rows = many[:99]
    turn(102, shown=shown, begins=100)
    assert all(closed_at is None for _dc, _opened_at, closed_at in intervals())
    shown.rows = many[:101]  # that much may be sold in a minute
    turn(162, shown=shown, begins=160)
    assert sum(closed_at is not None for _dc, _opened_at, closed_at in intervals()) == 99


def test_a_plan_whose_list_is_suddenly_empty_is_not_believed_at_once(
    shown: FakeShelf, tenant: Tenant
) -> None:
    arm(tenant)
    rows = shown.rows
    empty = lambda: setattr(shown, "rows", rows[1:] and [rows[2]])  # noqa: E731
    back = lambda: setattr(shown, "rows", rows)  # noqa: E731
    turn(25, {3: empty, 12: back}, shown=shown)
    assert intervals() == [("gra", 0, None)]

"""OVH fails, lies or slows us down; a poller dies, or another one writes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from emulators.ovh.routes import STOCK
from ovh_sniper.gateways.errors import Busy, Refused, Unreachable
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import Stock
from ovh_sniper.models import Account, StockInterval
from ovh_sniper.services import polling, slow_calls, stock
from ovh_sniper.services.polling import LEASE_SECONDS, End
from ovh_sniper.tasks import stock as tasks
from ovh_sniper.testing import make_account
from ovh_sniper.tests.canned import Canned, CannedOvh
from ovh_sniper.tests.shelves import LARGE, OTHER, SMALL, as_json, at, intervals, row
from ovh_sniper.tests.turns import PLAN, FakeShelf, arm, poller, turn
from tenants import leases
from tenants.models import Lease, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
OUT = "unavailable"
EU = polling.lease_name(Host.EU)


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


# --- One process at a time


def test_a_second_process_ends_at_once(shown: FakeShelf) -> None:
    assert leases.take(EU, "another", seconds=LEASE_SECONDS)
    assert polling.unserved(at(0)) == []
    assert turn(60, shown=shown) == End.TAKEN
    assert shown.asked == []
    assert Lease.objects.get(name=EU).holder == "another"


def test_a_process_that_died_is_followed_when_its_lease_ends(shown: FakeShelf) -> None:
    assert leases.take(EU, "killed", seconds=LEASE_SECONDS)
    lease = Lease.objects.get(name=EU)
    assert (lease.until - timezone.now()).total_seconds() < 10
    Lease.objects.update(until=timezone.now())
    assert polling.unserved(at(0)) == [Host.EU]
    assert turn(5, shown=shown) == End.STOPPED
    assert shown.seconds() == [0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_of_processes_that_start_together_one_polls(europe: Account) -> None:
    ends, ready, others_left = list[End](), threading.Barrier(4), threading.Semaphore(0)

    def rest(seconds: float) -> bool:
        """Keep the host until the three others have been refused."""
        del seconds
        return all(others_left.acquire(timeout=30) for _other in range(3))

    def work() -> None:
        shown = FakeShelf(row(SMALL, gra="72H"))
        ready.wait()
        try:
            ends.append(polling.run(Host.EU, rest=rest, open_shelf=lambda host: shown))
        finally:
            others_left.release()
            connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(ends) == sorted([End.TAKEN, End.TAKEN, End.TAKEN, End.STOPPED])
    assert poller().calls == 1


def test_a_process_that_ends_gives_its_lease_back(shown: FakeShelf) -> None:
    assert turn(5, shown=shown) == End.STOPPED
    assert not Lease.objects.exists()
    assert polling.unserved(at(0)) == [Host.EU]


def test_a_turn_ends_before_a_task_may_be_killed(shown: FakeShelf, settings: Any) -> None:
    assert turn(10_000, shown=shown) == End.OVER
    assert shown.seconds() == [0, 60, 120]
    assert polling.TURN.total_seconds() + 45 < settings.CELERY_TASK_TIME_LIMIT
    assert not Lease.objects.exists()


def test_a_process_whose_lease_was_lost_looks_no_more(shown: FakeShelf) -> None:
    def lose() -> None:
        Lease.objects.update(holder="another")

    assert turn(170, {10: lose}, shown=shown) == End.LOST
    assert shown.seconds() == [0]
    assert Lease.objects.get(name=EU).holder == "another"


def test_what_another_process_wrote_is_read_anew(shown: FakeShelf, tenant: Tenant) -> None:
    arm(tenant)

    def write() -> None:
        other = stock.load(Host.EU)
        shown.rows = [row(SMALL, gra="72H"), row(LARGE, gra="1H-low"), row(OTHER, gra=OUT)]
        stock.apply(other, shown.rows, at(7))

    turn(28, {7: write}, shown=shown)
    # opened once, by the other one, and the same process goes on
    assert intervals(LARGE) == [("gra", 7, None)]
    assert poller().last_error == ""
    shown.rows = [row(SMALL, gra="72H"), row(LARGE, gra=OUT), row(OTHER, gra=OUT)]
    turn(102, shown=shown, begins=100)
    assert intervals(LARGE) == [("gra", 7, 100)]


def test_a_fault_of_ours_pauses_like_one_of_ovh(shown: FakeShelf) -> None:
    shown.error = RuntimeError("a fault")
    for _tick in range(3):
        with pytest.raises(RuntimeError):
            turn(170, shown=shown, begins=shown.asked[-1][0] if shown.asked else 0)
    assert shown.seconds() == pytest.approx([0, 5.625, 16.875])
    assert (poller().failures, poller().last_error) == (3, "RuntimeError")
    assert not Lease.objects.exists()


# --- A worker that shuts down


class Hanging(FakeShelf):
    """Answers nobody until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def availabilities(self, plan_code: str = "", *, etag: str = "", digest: str = "") -> Stock:
        self.let_go.wait(30)
        return Stock((), "", "")


def test_a_call_that_hangs_keeps_no_worker_from_stopping(europe: Account) -> None:
    hanging = Hanging()
    try:
        assert turn(0, shown=hanging) == End.STOPPED
    finally:
        hanging.let_go.set()
    assert not Lease.objects.exists()


def test_something_is_done_while_a_slow_call_is_waited_for() -> None:
    done, enough = list[int](), threading.Event()

    def call() -> str:
        enough.wait(30)
        return "answer"

    def meanwhile() -> None:
        done.append(1)
        if len(done) == 3:
            enough.set()

    assert slow_calls.wait_for(call, meanwhile, every=0.001) == "answer"
    assert len(done) >= 3


def test_what_a_slow_call_raises_is_raised() -> None:
    def call() -> str:
        raise Busy(7.0)

    with pytest.raises(Busy):
        slow_calls.wait_for(call, lambda: None, every=10)


@pytest.fixture
def stopping() -> Iterator[None]:
    """The worker is about to shut down."""
    tasks.stop()
    yield
    tasks.stopping.clear()


@pytest.mark.usefixtures("stopping")
def test_a_worker_that_shuts_down_finishes_the_look_in_hand(
    europe: Account, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    make_account(stranger, "ca")
    tasks.wake()
    # each host that is needed, once
    assert sorted(one["host"] for one in ovh_emulator.calls(path=STOCK)) == ["ca", "eu"]
    assert not Lease.objects.exists()

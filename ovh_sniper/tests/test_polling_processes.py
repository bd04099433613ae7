"""Of many processes one polls a host; it dies, hangs, loses its lease or is told to stop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from emulators.ovh.routes import STOCK
from ovh_sniper.gateways.errors import Busy
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import Stock
from ovh_sniper.models import Account
from ovh_sniper.services.polling import serving, slow_calls
from ovh_sniper.services.polling.serving import LEASE_SECONDS, End
from ovh_sniper.services.stock import intervals as stock
from ovh_sniper.tasks import stock as tasks
from ovh_sniper.testing import make_account
from ovh_sniper.tests.shelves import LARGE, OTHER, SMALL, at, intervals, row
from ovh_sniper.tests.turns import FakeShelf, arm, poller, turn
from tenants import leases
from tenants.models import Lease, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
OUT = "unavailable"
EU = serving.lease_name(Host.EU)


@pytest.fixture
def europe(tenant: Tenant) -> Account:
    """An account of Alice's: its host is needed."""
    return make_account(tenant)


@pytest.fixture
def shown(europe: Account) -> FakeShelf:
    """Something is there from the start."""
    return FakeShelf(row(SMALL, gra="72H"), row(LARGE, gra=OUT), row(OTHER, gra=OUT))


# --- One process at a time


def test_a_second_process_ends_at_once(shown: FakeShelf) -> None:
    assert leases.take(EU, "another", seconds=LEASE_SECONDS)
    assert serving.unserved(at(0)) == []
    assert turn(60, shown=shown) == End.TAKEN
    assert shown.asked == []
    assert Lease.objects.get(name=EU).holder == "another"


def test_a_process_that_died_is_followed_when_its_lease_ends(shown: FakeShelf) -> None:
    assert leases.take(EU, "killed", seconds=LEASE_SECONDS)
    lease = Lease.objects.get(name=EU)
    assert (lease.until - timezone.now()).total_seconds() < 10
    Lease.objects.update(until=timezone.now())
    assert serving.unserved(at(0)) == [Host.EU]
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
            ends.append(serving.run(Host.EU, rest=rest, open_shelf=lambda host: shown))
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
    assert serving.unserved(at(0)) == [Host.EU]


def test_a_turn_ends_before_a_task_may_be_killed(shown: FakeShelf, settings: Any) -> None:
    assert turn(10_000, shown=shown) == End.OVER
    assert shown.seconds() == [0, 60, 120]
    assert serving.TURN.total_seconds() + 45 < settings.CELERY_TASK_TIME_LIMIT
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

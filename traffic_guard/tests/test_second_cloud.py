"""A whole story at the second cloud: its gateway file is all that knows that it is another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulators.tidewater.state import ACCOUNT, TOKEN
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import PlannedStop, PowerAction, Server
from traffic_guard.tasks import guarding, readings
from traffic_guard.tests.linking_pages import WHOLE, work
from traffic_guard.tests.pages import browser, text_of, url

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.tidewater import TidewaterEmulator

KEYS = {"provider": "tidewater", "site": "main", "access_key": ACCOUNT, "secret_key": TOKEN}
# cycles are calendar months there
BEGINNING, RESET = datetime(2031, 5, 10, 12, 30, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)


class Elsewhere:
    """The time here and at the second cloud, and what the clock's tasks do then."""

    def __init__(self, cloud: TidewaterEmulator, clock: ManualClock, machine: Any) -> None:
        self.cloud, self._clock, self._machine = cloud, clock, machine
        self.is_at(BEGINNING)
        cloud.reset()

    def is_at(self, moment: datetime) -> None:
        """Let it be that time."""
        self._clock.advance(moment.timestamp() - self._clock.time())
        self._machine.move_to(moment, tick=False)

    def ticks(self, times: int = 1, **spans: float) -> None:
        """Let time pass some times, with all that is due then."""
        for _tick in range(times):
            now = datetime.fromtimestamp(self._clock.time(), UTC)
            self.is_at(now + timedelta(**spans))
            readings.wake()
            guarding.sweep_actions()
            guarding.resume_due()
            guarding.sweep_actions()


@pytest.fixture
def elsewhere(
    tidewater: TidewaterEmulator, huawei_clock: ManualClock, time_machine: Any
) -> Elsewhere:
    return Elsewhere(tidewater, huawei_clock, time_machine)


def states(tenant: Tenant) -> tuple[list[str], list[str]]:
    """Return how plans and actions of its servers stand."""
    with scope(tenant):
        plans = PlannedStop.objects.order_by("pk").values_list("server__name", "state")
        actions = PowerAction.objects.order_by("pk").values_list("kind", "state")
        return [" ".join(one) for one in plans], [" ".join(one) for one in actions]


def test_linked_on_a_page_stopped_in_time_and_started_at_the_reset(
    tenant: Tenant, elsewhere: Elsewhere
) -> None:
    alice = browser("alice@example.org")  # a log-in of that time
    alice.post(url(tenant, "accounts/new/"), {**WHOLE, **KEYS})
    work()
    policy = {"auto_stop": "yes", "dry_run": "never", "threshold_percent": "5"}
    alice.post(url(tenant, "policies/workspace/"), policy)
    elsewhere.ticks()
    with scope(tenant):
        server = Server.objects.get(name="lagoon-1")
    shown = text_of(alice.get(url(tenant, f"servers/{server.public_id}/")))
    # it counts by 1,000, and 90 of its 2,000 are left
    assert "83.8 GB" in shown
    assert states(tenant) == ([], [])

    elsewhere.ticks(minutes=16)
    assert states(tenant) == (["lagoon-1 waiting"], [])
    elsewhere.ticks(minutes=31)
    elsewhere.ticks(2, seconds=20)
    assert states(tenant) == (["lagoon-1 executed"], ["stop done"])
    power = {name: elsewhere.cloud.server(name).state for name in ("lagoon-1", "lagoon-2")}
    assert power == {"lagoon-1": "off", "lagoon-2": "on"}

    elsewhere.is_at(RESET)
    elsewhere.ticks(2, minutes=11)
    elsewhere.ticks(2, seconds=20)
    assert states(tenant)[1] == ["stop done", "start done"]
    assert elsewhere.cloud.server("lagoon-1").state == "on"

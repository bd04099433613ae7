"""Alice's account at the emulated cloud with the guard on: a test polls, lets time pass, and looks.

What beat does is done by hand: `look` is a poll with the verdicts behind it, `tick` hands out what
is due, `passes_in_ticks` does so every few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from tenants.scoping import scope
from traffic_guard.gateways.cloud import CloudProvider
from traffic_guard.models import Account, Decision, PlannedStop, PowerAction, Preferences, Server
from traffic_guard.services.accounts.access import provider_of
from traffic_guard.services.guarding import (
    actions,
    evaluating,
    executing,
    resuming,
    sending,
    verifying,
)
from traffic_guard.services.guarding.actions import Batch
from traffic_guard.services.policies import editing
from traffic_guard.testing import TESTER
from traffic_guard.tests.watched import Watched

ACTION = "/v1/*/cloudservers/action"
DETAIL = "/v1/*/cloudservers/detail"
# a fault of calls that stop, start and reboot
ECS: dict[str, Any] = {"service": "ecs", "path": ACTION}
Connect = Callable[[Account], CloudProvider]


class Killed(BaseException):
    """A worker dies: no `except` of ours sees it coming."""


class Doomed:
    """The cloud as a worker sees it who dies at a call: before it is sent, or after."""

    def __init__(self, account: Account, name: str, *, after: bool) -> None:
        self._cloud, self._name, self._after = provider_of(account), name, after

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._cloud, name)
        return partial(self._die, call) if name == self._name else call

    def _die(self, call: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if self._after:
            call(*args, **more)
        raise Killed


def dying(name: str, *, after: bool) -> Connect:
    """Return a way to the cloud whose worker dies at a call."""
    return lambda account: Doomed(account, name, after=after)


class Guarded(Watched):
    """An account whose servers may be stopped: 5 % of 1,000 GB, half an hour of grace."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.policy(auto_stop=True, dry_run="never", threshold_percent=5.0, grace_minutes=30)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open the tenant's scope, as a worker that speaks to the cloud has it."""
        with scope(self.tenant, transaction=False):
            yield

    def policy(self, level: Any = None, **values: Any) -> editing.Saved:
        """Change what the tenant, or another level, says."""
        with scope(self.tenant):
            return editing.save(level or self.tenant, TESTER, now=self.now, **values)

    # --- What beat does

    def look(self, **options: Any) -> list[PlannedStop]:
        """Poll, and judge what was read; return the new plans."""
        self.poll(**options)
        return self.evaluate()

    def evaluate(self) -> list[PlannedStop]:
        """Judge what was read."""
        with scope(self.tenant):
            return evaluating.evaluate_account(self.account.pk, self.now)

    def execute(self, connect: Connect = provider_of) -> None:
        """Carry out planned stops."""
        with self.inside():
            executing.execute(self.account.pk, connect=connect)

    def send(self, connect: Connect = provider_of) -> None:
        """Send what was intended."""
        with self.inside():
            sending.send(self.account.pk, connect=connect)

    def verify(self, connect: Connect = provider_of) -> None:
        """Look at what was sent."""
        with self.inside():
            verifying.verify(self.account.pk, connect=connect)

    def resume(self) -> None:
        """Act upon resets."""
        for tenant_id, account_id in resuming.due(self.now, 100):
            with scope(tenant_id):
                resuming.resume(account_id, self.now)

    def work(self) -> None:
        """Do what is due of this account, as another worker does in the middle of somebody's."""
        self.execute()
        self.send()
        self.verify()
        self.send()

    def tick(self) -> None:
        """Do all that is due, for every account."""
        for due, work in (
            (executing.due, executing.execute),
            (sending.due, sending.send),
            (verifying.due, verifying.verify),
            (sending.due, sending.send),
        ):
            for tenant_id, account_id in due(self.now, 100):
                with scope(tenant_id, transaction=False):
                    work(account_id)

    def ticks(self, seconds: float = 15, **spans: float) -> None:
        """Let time pass, with a tick every so often."""
        until = self.now + timedelta(**spans)
        while self.now < until:
            self.passes(seconds=seconds)
            self.tick()

    # --- Stories

    def runs_low(self, left: float = 20, name: str = "web") -> list[PlannedStop]:
        """Have little left of a server's package, seen by two polls; return the plans."""
        self.emulator.set_remaining(name, left)
        self.look()
        self.passes(minutes=15)
        return self.look()

    def stopped_by_guard(self, name: str = "web", **plan: Any) -> Server:
        """Have a server that the guard stopped in this cycle."""
        self.add_server(name, **plan)
        self.runs_low(name=name)
        self.grace_passes()
        return self.server(name)

    def grace_passes(self) -> None:
        """Let the half hour pass, and what is sent then be proved."""
        self.passes(minutes=30)
        self.tick()
        self.ticks(minutes=1)

    def ask(self, *servers: Server, kind: str = "stop", key: str = "press", **more: Any) -> Batch:
        """Have somebody ask for a stop, a start or a reboot."""
        with scope(self.tenant):
            fresh = Server.objects.select_related("account__tenant").in_bulk(
                [one.pk for one in servers]
            )
            given = {"origin": "portal", "requested_by": "alice@example.org", **more}
            return actions.request(
                [fresh[one.pk] for one in servers],
                kind,
                request_key=key,
                now=self.now,
                **given,
            )

    def comes_due(self) -> None:
        """Have a planned stop whose time has come."""
        self.add_server()
        self.runs_low()
        self.passes(minutes=30)

    def asked(self, *names: str) -> None:
        """Have people ask for a stop of these servers."""
        self.ask(*(self.server(name) for name in names or ("web",)))

    def limits(self, **values: Any) -> None:
        """Change the tenant's caps and rests."""
        with scope(self.tenant):
            Preferences.objects.update_or_create(tenant=self.tenant, defaults=values)

    # --- What is so

    def plans(self, name: str = "") -> list[str]:
        """Return how planned stops stand, oldest first: the state, and why it is settled."""
        with scope(self.tenant):
            rows = PlannedStop.objects.order_by("pk")
            rows = rows.filter(server__name=name) if name else rows
            return [f"{one.state} {one.settled_reason}".strip() for one in rows]

    def plan(self) -> PlannedStop:
        """Return the newest plan."""
        with scope(self.tenant):
            return PlannedStop.objects.select_related("server", "action").latest("pk")

    def states(self, name: str = "") -> list[str]:
        """Return how actions stand, oldest first: kind, state, and its code."""
        with scope(self.tenant):
            rows = PowerAction.objects.order_by("pk")
            rows = rows.filter(server__name=name) if name else rows
            return [f"{one.kind} {one.state} {one.error_code}".strip() for one in rows]

    def action(self) -> PowerAction:
        """Return the newest action."""
        with scope(self.tenant):
            return PowerAction.objects.select_related("server").latest("pk")

    def log(self, name: str = "web") -> list[str]:
        """Return the codes of a server's decisions, oldest first."""
        with scope(self.tenant):
            return list(
                Decision.objects.filter(server__name=name)
                .order_by("pk")
                .values_list("code", flat=True)
            )

    def calls(self, deed: str = "") -> list[dict[str, Any]]:
        """Return the stops, starts and reboots that reached the cloud, read by it or not."""
        found = self.emulator.calls("ecs", ACTION, "POST")
        return [one for one in found if deed in str(one.get("body", deed))]

    def power(self, name: str = "web") -> str:
        """Return what the cloud says of a server."""
        server = self.emulator.server(name)
        return f"{server.status} {server.task}".strip()

"""Polls a host's stock, once for all tenants: one process at a time, at a steady cadence.

`run` is what a long-lived task does: it holds the host's lease, looks again and again, and ends
when its turn is over, when nobody needs the host, or when its worker shuts down. A worker that dies
is followed by another one as soon as its lease ends.
"""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from django.db import Error as DatabaseError
from django.utils import timezone

from ovh_sniper.gateways.errors import Busy, OvhError, Refused, Unreachable
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import Shelf, shelf
from ovh_sniper.gateways.stock import Stock
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.polling import breaker, cadence, demand, slow_calls
from ovh_sniper.services.polling.cadence import EVERYTHING, Cadence, Demand
from ovh_sniper.services.polling.looking import Doubtful, Eyes
from ovh_sniper.services.polling.notes import Notes
from ovh_sniper.services.stock import intervals
from tenants import leases
from tenants.ids import random_text
from tenants.models import Lease

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
# Waits for so many seconds, less when it is told to stop; returns whether it was.
Rest = Callable[[float], bool]
# A process that died is followed after so many seconds; renewed a few times meanwhile.
LEASE_SECONDS, RENEW = 8.0, 2.0
# A turn ends well before CELERY_TASK_TIME_LIMIT, the call in hand included.
TURN = timedelta(seconds=180)
# How often it is looked at who needs the host.
ASK_DEMAND = timedelta(seconds=5)


class End(StrEnum):
    """Why a turn ended."""

    TAKEN = "another process polls this host"
    UNNEEDED = "nobody needs this host"
    OVER = "the turn is over"
    STOPPED = "told to stop"
    LOST = "the lease was lost"


def lease_name(host: Host) -> str:
    """Return the name of a host's lease (tenants/leases.py)."""
    return f"ovh stock {host.value}"


def unserved(now: datetime) -> list[Host]:
    """Return the hosts that somebody needs and no living process polls."""
    hosts = sorted(demand.needed(now))
    ours = Lease.objects.filter(name__in=[lease_name(host) for host in hosts])
    served = set(ours.exclude(leases.free("until", LEASE_SECONDS)).values_list("name", flat=True))
    return [host for host in hosts if lease_name(host) not in served]


def run(
    host: Host,
    *,
    rest: Rest,
    now: Clock = timezone.now,
    open_shelf: Callable[[Host], Shelf] = shelf,
    luck: Callable[[], float] = random.random,
) -> End:
    """Poll a host for one turn; return why it ended. Outside any scope and transaction."""
    turn = Turn(host, rest, now, Eyes(host, open_shelf), luck)
    try:
        turn.go(now() + TURN)
    except Ended as ended:
        return ended.end
    except Exception as error:
        # a fault of ours must not ask OVH without a pause, as soon as the next turn begins
        with contextlib.suppress(DatabaseError):
            turn.notes.failed(now(), type(error).__name__, turn.pause(0.0))
        raise
    finally:
        with contextlib.suppress(DatabaseError):
            leases.drop(lease_name(host), turn.holder)


class Ended(Exception):
    """The turn is over."""

    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end = end


class Turn:
    """One process's polling of one host, for as long as it holds the lease."""

    def __init__(
        self, host: Host, rest: Rest, now: Clock, eyes: Eyes, luck: Callable[[], float]
    ) -> None:
        self.host, self.rest, self.now, self.eyes, self.luck = host, rest, now, eyes, luck
        self.holder = random_text(20)
        self.cadence = Cadence(luck)
        self.notes = Notes(host)
        self.renewed_at: datetime | None = None
        self.demand = Demand()
        self.asked_demand_at: datetime | None = None

    def go(self, until: datetime) -> NoReturn:
        """Look until something ends the turn.

        Raises:
            Ended: always, sooner or later.
        """
        self._hold()
        self.notes.load()
        while True:
            at = self.now()
            if at >= until:
                raise Ended(End.OVER)
            self._hold()
            wanted = self._wanted(at)
            look = self.cadence.next(wanted, at.timestamp())
            wait = max(look.at - at.timestamp(), self.notes.seconds_left(at))
            if wait <= 0:
                self._look(look.plan_code, wanted)
            if self.rest(min(max(wait, 0.0), RENEW)):
                raise Ended(End.STOPPED)

    def pause(self, asked: float) -> float:
        """Return the seconds to wait after one more failure; see `breaker`."""
        return breaker.pause(self.notes.failures + 1, asked, self.luck())

    def _hold(self, *, in_doubt: bool = False) -> None:
        """Take or renew the lease, a few times while it lasts, or where it is in doubt.

        Raises:
            Ended: another process has it.
        """
        at, before = self.now(), self.renewed_at
        if before is not None and (at - before).total_seconds() < RENEW and not in_doubt:
            return
        if not leases.take(lease_name(self.host), self.holder, seconds=LEASE_SECONDS):
            raise Ended(End.TAKEN if before is None else End.LOST)
        self.renewed_at = at

    def _wanted(self, at: datetime) -> Demand:
        """Return what the host is needed for.

        Raises:
            Ended: for nothing.
        """
        if self.asked_demand_at is None or at - self.asked_demand_at >= ASK_DEMAND:
            found = demand.of(self.host, at)
            if found is None:
                raise Ended(End.UNNEEDED)
            self.demand, self.asked_demand_at = found, at
        return self._listed()

    def _listed(self) -> Demand:
        """Return what is wanted, of single plans only those that have a list of their own."""
        known = self.eyes.prepare()
        # Only plans that OVH lists have lists of their own; all others appear in the whole one
        # first. The very first look of all is at the whole one: it is the baseline.
        plans = (
            () if known.is_first else (one for one in self.demand.plans if one in self.eyes.plans)
        )
        return replace(self.demand, plans=tuple(plans))

    # --- One look

    def _look(self, plan_code: str, wanted: Demand) -> None:
        self.eyes.prepare()
        try:
            answer = slow_calls.wait_for(
                lambda: self.eyes.ask(plan_code), self._meanwhile, every=RENEW
            )
        except OvhError as error:
            self._failed(plan_code, wanted, error)
            return
        at = self.now()
        try:
            changes = self.eyes.take(plan_code, answer, at)
        except Doubtful as doubt:
            log.warning("the stock list of %s is doubted: %s", self.host, doubt)
            self.cadence.looked(wanted, plan_code, at.timestamp(), worked=False)
            self.notes.unused(at, f"not believed yet: {doubt}")
        except intervals.Superseded:
            # who has the lease goes on, with what the other one wrote
            self._hold(in_doubt=True)
            self.eyes.forget()
            self.notes.unused(at, "another process wrote this host's stock")
            self.cadence.looked(wanted, plan_code, at.timestamp(), worked=False)
            self.cadence.again(EVERYTHING)
        else:
            # orders come first: nothing slow before this
            reacting.on_changes(self.host.value, changes, at)
            self._succeeded(plan_code, answer, at, is_changed=bool(changes))

    def _meanwhile(self) -> None:
        self._hold()
        if self.rest(0.0):
            raise Ended(End.STOPPED)

    def _succeeded(self, plan_code: str, answer: Stock, at: datetime, *, is_changed: bool) -> None:
        new_plans, wanted = self.eyes.remember(plan_code, answer), self._listed()
        self.cadence.relieved()
        self.cadence.looked(wanted, plan_code, at.timestamp(), worked=True)
        self.notes.succeeded(
            at,
            answer if plan_code == EVERYTHING else None,
            rows=self.eyes.rows(),
            is_changed=is_changed,
            interval=cadence.usual_interval(wanted) * self.cadence.strain,
            is_armed=wanted.is_armed,
        )
        catalogues.unknown_plans(self.host, new_plans, at)

    def _failed(self, plan_code: str, wanted: Demand, error: OvhError) -> None:
        at = self.now()
        log.warning("the stock list %s %s cannot be had: %s", self.host, plan_code, error)
        self.cadence.looked(wanted, plan_code, at.timestamp(), worked=False)
        if isinstance(error, Refused) and plan_code != EVERYTHING:
            # one plan's trouble is no other's: the host answers
            self.notes.unused(at, f"{plan_code}: {error}")
            return
        is_throttled = isinstance(error, Busy)
        if is_throttled:
            self.cadence.throttled()
        if self.eyes.prepare().is_first:
            # without it nothing else can begin
            self.cadence.again(plan_code)
        asked = error.retry_after if isinstance(error, Busy | Unreachable) else 0.0
        self.notes.failed(at, str(error), self.pause(asked), is_throttled=is_throttled)

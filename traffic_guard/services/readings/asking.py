"""What the cloud is asked at one poll of an account, and what it answered.

The quota comes first: without it there is no poll. Power states and the live counter are the
second source; where they fail the reading still counts, and only they stay as they were. Regions
are asked one after the other until the time of a poll is spent, those first that wait longest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from traffic_guard.gateways.cloud import (
    Busy,
    CloudError,
    CloudProvider,
    Eip,
    Hours,
    LiveServer,
    Place,
    Power,
    Unreachable,
    UsageAnswer,
)
from traffic_guard.models import Package, Server
from traffic_guard.services.accounts import limiter
from traffic_guard.services.readings import live, regions, units
from traffic_guard.services.readings.budget import Budget
from traffic_guard.services.readings.regions import COUNTER, SERVERS, Memory

log = logging.getLogger(__name__)

# the addresses of servers are looked up so often
EIPS_KEPT = timedelta(hours=24)
# of a server whose counter was never read: what a forecast looks back at
FIRST_LOOK = timedelta(days=7)
# one that was not in our lists so long ago has a past
NEW = timedelta(days=1)
# figures of hours before the newest one may still grow
AGAIN = timedelta(hours=2)
# A poll begins no call after this: with the longest one behind it, and with all that follows the
# poll of a planned stop, it stays below the limit of a task (CELERY_TASK_TIME_LIMIT).
LONGEST = timedelta(seconds=90)
# an error that took so long was a time-out: the region's other services are not waited for, too
SLOW = timedelta(seconds=4)


@dataclass(slots=True)
class Answers:
    """What one poll brought in; by the ids of our rows."""

    cloud: str  # Account.provider
    usages: UsageAnswer
    sizes: dict[str, int | None] = field(default_factory=dict)  # bytes of units
    states: dict[int, LiveServer] = field(default_factory=dict)
    eips: dict[int, list[Eip]] = field(default_factory=dict)  # of servers that were looked up
    hours: dict[int, dict[datetime, int]] = field(default_factory=dict)
    # what the second sources refused or did not answer
    errors: list[CloudError] = field(default_factory=list)
    # what is remembered of regions after this poll
    away: list[regions.Stored] = field(default_factory=list)
    # of regions of which nothing is known any more, when they failed last
    lost: dict[str, datetime] = field(default_factory=dict)
    # the time was spent before all regions were asked
    is_cut: bool = False


def ask(
    name: str,
    provider: CloudProvider,
    packages: Sequence[Package],
    servers: Sequence[Server],
    memory: Memory,
    budget: Budget,
) -> Answers:
    """Ask for everything that a poll needs; `name` is the cloud's (Account.provider).

    `memory` is of regions that did not answer before, and knows the time of the poll.

    Raises:
        CloudError: what is left of the packages cannot be had.
    """
    answers = Answers(name, provider.usages([one.cloud_id for one in packages]))
    found = {usage.unit_id for usage in answers.usages.usages}
    answers.sizes = units.sizes(name, provider, found, memory.now)
    memory.keep(one.region for one in servers)
    asked = _Asked(provider, answers, memory, budget)
    for place, there in regions.in_order(_by_place(servers), memory.stored):
        asked.place(place, there)
    answers.away, answers.lost = memory.stored, memory.lost
    return answers


def _by_place(servers: Sequence[Server]) -> Iterator[tuple[Place, list[Server]]]:
    for (region, project_id), there in groupby(
        sorted(servers, key=lambda one: one.place), key=lambda one: one.place
    ):
        yield Place(region, project_id), list(there)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The second sources of one poll, asked place by place."""

    provider: CloudProvider
    answers: Answers
    memory: Memory
    budget: Budget

    def place(self, place: Place, servers: list[Server]) -> None:
        """Ask for what a place's servers do and what they send, as far as it answers."""
        if not self._try(place, SERVERS, lambda: self._states(place, servers)):
            return
        self._try(place, COUNTER, lambda: self._count(place, servers))

    def _try(self, place: Place, part: str, ask: Callable[[], None]) -> bool:
        """Ask a place for something; False: do not ask it for anything else now."""
        if self.budget.is_spent:
            self.answers.is_cut = True
            return False
        if self.memory.rests(place.region, part):
            return part != SERVERS
        took = self.budget.timed()
        try:
            ask()
        except CloudError as error:
            _note(self.answers, error)
            if isinstance(error, Unreachable):
                self.memory.failed(place.region, part)
                return took() < SLOW
            if isinstance(error, Busy):
                return True  # it says nothing of the region
        # a refusal is an answer, too
        self.memory.answered(place.region, part)
        return True

    def _states(self, place: Place, servers: list[Server]) -> None:
        by_id = {server.cloud_id: server for server in servers}
        for cloud_id, state in self.provider.states(place, list(by_id)).items():
            if cloud_id in by_id:
                self.answers.states[by_id[cloud_id].pk] = state

    def _count(self, place: Place, servers: list[Server]) -> None:
        _find_addresses(self.provider, place, servers, self.answers, self.memory.now)
        _count(self.provider, place, servers, self.answers, self.memory.now)


def _note(answers: Answers, error: CloudError) -> None:
    log.info("a second source cannot be had: %s", error)
    limiter.heard(answers.cloud, error)
    answers.errors.append(error)


def _find_addresses(
    provider: CloudProvider, place: Place, servers: list[Server], answers: Answers, now: datetime
) -> None:
    old = [one for one in servers if one.eips_at is None or one.eips_at < now - EIPS_KEPT]
    if not old:
        return
    found = provider.addresses(place)
    for server in old:
        answers.eips[server.pk] = [
            eip
            for eip in found
            if eip.server_id == server.cloud_id
            or (not eip.server_id and eip.address in server.addresses)
        ]


def _count(
    provider: CloudProvider, place: Place, servers: list[Server], answers: Answers, now: datetime
) -> None:
    """Read the live counter from the oldest hour on that may have grown.

    New servers are asked for apart: a week of theirs is no week of all. One that is off sends
    nothing: when the counter has told all of it, it is not asked any more.
    """
    newest = live.newest_hours([server.pk for server in servers])
    off = {pk for pk, state in answers.states.items() if state.power is Power.STOPPED}
    known: list[Server] = []
    new: list[Server] = []
    since = now
    for server in servers:
        hour = newest.get(server.pk)
        is_new = hour is None and server.created_at > now - NEW
        if is_new:
            new.append(server)
        elif server.pk not in off or (hour is not None and hour > now - live.SILENT):
            known.append(server)
            since = min(since, max(hour or now, now - live.FURTHEST) - AGAIN)
    if known:
        _count_since(provider, place, known, answers, (since, now))
    if new:
        _count_since(provider, place, new, answers, (now - FIRST_LOOK, now))


def _count_since(
    provider: CloudProvider,
    place: Place,
    servers: list[Server],
    answers: Answers,
    span: tuple[datetime, datetime],
) -> None:
    eips = {server.pk: answers.eips.get(server.pk, stored(server)) for server in servers}
    asked = [eip for of_server in eips.values() for eip in of_server]
    if not asked:
        return
    found = provider.outbound(place, asked, *span)
    for server in servers:
        summed = add([found.get(eip.eip_id, ()) for eip in eips[server.pk]])
        if summed:
            answers.hours[server.pk] = summed


def add(counted: Sequence[Hours]) -> dict[datetime, int]:
    """Return the hours of a server with several addresses; one is enough to know an hour."""
    summed: dict[datetime, int] = {}
    for hours in counted:
        for hour, sent in hours:
            summed[hour] = summed.get(hour, 0) + sent
    return summed


def stored(server: Server) -> list[Eip]:
    """Return a server's addresses as they were found last."""
    return [
        Eip(one["eip_id"], one["address"], one["bandwidth_id"], server.cloud_id)
        for one in server.eips
    ]

"""Reads many accounts under the shared limit, in virtual time; prints figures as JSON lines.

`python -m benchmarks.traffic_polls ACCOUNTS SERVERS ROUNDS` under
DJANGO_SETTINGS_MODULE=benchmarks.settings, with the cloud's URLs at `benchmarks.traffic_cloud`.
Everything is done as in production, by the same code, against the store and over HTTP: only nobody
waits. A wait for the limit, and the time that an answer takes, pass on the clocks of so many
virtual workers. Every tenth reading is judged too; all of them would only take longer.
"""

from __future__ import annotations

import heapq
import itertools
import json
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import django

WORKERS = 8
JUDGED = 10  # one in so many
TICK = 5.0  # seconds between two hand-outs, as config/celery.py has it
ANSWER = 0.2  # seconds that a call takes at the cloud
MINUTES = 15
RATE = 5.0  # calls a second to each API


class Clock:
    """A virtual worker's clock: it goes on while the worker waits."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self.seconds * 1000)

    def sleep(self, seconds: float) -> None:
        """Wait, and then for the answer."""
        self.seconds += max(seconds, 0.0) + ANSWER


@dataclass
class Seen:
    """What was measured."""

    polls: list[tuple[int, int, float, float]] = field(default_factory=list)  # tenant, account
    calls: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    judged: int = 0
    reading: float = 0.0  # seconds of this process' CPU
    judging: float = 0.0


class World:
    """Accounts that are read, and the time."""

    def __init__(self, begun: datetime) -> None:
        self.now = begun.timestamp()
        self.begun = self.now
        self.workers = [self.now] * WORKERS
        self.seen = Seen()

    def run(self, until: float) -> None:
        """Hand out and read, tick by tick."""
        from traffic_guard.services.readings import polling, turns

        measured = 0.0
        while self.now < until:
            if self.now - measured >= 60:
                _measure()
                measured = self.now
            at = datetime.fromtimestamp(self.now, UTC)
            keys = polling.due(at, turns.capacity("huawei", TICK), "huawei")
            for (tenant, account), due in zip(keys, _due_times(keys), strict=True):
                self._read(tenant, account, due)
            self.now += TICK

    def _read(self, tenant: int, account: int, due: float) -> None:
        from tenants.scoping import scope

        clock = Clock(max(heapq.heappop(self.workers), self.now))
        begun, cpu = clock.seconds, time.process_time()
        with scope(tenant, transaction=False):
            found = _poll(account, clock, self.seen.calls)
            self.seen.reading += time.process_time() - cpu
            if found is not None and len(self.seen.polls) % JUDGED == 0:
                self._judge(account, found.now)
        if found is not None and found.has_worked:
            self.seen.polls.append((tenant, account, begun, max(begun - due, 0.0)))
        else:
            self.seen.failed += 1
        heapq.heappush(self.workers, clock.seconds)

    def _judge(self, account: int, now: datetime) -> None:
        from django.db import transaction

        from traffic_guard.services.guarding import evaluating

        cpu = time.process_time()
        with transaction.atomic():
            evaluating.evaluate_account(account, now)
        self.seen.judged += 1
        self.seen.judging += time.process_time() - cpu


def _poll(account_id: int, clock: Clock, calls: Counter[str]) -> Any:
    """Read an account as the task does."""
    from traffic_guard.gateways.registry import connect
    from traffic_guard.services.accounts.access import keys_of
    from traffic_guard.services.accounts.limiter import Turns
    from traffic_guard.services.policies import intervals
    from traffic_guard.services.readings import polling

    providers = []

    def opened(account: Any) -> Any:
        turns = Turns(account.provider, bytes(account.key_mark).hex()[:24], clock)
        providers.append(connect(keys_of(account), throttle=turns))
        return providers[0]

    now = datetime.fromtimestamp(clock.seconds, UTC)
    found = polling.poll(
        account_id,
        now,
        interval_of=lambda account: intervals.of_account(account, now),
        connect=opened,
    )
    for provider in providers:
        calls.update(provider.calls)
    return found


def _due_times(keys: Iterable[tuple[int, int]]) -> list[float]:
    from tenants.scoping import unscoped
    from traffic_guard.models import Account

    ids = [account for _tenant, account in keys]
    with unscoped("a benchmark"):
        due = dict(Account.objects.filter(pk__in=ids).values_list("pk", "poll_at"))
    return [at.timestamp() for pk in ids if (at := due[pk]) is not None]


def _measure() -> None:
    from traffic_guard.services.readings import pacing

    pacing.measure("huawei")


def main(accounts: int, servers: int, rounds: int) -> None:
    """Measure and print."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import traffic_stage

    call_command("migrate", verbosity=0)
    settings.TRAFFIC_CALLS_PER_SECOND = RATE
    begun = datetime.now(UTC).replace(microsecond=0)
    traffic_stage.build(accounts, servers, begun)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    world = World(begun)
    _steady(world, accounts, servers, rounds)
    _burst(world)
    _too_many(world, accounts)


def _steady(world: World, accounts: int, servers: int, rounds: int) -> None:
    """So many intervals after the first: does everybody get his reading in time?"""
    world.run(world.now + (rounds + 1) * MINUTES * 60)
    seen = world.seen
    gaps = [gap for gaps in _gaps(seen).values() for gap in gaps]
    late = sum(gap > MINUTES * 60 for gap in gaps)
    hours = (world.now - world.begun) / 3600
    _say("traffic.polls", len(seen.polls), "polls", f"{seen.failed} put off by the limit")
    _say("traffic.gap.longest", max(gaps, default=0.0) / 60, "min", f"wanted: {MINUTES}")
    _say("traffic.gap.late", late, "polls", f"of {len(gaps)} came later than the interval")
    _say("traffic.late.p99", _centile([poll[3] for poll in seen.polls], 99), "s", "behind its time")
    for api, count in sorted(seen.calls.items()):
        each = count / (accounts * servers) / hours
        _say(f"traffic.calls.{api}", each, "/h", f"a server; {count / hours / 3600:.2f}/s in all")
    _say("traffic.cpu.read", seen.reading / max(len(seen.polls), 1) * 1000, "ms", "an account")
    _say("traffic.cpu.judge", seen.judging / max(seen.judged, 1) * 1000, "ms", "an account")


def _burst(world: World) -> None:
    """Everything is due at once, the biggest tenant first: who waits how long?"""
    from tenants.scoping import unscoped
    from traffic_guard.models import Account

    at = datetime.fromtimestamp(world.now, UTC)
    with unscoped("a benchmark"):
        first = Account.objects.order_by("pk").values_list("tenant_id", flat=True).first()
        Account.objects.update(poll_at=at)
        Account.objects.filter(tenant=first).update(poll_at=at - timedelta(minutes=5))
        counts = Counter(Account.objects.values_list("tenant_id", flat=True))
    world.seen, begun = Seen(), world.now
    # not until the big tenant is done: who has one account is what this is about
    world.run(world.now + 150)
    waits: dict[str, list[float]] = defaultdict(list)
    for tenant, _account, started, _late in world.seen.polls:
        size = "one" if counts[tenant] == 1 else "big" if tenant == first else "middling"
        waits[size].append(started - begun)
    for size, found in sorted(waits.items()):
        note = f"median {statistics.median(found):.0f} s, {len(found)} accounts read in 150 s"
        _say(f"traffic.burst.{size}", max(found), "s", note)


def _too_many(world: World, accounts: int) -> None:
    """A limit below what is wanted: are the intervals what pages say they are?"""
    from django.conf import settings
    from django.core.cache import cache

    from tenants.scoping import unscoped
    from traffic_guard.models import Account
    from traffic_guard.services.readings import pacing

    some = min(accounts, 100)
    settings.TRAFFIC_CALLS_PER_SECOND = some / (MINUTES * 60)
    cache.clear()
    with unscoped("a benchmark"):
        kept = list(Account.objects.order_by("-pk").values_list("pk", flat=True)[:some])
        Account.objects.exclude(pk__in=kept).update(poll_at=None, state="broken")
        for number, pk in enumerate(kept):
            at = datetime.fromtimestamp(world.now + number / some * MINUTES * 60 * 1.25, UTC)
            Account.objects.filter(pk=pk).update(poll_at=at)
    _measure()
    said = MINUTES * pacing.stretch("huawei")
    world.seen = Seen()
    world.run(world.now + 4 * said * 60)
    gaps = [gap / 60 for gaps in _gaps(world.seen).values() for gap in gaps]
    note = f"{some} accounts, {settings.TRAFFIC_CALLS_PER_SECOND:.2f} calls a second"
    _say("traffic.stretched.said", said, "min", note)
    _say("traffic.stretched.median", statistics.median(gaps), "min", "what came")
    _say("traffic.stretched.longest", max(gaps), "min", f"{world.seen.failed} put off by the limit")


def _gaps(seen: Seen) -> dict[int, list[float]]:
    times: dict[int, list[float]] = defaultdict(list)
    for _tenant, account, started, _late in seen.polls:
        times[account].append(started)
    return {
        account: [later - sooner for sooner, later in itertools.pairwise(found)]
        for account, found in ((account, sorted(found)) for account, found in times.items())
    }


def _centile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)] if values else 0.0


def _say(name: str, value: float, unit: str, note: str) -> None:
    print(json.dumps({"name": name, "value": value, "unit": unit, "note": note}), flush=True)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

"""Reads what an account's packages have left, and what its servers do.

A poll is claimed by moving `poll_at` to the end of a hold, asks the cloud without a transaction,
and writes in one, only if `poll_at` still is what it set: a worker that was put to sleep past its
hold, or whose account was changed meanwhile, writes nothing.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from traffic_guard.gateways.cloud import Busy, CloudError
from traffic_guard.models import Account, Package, Server
from traffic_guard.services.accounts import access, halting
from traffic_guard.services.readings import asking, cadence, pacing, sums, turns, writing
from traffic_guard.services.readings.asking import Answers
from traffic_guard.services.readings.budget import Budget, Stopwatch
from traffic_guard.services.readings.cadence import IntervalOf
from traffic_guard.services.readings.regions import Memory
from traffic_guard.services.readings.sums import AgesOf

# A worker's hold: longer than all calls of a poll may take.
HOLD = timedelta(minutes=4)
MOST_FAILURES = 30_000

due = turns.due


@dataclass(slots=True)
class Poll:
    """One poll of an account, whose row in memory it changes."""

    account: Account
    hold: datetime
    now: datetime
    interval_of: IntervalOf
    ages_of: AgesOf
    luck: float
    # what the cloud refused, or did not answer
    error: CloudError | None = None
    # what is to be told of the account (accounts/halting.py)
    news: halting.News | None = None
    packages: list[Package] = field(default_factory=list)

    @property
    def has_worked(self) -> bool:
        """Whether the cloud said what is left, of whatever packages."""
        return self.error is None


def poll(  # noqa: PLR0913 - what comes from above, each by its name
    account_id: int,
    now: datetime,
    *,
    interval_of: IntervalOf = cadence.usual,
    ages_of: AgesOf = sums.usual_ages,
    connect: access.Connect = access.provider_of,
    stopwatch: Stopwatch = time.monotonic,
    tell: halting.Tell = lambda _account, _news: None,
) -> Poll | None:
    """Read an account that is due; None: it was not, or another worker has it.

    Needs the tenant's scope without a transaction: it calls the cloud. `interval_of` and `ages_of`
    come from above, where policies are; `tell` too, and runs in the transaction that writes.
    `stopwatch` measures how long the cloud takes.
    """
    hold = now + HOLD
    if not turns.claimable(account_id, now).update(poll_at=hold):
        return None
    luck = random.random()  # noqa: S311 - spreads polls, no secret
    mine = Poll(access.load(account_id), hold, now, interval_of, ages_of, luck)
    answers = _ask(mine, connect, Budget(asking.LONGEST, stopwatch))
    with transaction.atomic():
        if not _is_still_mine(mine):
            return None
        if answers is None:
            _failed(mine)
        else:
            _succeeded(mine, answers)
        tell(mine.account, mine.news)
    return mine


def request(account_id: int, now: datetime) -> bool:
    """Have an account read at once; False: it must not be. A poll under way counts no more."""
    return bool(Account.objects.filter(pacing.READABLE, pk=account_id).update(poll_at=now))


def readable_servers(account: Account) -> list[Server]:
    """Return the servers of an account that are looked at; one query."""
    return list(_readable(account))


def _readable(account: Account) -> QuerySet[Server]:
    found: QuerySet[Server] = Server.objects.filter(account=account, hidden_at=None).order_by("pk")
    return found


def _ask(mine: Poll, connect: access.Connect, budget: Budget) -> Answers | None:
    account = mine.account
    mine.packages = _packages(account)
    try:
        provider, servers = connect(account), readable_servers(account)
        memory = Memory(account.away, mine.now)
        return asking.ask(account.provider, provider, mine.packages, servers, memory, budget)
    except CloudError as error:
        mine.error = error
        return None


def _packages(account: Account) -> list[Package]:
    rows = Package.objects.filter(account=account, ended_at=None, successor=None)
    return list(rows.order_by("pk"))


def _is_still_mine(mine: Poll) -> bool:
    """Tell whether nobody took the account over; on PostgreSQL nobody can until the commit."""
    rows = Account.objects.select_for_update().filter(pk=mine.account.pk, poll_at=mine.hold)
    return rows.filter(pacing.READABLE).values_list("pk", flat=True).first() is not None


def _succeeded(mine: Poll, answers: Answers) -> None:
    account, now = mine.account, mine.now
    # as they are now: a search or a stop may have changed them while the cloud was asked; locked
    # in the order in which everybody does (telling/preferences.py)
    servers = list(_readable(account).select_for_update(no_key=True))
    mine.packages = writing.write(answers, _packages(account), servers, now)
    writing.refresh_sums(servers, now, mine.ages_of)
    account.poll_failures, account.away = 0, answers.away
    mine.news = halting.note_success(account, now)
    wait = mine.interval_of(account)
    account.wanted_seconds = int(wait.total_seconds())
    stretch = pacing.stretch(account.provider)
    wait = cadence.in_time(wait * stretch, mine.luck)
    wait = cadence.until_reset(wait, mine.packages, now)
    if answers.is_cut:
        wait = min(wait, cadence.QUICKEST * stretch)
    _finish(mine, wait)


def _failed(mine: Poll) -> None:
    """Write that nothing was read: what was read before stays, until it is too old."""
    account, error = mine.account, mine.error
    asked = 0.0
    if isinstance(error, Busy):
        # it was not carried out: our own limit, or the cloud's, and no fault of the account
        asked = error.retry_after
        wait = timedelta(seconds=asked) + timedelta(seconds=30 * mine.luck)
    else:
        account.poll_failures = min(account.poll_failures + 1, MOST_FAILURES)
        wait = cadence.pause(account.poll_failures, pacing.wanted(account))
        wait = cadence.jittered(wait, mine.luck)
    if error is not None:
        mine.news = halting.note_failure(account, error, mine.now)
    writing.refresh_sums(readable_servers(account), mine.now, mine.ages_of)
    _finish(mine, wait)


def _finish(mine: Poll, wait: timedelta) -> None:
    account = mine.account
    account.poll_at, account.polled_at = mine.now + wait, mine.now
    changed = ["poll_at", "polled_at", "poll_failures", "wanted_seconds", "away"]
    account.save(update_fields=changed)

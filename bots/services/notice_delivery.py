"""Delivers due notices, channel by channel; a channel that fails delays only itself.

A notice is claimed by a conditional UPDATE that moves its due time to the end of a lease, so a
killed worker's notices come back by themselves and a late one changes nothing. The talking is done
between transactions, by threads that never touch the database. What a kill leaves unclear is said
twice rather than never; a Telegram chat is told exactly once, because the outbox is a table.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Min, QuerySet, Value, When
from django.utils import translation
from django.utils.translation import gettext as _

from bots import events
from bots.gateways.courier import Courier, Letter
from bots.gateways.errors import Busy, Held, Refused, Unreachable
from bots.models import Channel, Notice
from bots.services import couriers
from tenants.encryption import DecryptionError
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
CHANNELS_AT_ONCE = 8
# With a tick every two seconds: 90 a minute, where Feishu's custom bots take 100 and 5 a second.
PER_CHANNEL = 3
BUDGET = 20.0  # seconds; a pass ends long before its leases do
WAITS = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 3600, 10800))
TOO_LATE = timedelta(days=1)

# Somebody waits before the page of a test.
TESTS_FIRST = Case(When(event=events.TEST, then=Value(0)), default=Value(1))
OPEN = (Notice.State.DUE, Notice.State.SENDING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one claimed notice. `wait` tells that it is tried again, and when."""

    pk: int
    error: str = ""
    wait: timedelta | None = None
    # never tried, because one before it found the channel closed, or our own limits held it back
    untouched: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """The claimed notices of one channel on their way."""

    tenant_id: int
    channel_id: int
    lease: datetime
    attempts: dict[int, int]
    language: str = "en"
    letters: Sequence[tuple[int, Letter]] = ()
    courier: Courier | None = None
    # why nothing can be sent at all
    error: str = ""


def deliver_due(now: datetime) -> int:
    """Deliver what is due, of all tenants; return how many notices were settled or put off.

    Any number of processes may run it at once.
    """
    started = time.monotonic()
    tried: set[int] = set()
    count = 0
    while time.monotonic() - started < BUDGET:
        channels = _due_channels(now, tried)
        if not channels:
            break
        tried |= {channel_id for _tenant_id, channel_id in channels}
        rounds = [r for ids in channels if (r := _prepare(*ids, now)) is not None]
        with ThreadPoolExecutor(CHANNELS_AT_ONCE) as pool:
            for done, outcomes in zip(rounds, pool.map(_talk, rounds), strict=True):
                _settle(done, outcomes, now)
        count += sum(len(done.attempts) for done in rounds)
    return count


def _due_channels(now: datetime, tried: set[int]) -> list[tuple[int, int]]:
    with unscoped("the due notices of all tenants"):
        return list(
            Notice.objects.filter(
                state__in=OPEN, due_at__lte=now, tenant__state=Tenant.State.ACTIVE
            )
            .exclude(channel_id__in=tried)
            .values_list("tenant_id", "channel_id")
            .annotate(first=Min("due_at"))
            .order_by("first")
            .values_list("tenant_id", "channel_id")[:CHANNELS_AT_ONCE]
        )


def _prepare(tenant_id: int, channel_id: int, now: datetime) -> Round | None:
    """Claim a channel's due notices and read what sending them takes; None if there are none."""
    with scope(tenant_id):
        attempts = _claim(channel_id, now)
    if not attempts:
        return None
    way = Round(tenant_id, channel_id, now + LEASE, attempts)
    try:
        with scope(tenant_id):
            return _read(way, now)
    except Refused as refused:
        return replace(way, error=refused.description)
    except Exception:
        # one damaged row must not stop the others
        log.exception("channel %s cannot be read", channel_id)
        return replace(way, error=_("The settings of this channel cannot be read."))


def _read(way: Round, now: datetime) -> Round | None:
    """Add what sending takes; a Telegram chat is told at once, through the outbox."""
    language = Tenant.objects.get(pk=way.tenant_id).language
    channel = Channel.objects.select_related("bot").defer("bot__token").get(pk=way.channel_id)
    with translation.override(language):
        letters = [(notice.pk, couriers.letter(channel, notice)) for notice in _readable(way)]
        if channel.kind == Channel.Kind.TELEGRAM:
            couriers.through_bot(channel, letters, now)
            return None
        return replace(way, language=language, letters=letters, courier=couriers.connect(channel))


def _readable(way: Round) -> list[Notice]:
    """Return the claimed notices; one whose content no key opens fails alone."""
    claimed = Notice.objects.filter(pk__in=way.attempts).order_by(TESTS_FIRST, "pk")
    try:
        return list(claimed)
    except DecryptionError:
        log.exception("a notice of channel %s cannot be read", way.channel_id)
    found = []
    for pk in claimed.values_list("pk", flat=True):
        try:
            found.append(Notice.objects.get(pk=pk))
        except DecryptionError:
            error = _("The content of this notice cannot be read.")
            Notice.objects.filter(pk=pk).update(state=Notice.State.FAILED, error=error)
    return found


def _claim(channel_id: int, now: datetime) -> dict[int, int]:
    """Take the channel's first due notices; return how often each has been tried, this included."""
    free = Channel.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=channel_id)
    mine = Notice.objects.filter(channel_id=channel_id)
    under_way = mine.filter(state=Notice.State.SENDING, due_at__gt=now)
    if not free.values_list("pk") or under_way.exists():
        return {}  # one process at a time talks to a channel, so order is kept
    overdue = mine.filter(state__in=OPEN, due_at__lte=now)
    overdue.filter(created_at__lt=now - TOO_LATE).update(
        state=Notice.State.FAILED, error=_("The channel could not be reached for a day.")
    )
    overdue.filter(state=Notice.State.SENDING, attempts__gt=len(WAITS)).update(
        state=Notice.State.FAILED, error=_("The delivery was interrupted too often.")
    )
    taken = {}
    due = overdue.only("pk", "state", "due_at", "attempts")
    for seen in due.order_by(TESTS_FIRST, "due_at", "pk")[:PER_CHANNEL]:
        unchanged = mine.filter(pk=seen.pk, state=seen.state, due_at=seen.due_at)
        if unchanged.update(
            state=Notice.State.SENDING, due_at=now + LEASE, attempts=F("attempts") + 1
        ):
            taken[seen.pk] = seen.attempts + 1
    return taken


def _talk(way: Round) -> list[Outcome]:
    """Send one channel's letters in order; runs in a thread, without the database."""
    if way.courier is None:
        return [Outcome(pk, way.error) for pk in way.attempts]
    outcomes: list[Outcome] = []
    with translation.override(way.language):
        for pk, said in way.letters:
            outcome = _hand_over(way.courier, pk, said, way.attempts[pk])
            outcomes.append(outcome)
            if outcome.wait is not None:
                break
    left = list(way.letters)[len(outcomes) :]
    return outcomes + [
        Outcome(pk, outcomes[-1].error, outcomes[-1].wait, untouched=True) for pk, _said in left
    ]


def _hand_over(courier: Courier, pk: int, said: Letter, attempts: int) -> Outcome:
    try:
        courier.deliver(said)
    except Refused as refused:
        return Outcome(pk, refused.description or str(refused))
    except Busy as busy:
        wait = timedelta(seconds=busy.retry_after)
        if isinstance(busy, Held) and said.event != events.TEST:
            return Outcome(pk, wait=wait, untouched=True)
        return _again(pk, said, attempts, _("The service asks us to wait."), wait)
    except Unreachable as unreachable:
        return _again(pk, said, attempts, unreachable.reason)
    except Exception:
        log.exception("a %s notice could not be sent", said.event)
        return _again(pk, said, attempts, _("Something went wrong on our side."))
    return Outcome(pk)


def _again(
    pk: int, said: Letter, attempts: int, error: str, at_least: timedelta = timedelta()
) -> Outcome:
    """Put a notice off, longer each time; a test is tried once, anything else not for ever."""
    if said.event == events.TEST or attempts > len(WAITS):
        return Outcome(pk, error)
    return Outcome(pk, error, max(WAITS[attempts - 1], at_least))


def _settle(way: Round, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what became of a channel's notices, unless the lease was lost meanwhile."""
    with scope(way.tenant_id):
        mine = Notice.objects.filter(
            channel_id=way.channel_id, state=Notice.State.SENDING, due_at=way.lease
        )
        for outcome in outcomes:
            _write_down(mine.filter(pk=outcome.pk), outcome, now)
        channel = Channel.objects.filter(pk=way.channel_id)
        waiting = Notice.objects.filter(channel_id=way.channel_id, state=Notice.State.DUE)
        error = next((outcome.error[:300] for outcome in outcomes if outcome.error), "")
        wait = next((outcome.wait for outcome in outcomes if outcome.wait is not None), None)
        if error:
            channel.update(last_error=error)
        elif not all(outcome.untouched for outcome in outcomes):
            channel.update(last_ok_at=now, last_error="")
        if wait is not None:
            later = now + wait
            put_off = {"due_at": later, **({"error": error} if error else {})}
            waiting.exclude(event=events.TEST).filter(due_at__lt=later).update(**put_off)
        elif not error:
            # the channel works again: what was put off because of it need not wait
            waiting.exclude(error="").filter(due_at__gt=now).update(due_at=now)


def _write_down(claimed: QuerySet[Notice], outcome: Outcome, now: datetime) -> None:
    error = outcome.error[:300]
    if outcome.wait is not None:
        attempts = F("attempts") - 1 if outcome.untouched else F("attempts")
        changes: dict[str, Any] = {
            "state": Notice.State.DUE,
            "due_at": now + outcome.wait,
            "attempts": attempts,
        }
    elif error:
        changes = {"state": Notice.State.FAILED, "due_at": now}
    else:
        changes = {"state": Notice.State.SENT, "due_at": now}
    claimed.update(**changes, error=error)

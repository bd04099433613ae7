"""Delivers a bot's outbox: one sender a bot at a time, in order within a chat.

A sender takes the bot's lease, then works in waves: the first waiting message of up to eight chats
is marked SENDING in one transaction, sent side by side, and the results are written in another.
A call that takes long is left behind: the next waves go to the other chats, and only its own waits.
A sender that dies leaves at most eight messages of which nobody knows whether Telegram got them:
those are sent again, except broadcasts, where a message too few is better than one twice.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent import futures
from datetime import datetime, timedelta

from django.db.models import Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from bots.gateways.telegram import Telegram, connect
from bots.models import Bot, OutboxMessage
from bots.services import limits, outcomes, slots, waves
from bots.services.calls import Call, Calls, Job
from bots.services.outcomes import Outcome
from bots.services.waves import Booking, Head
from tenants import leases
from tenants.ids import random_text
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
# A call may take longer than the lease (an upload: two minutes), so it is renewed meanwhile.
RENEW_EVERY = 5.0
# An edit whose post is still on its way looks again after this.
POST_WAIT = timedelta(seconds=1)
# An answer takes a tenth of a second. A wave waits this long for its calls, then goes on without
# the late ones.
PATIENCE = 1.0
# How often a sender that has nothing else to do than wait for late calls looks for new messages.
LOOK_EVERY = 0.5
# Its turn is over, but late calls keep it: for how much longer it sends to the other chats.
OVERTIME = 20.0
State = OutboxMessage.State


def due_bots(now: datetime, *, limit: int | None = None) -> list[int]:
    """Return the bots that have something to send now and that nobody is sending for.

    Those whose oldest message has waited longest come first.
    """
    with unscoped("the sweep wakes the senders of all tenants"):
        waiting = OutboxMessage.objects.filter(
            state__in=[State.DUE, State.SENDING], due_at__lte=now
        ).values("bot_id")
        oldest = dict(waiting.annotate(oldest=Min("due_at")).values_list("bot_id", "oldest"))
        ready = Bot.objects.filter(_may_send(), pk__in=waiting).values_list("pk", flat=True)
        return sorted(ready, key=lambda bot_id: (oldest.get(bot_id, now), bot_id))[:limit]


def expire(now: datetime) -> int:
    """Give up late notices and broadcasts of all bots, those that are off among them."""
    with unscoped("messages of bots that are off go stale in all tenants"):
        return outcomes.expire(now)


def _is_on() -> Q:
    # the tenant by a query of its own: joined, PostgreSQL would not see that another sender has
    # just taken the bot while this one waited for the row
    active = Tenant.objects.filter(state=Tenant.State.ACTIVE)
    return Q(state=Bot.State.ENABLED, tenant_id__in=active.values("pk"))


def _may_send() -> Q:
    is_paused = Q(send_after__isnull=False, send_after__gt=Now())
    return _is_on() & ~is_paused & leases.free("sender_lease_until", LEASE.total_seconds())


def drain(
    bot_id: int,
    *,
    seconds: float = 2.0,
    gateway: Callable[[str], Telegram] = connect,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Send what a bot has waiting, for at most `seconds`; return whether more is due.

    Does nothing where another process holds the bot's lease. Where only broadcasts are left it
    stops after one wave, so that other bots' replies do not wait behind them.
    """
    with unscoped("which tenant a bot belongs to"):
        tenant_id = Bot.objects.filter(pk=bot_id).values_list("tenant_id", flat=True).first()
    if tenant_id is None:
        return False
    sender = Sender(bot_id, tenant_id, sleep)
    if not sender.take_lease():
        return False
    try:
        return sender.run(gateway, until=time.monotonic() + seconds)
    except limits.Away as error:
        log.warning("the limits cannot be asked (%s); the sweep tries again", error)
        return False
    finally:
        sender.drop_lease()


class Sender:
    """One bot's sender, for as long as it holds the lease."""

    def __init__(self, bot_id: int, tenant_id: int, sleep: Callable[[float], None]) -> None:
        self.bot_id = bot_id
        self.tenant_id = tenant_id
        self.lease = random_text(20)
        self.renewed_at = time.monotonic()
        self.calls = Calls(sleep)
        # the bot was lost or switched off: nothing more is taken
        self.is_over = False

    def take_lease(self) -> bool:
        """Take the bot for this sender; False where another has it, or it may not send now."""
        now = timezone.now()
        with scope(self.tenant_id):
            free = Bot.objects.filter(_may_send(), pk=self.bot_id)
            if not free.update(sender_lease=self.lease, sender_lease_until=Now() + LEASE):
                return False
            outcomes.expire(now, bot_id=self.bot_id)
            # what a sender that died had under way
            orphans = OutboxMessage.objects.filter(bot_id=self.bot_id, state=State.SENDING)
            _alarm([outcomes.orphaned(message, now) for message in orphans])
            return True

    def renew_lease(self, *conditions: Q) -> bool:
        """Hold the bot for another while; False where it was lost, or is not as it should be."""
        self.renewed_at = time.monotonic()
        mine = Bot.objects.filter(*conditions, pk=self.bot_id, sender_lease=self.lease)
        return bool(mine.update(sender_lease_until=Now() + LEASE))

    def drop_lease(self) -> None:
        """Let others send."""
        with scope(self.tenant_id):
            Bot.objects.filter(pk=self.bot_id, sender_lease=self.lease).update(
                sender_lease_until=None
            )

    def run(self, gateway: Callable[[str], Telegram], *, until: float) -> bool:
        """Send until the turn's end; return whether something due is left that can be sent now.

        Late calls keep the sender past that end, for the bot is its own until their answers are
        written. Meanwhile it goes on with the other chats.
        """
        with scope(self.tenant_id, transaction=False):
            telegram = gateway(Bot.objects.get(pk=self.bot_id).token)
        end = until + OVERTIME
        try:
            while True:
                is_more = self._turn(telegram, until=until)
                if self.is_over or not self.calls.under_way or time.monotonic() >= end:
                    return is_more
                if not is_more:
                    self._await(list(self.calls.under_way), LOOK_EVERY)
                self._settle()
                until = time.monotonic() + LOOK_EVERY
        finally:
            self._await(list(self.calls.under_way), math.inf)
            self._settle()

    def _turn(self, telegram: Telegram, *, until: float) -> bool:
        """Send wave after wave; return whether something due is left that can be sent now."""
        was_bulk = False
        while heads := self._heads():
            if was_bulk or time.monotonic() >= until:
                return True
            booking = waves.book(self.bot_id, heads, most=self._room())
            jobs = self._take(booking)
            if jobs is None:
                self.is_over = True
                return False
            if (jobs and not self._send(telegram, jobs)) or booking.pause:
                return False
            was_bulk = heads[0].priority >= OutboxMessage.Priority.BULK and bool(jobs)
        return False

    def _room(self) -> int:
        return waves.WAVE - len(self.calls.under_way)

    def _heads(self) -> list[Head]:
        if not self._room():
            return []
        with scope(self.tenant_id, transaction=False):
            return waves.heads(self.bot_id, timezone.now(), busy=self.calls.chats)

    def _take(self, booking: Booking) -> list[Job] | None:
        """Mark and return the messages to send, put off the others; None: the bot is not ours."""
        now = timezone.now()
        with scope(self.tenant_id):
            # this row's lock tells apart what we have taken and what may still be cancelled
            if not self.renew_lease(_is_on()):
                return None
            due = OutboxMessage.objects.filter(state=State.DUE)
            for tenths, late in booking.put_off.items():
                due_at = now + timedelta(seconds=tenths / 10)
                due.filter(pk__in=late).update(due_at=due_at, is_put_off=True)
            self._pause(booking.pause)
            if not booking.slots:
                return []
            chosen = list(booking.slots)
            due.filter(pk__in=chosen).update(state=State.SENDING, lease=self.lease)
            # read again: what was cancelled, held or moved to another chat meanwhile has changed
            taken = OutboxMessage.objects.filter(
                pk__in=chosen, state=State.SENDING, lease=self.lease
            )
            rows = list(taken.order_by("priority", "pk"))
            jobs = [self._prepared(row, booking.slots[row.pk], now) for row in rows]
            _alarm([one for one in jobs if isinstance(one, Outcome)])
            return [one for one in jobs if isinstance(one, Job)]

    def _pause(self, seconds: float) -> None:
        """Keep the bot's senders away for a while; a shorter pause does not end a longer one."""
        if seconds > 0:
            until = Now() + timedelta(seconds=seconds)
            sooner = Q(send_after=None) | Q(send_after__lt=until)
            Bot.objects.filter(sooner, pk=self.bot_id).update(send_after=until)

    def _prepared(self, message: OutboxMessage, wait: float, now: datetime) -> Job | Outcome:
        """Return the job of a message; what became of it where its post is not there to edit."""
        resolved = slots.resolve(message)
        if resolved is None:
            post = slots.post_waits(message)
            if post is None:
                return outcomes.fail(message, "There is no message to edit.", now)
            outcomes.defer(message, max(now + POST_WAIT, post.due_at))
            return outcomes.GOES_ON
        method, params = resolved
        if message.chat_id is not None:
            params = {"chat_id": message.chat_id, **params}
        return Job(message, method, params, wait)

    def _send(self, telegram: Telegram, jobs: Sequence[Job]) -> bool:
        """Send a wave and write what came of it; return whether to go on with this bot."""
        calls = self.calls.start(telegram, jobs)
        self._await(calls, max(job.wait for job in jobs) + PATIENCE)
        return self._settle(calls)

    def _settle(self, wave: Collection[Call] = ()) -> bool:
        """Write what came of the calls that have ended; return whether to go on with this bot.

        Where a late call (one of no `wave`) failed, that stops nobody: others went through since.
        """
        ended = self.calls.ended()
        if not ended:
            return True
        now = timezone.now()
        with scope(self.tenant_id):
            came = [outcomes.write(job.message, call.result(), now) for call, job in ended]
            pause = max(outcome.pause for outcome in came)
            self._pause(pause)
            _alarm(came)
        if pause:
            self._tell_limits(pause)
            return False
        in_time = [outcome for outcome, (call, _) in zip(came, ended, strict=True) if call in wave]
        return all(outcome.goes_on for outcome in in_time)

    def _await(self, calls: Collection[Call], seconds: float) -> None:
        """Wait for the calls to end, at most `seconds`, and keep the lease meanwhile."""
        until = time.monotonic() + seconds
        while calls and (left := until - time.monotonic()) > 0:
            if not futures.wait(calls, timeout=min(left, RENEW_EVERY)).not_done:
                return
            if time.monotonic() - self.renewed_at >= RENEW_EVERY:
                with scope(self.tenant_id):
                    self.is_over |= not self.renew_lease()

    def _tell_limits(self, pause: float) -> None:
        try:
            limits.pause(self.bot_id, pause)
        except limits.Away as error:
            # the bot's own row holds the pause too
            log.warning("bot %s: the pause is not in the limits (%s)", self.bot_id, error)


def _alarm(came: Iterable[Outcome]) -> None:
    """Tell staff, as the last thing in a transaction."""
    for outcome in came:
        if outcome.alarm is not None:
            outcome.alarm()

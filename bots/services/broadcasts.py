"""Writes to all people of a bot, slowly enough for Telegram and safe to interrupt anywhere.

`feed` tops up the outbox: the place reached (`cursor`) moves by compare-and-set in the transaction
that writes the messages, so whatever is killed, nobody is left out and nobody is written to twice.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bots.messages import MAX_TEXT, Call, text_params
from bots.models import Bot, Broadcast, OutboxMessage, Person
from bots.services import outbox
from bots.services.notices import notify
from tenants.models import Tenant
from tenants.scoping import scope, unscoped
from tenants.services import audit
from tenants.services.audit import Actor

log = logging.getLogger(__name__)

# Messages of one broadcast that wait in the outbox: a few seconds of work, so a pause is quick.
WAITING = 200
# What the sender's limits let through (Bot API FAQ: about 30 messages a second in bulk).
PER_SECOND = 25

State = OutboxMessage.State
RUNNING, PAUSED = Broadcast.State.RUNNING, Broadcast.State.PAUSED


class CannotStart(ValueError):
    """The broadcast cannot be sent; the text says why, for the person at the page."""


def audience(bot: Bot) -> QuerySet[Person]:
    """Return the people a broadcast reaches: who started the bot and did not block it."""
    return Person.objects.filter(bot=bot, has_started=True, blocked_at=None)


def start(bot: Bot, text: str, actor: Actor, *, key: str = "") -> Broadcast:
    """Start a broadcast; a second start under the same `key` returns the first (double click).

    `key` becomes the broadcast's public id. People who start the bot later are not written to.

    Raises:
        CannotStart: no text or too much, nobody to write to, or the bot is not online.
    """
    _check(bot, text)
    if key and (known := Broadcast.objects.filter(public_id=key, bot=bot).first()):
        return known
    total = audience(bot).count()
    if not total:
        raise CannotStart(_("Nobody has started this bot yet."))
    broadcast = Broadcast(
        tenant_id=bot.tenant_id, bot=bot, text=text, total=total, created_by_id=actor.user_id
    )
    if key:
        broadcast.public_id = key
    try:
        with transaction.atomic():
            broadcast.save(force_insert=True)
            audit.record("broadcast.started", actor=actor, target=broadcast, people=total)
    except IntegrityError:
        return Broadcast.objects.get(public_id=key, bot=bot)
    return broadcast


def _check(bot: Bot, text: str) -> None:
    if not text.strip():
        raise CannotStart(_("Write a text first."))
    if length(text) > MAX_TEXT:
        raise CannotStart(_("The text is too long: Telegram takes 4096 characters."))
    if bot.state != Bot.State.ENABLED:
        raise CannotStart(_("The bot is not online: switch it on first."))


def length(text: str) -> int:
    """Return how many of Telegram's 4096 characters a text takes (UTF-16 units)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pause(broadcast: Broadcast, *, actor: Actor) -> bool:
    """Hold what waits; return False where it does not run. Messages on the wire still arrive."""
    with transaction.atomic():
        if not _move(broadcast, (RUNNING,), PAUSED):
            return False
        _messages(broadcast, State.DUE).update(state=State.HELD)
        audit.record("broadcast.paused", actor=actor, target=broadcast)
    return True


def resume(broadcast: Broadcast, *, actor: Actor) -> bool:
    """Go on where it was paused; return False where it is not paused."""
    with transaction.atomic():
        if not _move(broadcast, (PAUSED,), RUNNING):
            return False
        held = _messages(broadcast, State.HELD)
        held.update(state=State.DUE, due_at=timezone.now())
        audit.record("broadcast.resumed", actor=actor, target=broadcast)
        outbox.nudge_after_commit(broadcast.bot_id)
    return True


def cancel(broadcast: Broadcast, *, actor: Actor) -> bool:
    """Stop for good; return False where it has ended already."""
    with transaction.atomic():
        if not _move(broadcast, (RUNNING, PAUSED), Broadcast.State.CANCELLED):
            return False
        _messages(broadcast, State.DUE, State.HELD).update(state=State.CANCELLED)
        _count(broadcast.pk)
        audit.record("broadcast.cancelled", actor=actor, target=broadcast)
    return True


def _move(broadcast: Broadcast, before: tuple[str, ...], after: str) -> bool:
    """Change the state if it is one of `before`; a feeder of this moment ends first."""
    moved = Broadcast.objects.filter(pk=broadcast.pk, state__in=before).update(state=after)
    broadcast.refresh_from_db()
    return bool(moved)


def _messages(broadcast: Broadcast, *states: str) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(
        # the bot lets the index of waiting messages find them
        bot_id=broadcast.bot_id,
        broadcast=broadcast,
        state__in=states,
    )


def feed(now: datetime) -> int:
    """Top up the outbox for each running broadcast of all tenants; return how many were looked at.

    Also counts what has been sent, ends what is through, and catches messages that a retry brought
    back after a pause or cancellation. Any number of processes may run it at once.
    """
    with unscoped("the open broadcasts of all tenants"):
        open_ones = list(
            Broadcast.objects.filter(finished_at=None, tenant__state=Tenant.State.ACTIVE)
            .order_by("pk")
            .values_list("tenant_id", "pk", "state")
        )
    for tenant_id, pk, state in open_ones:
        work = _feed_one if state == RUNNING else _hold_back
        try:
            with scope(tenant_id):
                work(pk, now)
        except Exception:
            # one damaged broadcast must not stop the others
            log.exception("broadcast %s cannot go on", pk)
    return len(open_ones)


def _feed_one(pk: int, now: datetime) -> None:
    broadcast = Broadcast.objects.select_related("bot").get(pk=pk)
    sent_so_far = _count(pk)
    if broadcast.state != RUNNING or broadcast.bot.state != Bot.State.ENABLED:
        return
    room = WAITING - sent_so_far.waiting
    if room <= 0:
        return
    people = audience(broadcast.bot).filter(
        pk__gt=broadcast.cursor, created_at__lte=broadcast.created_at
    )
    found = list(people.order_by("pk").values_list("pk", "telegram_id")[:room])
    if not found:
        if not sent_so_far.waiting:
            _finish(broadcast, now)
        return
    # Another feeder that was here first has moved the cursor: then its messages are enough.
    unmoved = Broadcast.objects.filter(pk=pk, state=RUNNING, cursor=broadcast.cursor)
    if unmoved.update(cursor=found[-1][0]):
        params = text_params(broadcast.text, MAX_TEXT)
        outbox.write(broadcast.bot, [_call(pk, chat_id, params) for _pk, chat_id in found])


def _call(broadcast_id: int, chat_id: int, params: dict[str, str]) -> Call:
    bulk = OutboxMessage.Priority.BULK
    return Call("sendMessage", chat_id, params, priority=bulk, broadcast_id=broadcast_id)


def _finish(broadcast: Broadcast, now: datetime) -> None:
    running = Broadcast.objects.filter(pk=broadcast.pk, state=RUNNING, cursor=broadcast.cursor)
    if not running.update(state=Broadcast.State.DONE, finished_at=now):
        return
    counts = _count(broadcast.pk)
    # people who blocked the bot meanwhile were left out
    Broadcast.objects.filter(pk=broadcast.pk).update(total=counts.done)
    notify(
        "broadcast.finished",
        _("A broadcast is finished"),
        format_lazy(
            _("@{bot}: {sent} of {total} messages have arrived.\n\n{text}"),
            bot=broadcast.bot.username,
            sent=counts.sent,
            total=counts.done,
            text=broadcast.text[:100],
        ),
        {"bot": broadcast.bot.public_id, "broadcast": broadcast.public_id, "sent": counts.sent},
    )


def _hold_back(pk: int, now: datetime) -> None:
    """Hold or cancel messages that the sender put back after an attempt (a 429, a lost lease)."""
    broadcast = Broadcast.objects.get(pk=pk)
    if broadcast.state == PAUSED:
        _messages(broadcast, State.DUE).update(state=State.HELD)
    if broadcast.state == Broadcast.State.CANCELLED:
        _messages(broadcast, State.DUE, State.HELD).update(state=State.CANCELLED)
        if not _count(pk).waiting:
            Broadcast.objects.filter(pk=pk).update(finished_at=now)
        return
    _count(pk)


class Counts:
    """What became of a broadcast's messages so far."""

    def __init__(self, by_state: dict[str, int]) -> None:
        self.sent = by_state.get(State.SENT, 0)
        self.blocked = by_state.get(State.BLOCKED, 0)
        self.failed = by_state.get(State.FAILED, 0)
        self.waiting = by_state.get(State.DUE, 0) + by_state.get(State.SENDING, 0)
        self.done = self.sent + self.blocked + self.failed


def _count(pk: int) -> Counts:
    """Count the messages by state, and keep the sums with the broadcast for its pages."""
    rows = OutboxMessage.objects.filter(broadcast_id=pk).order_by().values_list("state")
    counts = Counts(dict(rows.annotate(n=Count("pk"))))
    kept = Broadcast.objects.filter(pk=pk)
    changes = {"sent": counts.sent, "blocked": counts.blocked, "failed": counts.failed}
    kept.exclude(**changes).update(**changes)
    return counts


def time_left(broadcast: Broadcast) -> timedelta:
    """Return how long the rest takes at 25 messages a second."""
    done = broadcast.sent + broadcast.blocked + broadcast.failed
    return timedelta(seconds=-(-max(broadcast.total - done, 0) // PER_SECOND))

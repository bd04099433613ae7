"""Draws: freeze, commit to the list, draw, announce.

Each step is one transaction around one conditional UPDATE, so a step happens once however many
workers try it, and a worker that dies anywhere leaves a state from which the next one goes on.
"""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bots.services import notices, outbox
from lottery.models import DrawRecord, Entry, Lottery, Place
from lottery.services import cards, entries, fairdraw, giveaways, results
from tenants.scoping import unscoped
from tenants.services import audit

State = Lottery.State
# How long a worker keeps a giveaway for itself; what failed or died is tried again after it.
HOLD = timedelta(seconds=10)
# Messages that one INSERT writes.
CHUNK = 200

NUMBER = (
    "UPDATE lottery_entry SET entry_no = n.place - 1, ticket_end = n.tickets FROM"
    " (SELECT id, row_number() OVER (ORDER BY id) AS place,"
    " sum(weight) OVER (ORDER BY id) AS tickets"
    " FROM lottery_entry WHERE lottery_id = %s AND state = 'ok') n"
    " WHERE lottery_entry.id = n.id"
)


def local_beacon() -> bytes:
    """Return 32 random bytes of this machine; asked for only when the list has been committed."""
    return secrets.token_bytes(32)


def due(now: datetime) -> list[tuple[int, int]]:
    """Return (tenant id, giveaway id) of all that the clock must take further, of all tenants."""
    with unscoped("the clock looks for due giveaways of all tenants"):
        rows = Lottery.objects.filter(
            Q(state=State.SCHEDULED, starts_at__lte=now)
            | Q(state=State.OPEN, ends_at__lte=now)
            | Q(state__in=[State.FROZEN, State.DRAWN]),
            Q(retry_at=None) | Q(retry_at__lte=now),
        )
        return list(rows.order_by("ends_at").values_list("tenant_id", "pk"))


def advance(lottery_id: int, *, now: datetime, beacon: Callable[[], bytes] = local_beacon) -> bool:
    """Take a giveaway as far as the clock allows; False where another worker has it.

    Call in the tenant's scope, outside a transaction: each step commits by itself.
    """
    free = Lottery.objects.filter(pk=lottery_id).exclude(retry_at__gt=now)
    if not free.update(retry_at=now + HOLD):
        return False
    giveaways.open_due(lottery_id, now=now)
    freeze(lottery_id, now=now)
    commit(lottery_id, now=now)
    draw(lottery_id, now=now, beacon=beacon)
    announce(lottery_id, now=now)
    Lottery.objects.filter(pk=lottery_id, retry_at=now + HOLD).update(retry_at=None)
    return True


def freeze(lottery_id: int, *, now: datetime) -> bool:
    """Stop joining; tell whether it was this call that did.

    The lock waits for joins under way; those that come later see the new state
    (services/entries.py).
    """
    with transaction.atomic():
        ended = Lottery.objects.filter(pk=lottery_id, state=State.OPEN, ends_at__lte=now)
        if not list(ended.select_for_update().values_list("pk")):
            return False
        return bool(ended.update(state=State.FROZEN, frozen_at=now))


def commit(lottery_id: int, *, now: datetime) -> bool:
    """Number the frozen list and write the record of it; tell whether it was this call that did.

    The list cannot change any more, so two workers would write the same; one of them does.
    """
    lottery = (
        Lottery.objects.filter(pk=lottery_id, state=State.FROZEN, record=None)
        .select_related("tenant")
        .first()
    )
    if lottery is None:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NUMBER, [lottery_id])
    numbered = entries.stream(lottery_id)
    root = fairdraw.root(fairdraw.leaf(no, weight, tag) for _pk, no, weight, tag in numbered)
    record = _record(lottery, root)
    with transaction.atomic():
        _written, is_new = DrawRecord.objects.get_or_create(
            lottery=lottery,
            defaults={
                "tenant_id": lottery.tenant_id,
                "record": record.decode(),
                "record_hash": fairdraw.record_hash(record).hex(),
                "committed_at": now,
            },
        )
        Lottery.objects.filter(pk=lottery_id).update(entry_count=_size(lottery_id)[0])
    return bool(is_new)


def _size(lottery_id: int) -> tuple[int, int]:
    """Return entries and tickets of the frozen list."""
    listed = Entry.objects.filter(lottery_id=lottery_id, entry_no__isnull=False)
    found = listed.aggregate(tickets=Sum("weight"))
    return listed.count(), found["tickets"] or 0


def _record(lottery: Lottery, root: bytes) -> bytes:
    """Return the canonical record (fairdraw/1, step 4)."""
    count, tickets = _size(lottery.pk)
    frozen_at = lottery.frozen_at or lottery.ends_at
    return fairdraw.canonical(
        {
            "v": fairdraw.VERSION,
            "tenant": lottery.tenant.public_id,
            "draw": lottery.public_id,
            "seq": lottery.number,
            "entries": count,
            "tickets": tickets,
            "root": root.hex(),
            "frozen_at": int(frozen_at.timestamp()),
            "reserves": lottery.reserves,
            "prizes": [
                {"tier": prize.tier, "name": prize.name, "count": prize.count}
                for prize in lottery.prizes.all()
            ],
            "rules_sha256": fairdraw.rules_sha256(f"{lottery.title}\n\n{lottery.text}"),
            "secret_sha256": lottery.secret_sha256,
            "beacon": {"kind": "local"},
        }
    )


def draw(lottery_id: int, *, now: datetime, beacon: Callable[[], bytes] = local_beacon) -> bool:
    """Draw the places of a committed list and reveal the secret; tell whether this call did."""
    record = DrawRecord.objects.filter(lottery_id=lottery_id).first()
    if record is None:
        return False
    with transaction.atomic():
        # no join in this condition: PostgreSQL would test only the row's own columns again when
        # it has waited for another worker
        frozen = Lottery.objects.filter(pk=lottery_id, state=State.FROZEN)
        if not frozen.update(state=State.DRAWN):
            return False
        lottery = Lottery.objects.get(pk=lottery_id)
        chance = beacon()
        key = fairdraw.seed(
            bytes.fromhex(record.record_hash), bytes.fromhex(lottery.secret), chance
        )
        Place.objects.bulk_create(_places(lottery, key), batch_size=CHUNK)
        DrawRecord.objects.filter(pk=record.pk).update(
            beacon=chance.hex(), secret=lottery.secret, drawn_at=now
        )
        audit.record(
            "giveaway.drawn",
            actor=audit.Actor.system(),
            target=lottery,
            record=record.record_hash,
        )
    return True


def _places(lottery: Lottery, key: bytes) -> Iterator[Place]:
    ids, weights = array("q"), array("q")
    for pk, _number, weight, _tag in entries.stream(lottery.pk):
        ids.append(pk)
        weights.append(weight)
    prizes = list(
        fairdraw.prizes_in_order(lottery.prizes.order_by("tier", "pk").values_list("pk", "count"))
    )
    order = fairdraw.places(key, weights, len(prizes) + lottery.reserves)
    for position, number in enumerate(order, 1):
        yield Place(
            tenant_id=lottery.tenant_id,
            lottery=lottery,
            position=position,
            entry_id=ids[number],
            prize_id=prizes[position - 1] if position <= len(prizes) else None,
        )


def announce(lottery_id: int, *, now: datetime) -> bool:
    """Tell the chat, the winners and the staff; tell whether it was this call that did."""
    with transaction.atomic():
        drawn = Lottery.objects.filter(pk=lottery_id, state=State.DRAWN)
        if not drawn.update(state=State.ANNOUNCED, announced_at=now):
            return False
        lottery = Lottery.objects.select_related("bot", "chat").get(pk=lottery_id)
        cards.update(lottery)
        calls = iter(results.announcement(lottery))
        while part := list(islice(calls, CHUNK)):
            outbox.write(lottery.bot, part)
        _tell_staff(lottery)
    return True


def _tell_staff(lottery: Lottery) -> None:
    notices.notify(
        "giveaway.drawn",
        format_lazy(_("“{title}” was drawn"), title=lottery.title),
        format_lazy(
            _("{count} took part. The result is in the portal."), count=lottery.entry_count
        ),
        {"giveaway": lottery.public_id, "number": lottery.number, "entries": lottery.entry_count},
    )

"""Removes bots with all that belongs to them, in steps that a crash may part.

1. One short transaction marks the bot deleted: it is in no list any more, and its token is free.
2. Its rows go in batches, a transaction each: what hangs on others first.
3. The bot's own row goes last. While it is there a sweep goes on with step 2.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import CASCADE, RESTRICT, F, ForeignObjectRel, Model

from bots.models import Bot, Channel, Receipt
from tenants import leases
from tenants.ids import random_text
from tenants.scoping import scope, unscoped

BATCH = 500
# So many rows a page waits for: most bots have no more and are gone when it comes back.
AT_ONCE = 5000
LEASE = "remove bots"
# A sweep may take this long, and has the lease for longer: one batch may be a slow one.
SECONDS = 20.0
LEASE_SECONDS = 120.0


def mark(bot: Bot, *, now: datetime) -> None:
    """Make a bot invisible and its token free, in the open scope's transaction."""
    # channels outlive their bot, and must not point at one that nobody sees
    Channel.objects.filter(bot=bot).update(bot=None)
    Bot.objects.filter(pk=bot.pk).update(
        deleted_at=now,
        state=Bot.State.DISABLED,
        # what is unique among all bots: Telegram's own numbers are positive
        telegram_id=-bot.pk,
        token="",
        token_fingerprint=secrets.token_bytes(32),
        hook_digest=None,
        previous_hook_digest=None,
        # web processes and senders that know the bot compare it
        version=F("version") + 1,
    )


def begin(bot: Bot) -> bool:
    """Delete the rows of a bot that was marked, as far as a page can wait; True: all of them."""
    return _go_on(bot.tenant_id, bot.pk, rows=AT_ONCE)


def sweep() -> None:
    """Go on with the bots that are marked, for some seconds; only one sweep runs at a time."""
    holder = random_text(20)
    with unscoped("deleted bots of all tenants"):
        left = list(Bot.everything.exclude(deleted_at=None).order_by("deleted_at"))
    if not left or not leases.take(LEASE, holder, seconds=LEASE_SECONDS):
        return
    until = time.monotonic() + SECONDS
    try:
        for bot in left:
            _go_on(bot.tenant_id, bot.pk, until=until)
    finally:
        leases.drop(LEASE, holder)


def _go_on(tenant_id: int, bot_id: int, *, rows: float = math.inf, until: float = math.inf) -> bool:
    """Delete batch after batch, up to so many rows; return whether the bot itself is gone."""
    while rows > 0 and time.monotonic() < until:
        with scope(tenant_id):
            deleted = _delete_batch(bot_id)
        if not deleted:
            return True
        rows -= deleted
    return False


def _delete_batch(bot_id: int) -> int:
    """Delete some of a bot's rows, at last its own, and return how many; 0: it is gone."""
    # tied to the bot by no foreign key
    receipts = Receipt.objects.filter(bot_id=bot_id)
    ids = list(receipts.values_list("update_id", flat=True)[:BATCH])
    if ids:
        receipts.filter(update_id__in=ids).delete()
        return len(ids)
    marked = Bot.everything.filter(pk=bot_id).exclude(deleted_at=None)
    if not marked.exists():
        return 0
    return _delete_below(Bot, [bot_id]) or marked.delete()[0]


def _delete_below(model: type[Model], pks: Iterable[Any]) -> int:
    """Delete a batch of what hangs on these rows and return its size; 0: nothing hangs on them."""
    for relation in _hanging(model):
        child = relation.related_model
        rows = child._default_manager.filter(**{f"{relation.field.name}__in": pks})
        found = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
        if found:
            below = _delete_below(child, found)
            return below or child._default_manager.filter(pk__in=found).delete()[0]
    return 0


@cache
def _hanging(model: type[Model]) -> list[ForeignObjectRel]:
    """Return the foreign keys whose rows go with a row of the model.

    RESTRICT among them: it lets rows go together only, and in batches they do not.
    """
    return [
        one
        for one in model._meta.get_fields(include_hidden=True)
        if isinstance(one, ForeignObjectRel)
        and not one.many_to_many
        and one.on_delete in (CASCADE, RESTRICT)
        and one.related_model is not model
    ]

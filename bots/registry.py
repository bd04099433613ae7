"""What a process remembers of the bots it serves: hook token -> bot, for a few seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from threading import Lock

from django.db.models import Q
from django.utils import timezone

from bots.models import Bot
from tenants.ids import digest
from tenants.models import Tenant
from tenants.scoping import unscoped

# 10,000 bots cost a process about 8 MiB (benchmarks/webhook.py); no token is ever kept
CAPACITY = 20_000
SECONDS = 30.0
# An address that nobody has costs one query in two seconds, not one a request.
UNKNOWN_CAPACITY = 4096
UNKNOWN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class BotInfo:
    """What dispatching an update needs to know of its bot; no secret, only digests."""

    id: int
    tenant_id: int
    public_id: str
    telegram_id: int
    username: str
    language: str
    products: tuple[str, ...]
    version: int
    answers: bool
    secret_digests: tuple[bytes, ...]

    def secret_is(self, secret: str) -> bool:
        """Compare the secret header in constant time with each digest that is good now."""
        given = digest(secret)
        # no early end: the time taken must not tell which digest was close
        return sum(compare_digest(given, known) for known in self.secret_digests) > 0


_cache: OrderedDict[bytes, tuple[float, BotInfo]] = OrderedDict()
_unknown: OrderedDict[bytes, float] = OrderedDict()
_lock = Lock()


def find(hook_token: str) -> BotInfo | None:
    """Return the bot behind a webhook address, from memory where it was looked up lately.

    A change of the bot is seen at once all the same: its version is compared inside each
    update's transaction (services/receipts.py), and `forget` drops what is stale. A bot that is
    off is looked up each time: no version tells when it is on again, or its tenant resumed.
    """
    key = digest(hook_token)
    with _lock:
        kept = _cache.get(key)
        unknown_until = _unknown.get(key, 0.0)
    now = time.monotonic()
    if kept is not None and kept[0] > now:
        return kept[1]
    if unknown_until > now:
        return None
    info = _load(key)
    with _lock:
        _keep(key, info)
    return info


def _keep(key: bytes, info: BotInfo | None) -> None:
    now = time.monotonic()
    if info is None:
        _cache.pop(key, None)
        _unknown[key] = now + UNKNOWN_SECONDS
        _unknown.move_to_end(key)
        if len(_unknown) > UNKNOWN_CAPACITY:
            _unknown.popitem(last=False)
    elif not info.answers:
        _cache.pop(key, None)
    else:
        _cache[key] = (now + SECONDS, info)
        _cache.move_to_end(key)
        if len(_cache) > CAPACITY:
            _cache.popitem(last=False)


def forget(hook_token: str) -> None:
    """Drop what this process knows of a webhook address: its bot, or that there was none."""
    key = digest(hook_token)
    with _lock:
        _cache.pop(key, None)
        _unknown.pop(key, None)


def clear() -> None:
    """Drop all bots from this process' memory."""
    with _lock:
        _cache.clear()
        _unknown.clear()


def _load(key: bytes) -> BotInfo | None:
    with unscoped("a webhook is told by its address alone"):
        bot = (
            # one token that no key opens must not keep its bot from being found
            Bot.objects.defer("token")
            .select_related("tenant")
            .filter(Q(hook_digest=key) | Q(previous_hook_digest=key))
            .first()
        )
        return None if bot is None else describe(bot, now=timezone.now())


def describe(bot: Bot, *, now: datetime) -> BotInfo:
    """Return what dispatching needs of a bot row."""
    secrets = [bot.secret_digest]
    if bot.previous_until is not None and bot.previous_until > now:
        secrets.append(bot.previous_secret_digest)
    return BotInfo(
        id=bot.pk,
        tenant_id=bot.tenant_id,
        public_id=bot.public_id,
        telegram_id=bot.telegram_id,
        username=bot.username,
        language=bot.language,
        products=tuple(sorted(bot.products)),
        version=bot.version,
        answers=bot.state != Bot.State.DISABLED and bot.tenant.state == Tenant.State.ACTIVE,
        secret_digests=tuple(bytes(secret) for secret in secrets if secret is not None),
    )

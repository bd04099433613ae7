"""Looks after bots: asks Telegram how deliveries go, and mends what we can mend ourselves."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F, Min, Q

from bots.gateways.errors import Revoked, TelegramError
from bots.gateways.telegram import WebhookInfo, connect
from bots.models import Bot, OutboxMessage
from bots.services import alarms, hooks, reasons
from tenants.ids import digest
from tenants.scoping import scope, unscoped

CHECK_EVERY = timedelta(minutes=30)
# A bot that is not as it should be is looked at more often.
CHECK_AGAIN = timedelta(minutes=2)
AT_A_TIME = 500
# A last error stays in Telegram's answer for ever; this long it says something about now.
RECENT = timedelta(minutes=15)


def check_due(now: datetime, *, seconds: float = 45.0) -> int:
    """Check the bots whose turn it is, for at most `seconds`; return how many.

    Each is claimed by moving its `checked_at`, so that two workers never check the same one.
    """
    until = time.monotonic() + seconds
    with unscoped("the health check walks the bots of all tenants"):
        due = list(
            Bot.objects.filter(_is_due(now))
            .order_by(F("checked_at").asc(nulls_first=True), "pk")
            .values_list("pk", "tenant_id", "checked_at")[:AT_A_TIME]
        )
    checked = 0
    for pk, tenant_id, seen_at in due:
        if time.monotonic() > until:
            break
        with scope(tenant_id):
            mine = Bot.objects.filter(pk=pk, checked_at=seen_at).update(checked_at=now)
            bot = Bot.objects.filter(pk=pk).first() if mine else None
        if bot is not None:
            check_health(bot, now=now)
            checked += 1
    return checked


def _is_due(now: datetime) -> Q:
    watched = ~Q(state=Bot.State.DISABLED) | Q(health__registered=True)
    in_order = Q(state=Bot.State.ENABLED, health__registered=True)
    long_ago = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_EVERY)
    some_time_ago = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_AGAIN)
    return watched & (long_ago | (~in_order & some_time_ago))


def check_health(bot: Bot, *, now: datetime) -> dict[str, Any]:
    """Ask Telegram how a bot's deliveries go, note it in `Bot.health` and return that.

    Mends what a crash or a lost webhook left; a bot that some other program took is only marked,
    because taking it back is for its owner to decide. Call outside any transaction.
    """
    if bot.state == Bot.State.DISABLED:
        if hooks.is_registered(bot):
            hooks.unregister(bot)
        return _note(bot, now)
    try:
        info = connect(bot.token).webhook_info()
    except Revoked:
        return _note(bot, now, state=Bot.State.BROKEN, state_reason=reasons.REVOKED)
    except TelegramError as error:
        return _note(bot, now, problem=reasons.of(error))
    with scope(bot.tenant_id, transaction=False):
        bot.refresh_from_db()  # the token may have been replaced while Telegram answered
    standing = _standing(bot, info)
    if standing == "stolen":
        host = urlsplit(info.url).hostname or "?"
        reason = reasons.STOLEN % {"detail": host}
        return _note(bot, now, info, state=Bot.State.BROKEN, state_reason=reason)
    if standing == "wrong" or not hooks.is_registered(bot):
        return _mend(bot, now, info)
    if not bot.health.get("menu", True):
        hooks.refresh_menu(bot)
    return _note(bot, now, info, state=Bot.State.ENABLED, state_reason="")


def _standing(bot: Bot, info: WebhookInfo) -> str:
    """Return `ours`, `wrong` (empty or an older address of ours) or `stolen`."""
    if hooks.polls(bot):
        if not info.url:
            return "ours"
        return "wrong" if _is_known(bot, info.url) else "stolen"
    if not info.url:
        return "wrong"
    if not _is_known(bot, info.url):
        return "stolen"
    # ours, but for an address of before, or of before PUBLIC_URL was changed
    is_current = bot.hook_digest is not None and _digest(info.url) == bytes(bot.hook_digest)
    is_here = info.url == hooks.address(hooks.hook_token_of(info.url))
    return "ours" if is_current and is_here else "wrong"


def _is_known(bot: Bot, url: str) -> bool:
    known = [one for one in (bot.hook_digest, bot.previous_hook_digest) if one is not None]
    return _digest(url) in {bytes(one) for one in known}


def _digest(url: str) -> bytes:
    return digest(hooks.hook_token_of(url))


def _mend(bot: Bot, now: datetime, info: WebhookInfo) -> dict[str, Any]:
    try:
        hooks.register(bot)
    except TelegramError as error:
        return _note(bot, now, info, problem=reasons.of(error))
    return _note(bot, now, info)


def _note(
    bot: Bot,
    now: datetime,
    info: WebhookInfo | None = None,
    *,
    problem: str = "",
    **wanted: str,
) -> dict[str, Any]:
    """Write what was seen, and the state where it changed."""
    seen: dict[str, Any] = {
        "problem": problem,
        "mode": "polling" if hooks.polls(bot) else "webhook",
    }
    if info is not None:
        seen |= {
            "host": urlsplit(info.url).hostname or "",
            "ours": not info.url or _is_known(bot, info.url),
            "pending": info.pending,
            "last_error": info.last_error[:300],
            "last_error_at": info.last_error_at and info.last_error_at.isoformat(),
            "is_failing": info.last_error_at is not None and info.last_error_at > now - RECENT,
        }
    with scope(bot.tenant_id):
        current = Bot.objects.select_for_update().get(pk=bot.pk)
        seen["lag_seconds"] = _lag(current, now)
        newly_failing = seen.get("is_failing") and not current.health.get("is_failing")
        current.health = {**current.health, **seen}
        current.checked_at = now
        current.save(update_fields=["health", "checked_at"])
        # switched off or registered anew meanwhile: what was seen is not true any more
        is_same = (current.state, current.version) == (bot.state, bot.version)
        changes = {name: value for name, value in wanted.items() if getattr(current, name) != value}
        if is_same and changes:
            hooks.change_row(current, **changes)
            if changes.get("state") == Bot.State.BROKEN:
                alarms.tell_broken(current, current.state_reason)
        if newly_failing:
            alarms.tell_webhook_error(current, seen["last_error"])
    for name in ("health", "checked_at", "state", "state_reason", "version"):
        setattr(bot, name, getattr(current, name))
    return current.health  # type: ignore[no-any-return]


def _lag(bot: Bot, now: datetime) -> int:
    """Return for how many seconds the oldest message that is due has waited."""
    waiting = OutboxMessage.objects.filter(bot=bot, state__in=["due", "sending"], due_at__lt=now)
    oldest = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    return 0 if oldest is None else int((now - oldest).total_seconds())

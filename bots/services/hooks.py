"""Registers a bot's webhook and commands with Telegram, in steps that a crash may part.

1. Fresh digests are committed, the ones before stay good for ten minutes.
2. Telegram is told, outside any transaction.
3. What Telegram said is committed.

A crash between 1 and 3 leaves `health["registered"]` false: the next health check, or the next
`register`, starts over. The token of the address and the secret are never stored, so each
registration makes new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone, translation

from bots import products, registry
from bots.gateways.errors import Refused, Revoked, TelegramError
from bots.gateways.telegram import Telegram, connect
from bots.models import Bot
from bots.services import reasons
from tenants.ids import digest, random_text
from tenants.scoping import scope

# Updates under way when the address changes still carry the old one.
OVERLAP = timedelta(minutes=10)
# Updates of one bot that Telegram delivers at the same time (1-100); many bots share our threads.
MAX_CONNECTIONS = 10
# Telegram knows languages of two letters only: one Chinese for everybody, the bot's own kind.
MENU_LANGUAGES = ("", "en", "zh")
MENU_SCOPES = ("all_private_chats", "all_group_chats")


def polls(bot: Bot) -> bool:
    """Tell whether updates are fetched: because the bot is set so, or nobody can reach us."""
    return not settings.PUBLIC_URL or bot.delivery == Bot.Delivery.POLLING


def polled() -> Q:
    """Return the condition on bots that `polls` stands for."""
    return Q(delivery=Bot.Delivery.POLLING) if settings.PUBLIC_URL else Q()


def address(hook_token: str) -> str:
    """Return the address that Telegram posts updates to."""
    return f"{settings.PUBLIC_URL}/api/webhook/{hook_token}/"


def hook_token_of(url: str) -> str:
    """Return the last path segment of a webhook's address; empty where there is none."""
    return urlsplit(url).path.strip("/").rpartition("/")[2]


def is_registered(bot: Bot) -> bool:
    """Tell whether Telegram confirmed how this bot's updates reach us."""
    return bool(bot.health.get("registered"))


def register(bot: Bot, *, telegram: Telegram | None = None) -> None:
    """Switch the bot on and tell Telegram where updates go; call outside any transaction.

    Raises:
        TelegramError: the bot's row says what happened; where waiting helps the health check
            tries again.
    """
    telegram = telegram or connect(bot.token)
    hook_token, secret = random_text(43), random_text(43)
    by_polling = polls(bot)
    _prepare(bot, hook_token="" if by_polling else hook_token, secret=secret)
    registry.forget(hook_token)
    try:
        if by_polling:
            telegram.delete_webhook()
        else:
            telegram.set_webhook(
                address(hook_token),
                secret=secret,
                allowed_updates=products.allowed_updates(tuple(sorted(bot.products))),
                max_connections=MAX_CONNECTIONS,
            )
    except TelegramError as error:
        _note_failure(bot, error)
        raise
    _confirm(bot, has_menu=_try_menu(bot, telegram))


def _prepare(bot: Bot, *, hook_token: str, secret: str) -> None:
    """Commit the new digests and the state, before Telegram can use them."""
    with scope(bot.tenant_id):
        bot.refresh_from_db(from_queryset=Bot.objects.select_for_update())
        if is_registered(bot) and bot.hook_digest is not None:
            # one that Telegram never confirmed must not push out the one that it uses
            bot.previous_hook_digest = bot.hook_digest
            bot.previous_secret_digest = bot.secret_digest
        bot.previous_until = timezone.now() + OVERLAP
        bot.hook_digest = digest(hook_token) if hook_token else None
        bot.secret_digest = digest(secret) if hook_token else None
        # on before Telegram knows: what it delivers at once would otherwise be dropped
        bot.state, bot.state_reason = Bot.State.ENABLED, ""
        bot.health = {**bot.health, "registered": False}
        _save(
            bot,
            *("hook_digest", "secret_digest", "previous_hook_digest"),
            *("previous_secret_digest", "previous_until", "state", "state_reason", "health"),
        )


def change_row(bot: Bot, **values: Any) -> None:
    """Set fields of the stored bot, in the open scope, so that web processes notice at once."""
    for name, value in values.items():
        setattr(bot, name, value)
    _save(bot, *values)


def _confirm(bot: Bot, *, has_menu: bool) -> None:
    with scope(bot.tenant_id):
        current = Bot.objects.select_for_update().get(pk=bot.pk)
        if current.hook_digest != bot.hook_digest:
            return  # another registration came after this one
        current.health = {**current.health, "registered": True, "menu": has_menu}
        if current.state == Bot.State.ENABLED:
            current.state_reason = ""
        current.save(update_fields=["health", "state_reason"])
    bot.health, bot.state_reason = current.health, current.state_reason


def _note_failure(bot: Bot, error: TelegramError) -> None:
    with scope(bot.tenant_id):
        current = Bot.objects.select_for_update().get(pk=bot.pk)
        if current.hook_digest != bot.hook_digest:
            return
        if isinstance(error, Refused):
            current.state = Bot.State.BROKEN
        current.state_reason = reasons.of(error)
        _save(current, "state", "state_reason")
    bot.state, bot.state_reason, bot.version = current.state, current.state_reason, current.version


def unregister(bot: Bot) -> bool:
    """Tell Telegram to deliver no more; return whether it knows. Call outside any transaction.

    A bot that is off answers 200 and does nothing meanwhile; the health check tries again.
    """
    try:
        connect(bot.token).delete_webhook()
    except Revoked:
        pass
    except TelegramError:
        return False
    with scope(bot.tenant_id):
        current = Bot.objects.select_for_update().get(pk=bot.pk)
        if current.state != Bot.State.DISABLED:
            return False  # switched on again meanwhile
        current.health = {**current.health, "registered": False}
        current.save(update_fields=["health"])
    bot.health = current.health
    return True


def _save(bot: Bot, *fields: str) -> None:
    """Save inside the open scope so that web processes notice: the version grows."""
    bot.save(update_fields=list(fields))
    Bot.objects.filter(pk=bot.pk).update(version=F("version") + 1)
    bot.refresh_from_db(fields=["version"])


# --- The menu of commands


def refresh_menu(bot: Bot, telegram: Telegram | None = None) -> None:
    """Set the command menus of a bot and note whether that worked; for when products change."""
    has_menu = _try_menu(bot, telegram or connect(bot.token))
    with scope(bot.tenant_id):
        current = Bot.objects.select_for_update().get(pk=bot.pk)
        current.health = {**current.health, "menu": has_menu}
        current.save(update_fields=["health"])
    bot.health = current.health


def _try_menu(bot: Bot, telegram: Telegram) -> bool:
    """Set the menus; a bot without them still answers, so a failure is only noted."""
    try:
        for where, language, commands in menus(bot):
            telegram.set_commands(commands, language=language, scope=where)
    except TelegramError:
        return False
    return True


def menus(bot: Bot) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Return scope, language code and commands of each menu Telegram should show."""
    routes = products.table(tuple(sorted(bot.products))).commands
    own = products.table(()).commands
    for where in MENU_SCOPES:
        shown = {
            name: route
            for name, route in routes.items()
            # settings of one's own, such as /language, have no place in a group
            if route.in_menu
            and route.staff is None
            and (where == "all_private_chats" or name not in own or name == "help")
        }
        for code in MENU_LANGUAGES:
            with translation.override(_spoken(bot, code)):
                yield (
                    where,
                    code,
                    [(name, str(route.description)[:256]) for name, route in shown.items()],
                )


def _spoken(bot: Bot, code: str) -> str:
    if code == "zh":
        return bot.language if bot.language.startswith("zh") else "zh-hans"
    return code or bot.language


def remove_menu(bot: Bot) -> None:
    """Take the menus away, as far as Telegram lets us."""
    telegram = connect(bot.token)
    try:
        for where in MENU_SCOPES:
            for code in MENU_LANGUAGES:
                telegram.set_commands([], language=code, scope=where)
    except TelegramError:
        return


def empty_health() -> dict[str, Any]:
    """Return the health of a bot that nobody looked at yet."""
    return {"registered": False}

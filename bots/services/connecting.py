"""Connects bots to tenants: checks the token, switches on and off, changes and removes.

Telegram is called between transactions, never inside one: call these outside any `atomic` block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bots import products
from bots.gateways.errors import TelegramError
from bots.gateways.telegram import BotIdentity, connect
from bots.models import Bot, Person
from bots.services import hooks, removing
from bots.services.obstacles import (
    AlreadyConnected,
    NotAToken,
    OtherBot,
    TakenElsewhere,
    UnknownProduct,
    in_words,
)
from tenants import blind_index
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services import audit

if TYPE_CHECKING:
    from tenants.services.audit import Actor

# "<bot id>:<about 35 characters>"; the server refuses more than 80 (telegram-bot-api, Client.cpp)
TOKEN = re.compile(r"[1-9]\d{3,15}:[A-Za-z0-9_-]{30,64}")


@dataclass(frozen=True)
class Found:
    """What a token leads to, before anything is stored."""

    identity: BotIdentity
    # host of a webhook that some other program has set; enabling takes the bot over
    used_by: str = ""

    @property
    def link(self) -> str:
        """The address that opens a chat with the bot."""
        return f"https://t.me/{self.identity.username}"


def clean_token(text: str) -> str:
    """Return the token in what somebody pasted. Raises NotAToken."""
    token = text.strip()
    if not TOKEN.fullmatch(token):
        raise NotAToken
    return token


def inspect(tenant: Tenant, text: str) -> Found:
    """Ask Telegram whose token this is and whether the bot is free; leaves nothing stored.

    Raises:
        CannotConnect: NotAToken, TokenRefused, AlreadyConnected, TakenElsewhere, TelegramAway.
    """
    token = clean_token(text)
    telegram = connect(token)
    try:
        identity = telegram.me()
        url = telegram.webhook_info().url
    except TelegramError as error:
        raise in_words(error) from error
    with scope(tenant):
        _insert(token, identity, products=[], language="en")
        transaction.set_rollback(True)
    return Found(identity, urlsplit(url).hostname or "")


def connect_bot(
    tenant: Tenant,
    text: str,
    slugs: Iterable[str],
    *,
    actor: Actor,
    language: str = "",
    delivery: str = Bot.Delivery.WEBHOOK,
) -> Bot:
    """Store a bot, switched off; `enable` brings it online.

    Raises:
        CannotConnect: as `inspect`, and UnknownProduct.
    """
    wanted = known_products(slugs)
    token = clean_token(text)
    try:
        identity = connect(token).me()
    except TelegramError as error:
        raise in_words(error) from error
    with scope(tenant):
        bot = _insert(
            token,
            identity,
            products=wanted,
            language=language or tenant.language,
            delivery=delivery,
            health=hooks.empty_health(),
        )
        audit.record("bot.connected", actor=actor, target=bot, products=wanted)
    return bot


def _insert(token: str, identity: BotIdentity, **fields: Any) -> Bot:
    """Store a bot in the open scope; the database tells whether any tenant has it already.

    Raises:
        CannotConnect: AlreadyConnected, TakenElsewhere.
    """
    try:
        with transaction.atomic():
            bot: Bot = Bot.objects.create(
                telegram_id=identity.id,
                username=identity.username[:64],
                name=identity.name[:64],
                token=token,
                token_fingerprint=_fingerprint(token),
                **fields,
            )
    except IntegrityError:
        mine = Bot.objects.filter(telegram_id=identity.id).exists()
        raise (AlreadyConnected if mine else TakenElsewhere) from None
    return bot


def _fingerprint(token: str) -> bytes:
    return blind_index.fingerprint("bot-token", token)


def find_by_token(text: str) -> Bot | None:
    """Return the open scope's bot with this token. Raises NotAToken."""
    token_fingerprint = _fingerprint(clean_token(text))
    return Bot.objects.filter(token_fingerprint=token_fingerprint).first()


def known_products(slugs: Iterable[str]) -> list[str]:
    """Return the slugs, sorted and each once. Raises UnknownProduct."""
    wanted = sorted(set(slugs))
    unknown = set(wanted) - set(products.installed())
    if unknown:
        raise UnknownProduct(_("There is no product “%(slug)s”.") % {"slug": min(unknown)[:40]})
    return wanted


def enable(bot: Bot, *, actor: Actor) -> None:
    """Bring a bot online: webhook (or long polling) and commands.

    Takes the bot over where some other program has set a webhook. Interrupted anywhere, the next
    call or health check completes it.

    Raises:
        CannotConnect: TokenRefused, RefusedByTelegram (the bot needs attention now), TelegramAway
            (the health check goes on trying).
    """
    with scope(bot.tenant_id):
        audit.record("bot.enabled", actor=actor, target=bot)
    try:
        hooks.register(bot)
    except TelegramError as error:
        raise in_words(error) from error


def disable(bot: Bot, *, actor: Actor) -> None:
    """Switch a bot off at once, and tell Telegram (later, where it cannot be reached now)."""
    with scope(bot.tenant_id):
        hooks.change_row(bot, state=Bot.State.DISABLED, state_reason="")
        audit.record("bot.disabled", actor=actor, target=bot)
    hooks.unregister(bot)


def change(
    bot: Bot,
    *,
    actor: Actor,
    slugs: Iterable[str] | None = None,
    language: str | None = None,
    delivery: str | None = None,
) -> None:
    """Change products, language or delivery; a bot that is online learns of it at Telegram too.

    Raises:
        CannotConnect: UnknownProduct; or Telegram's answer, the change itself being stored then.
    """
    wanted: dict[str, Any] = {"language": language, "delivery": delivery}
    wanted["products"] = None if slugs is None else known_products(slugs)
    before = {name: getattr(bot, name) for name in wanted}
    changes = {name: value for name, value in wanted.items() if value not in (None, before[name])}
    if not changes:
        return
    kinds = products.allowed_updates(tuple(bot.products))
    with scope(bot.tenant_id):
        hooks.change_row(bot, **changes)
        audit.record(
            "bot.changed",
            actor=actor,
            target=bot,
            **{name: [before[name], value] for name, value in changes.items()},
        )
    if bot.state == Bot.State.DISABLED:
        return
    if "delivery" in changes or products.allowed_updates(tuple(bot.products)) != kinds:
        try:
            hooks.register(bot)
        except TelegramError as error:
            raise in_words(error) from error
    else:
        hooks.refresh_menu(bot)


def replace_token(bot: Bot, text: str, *, actor: Actor) -> None:
    """Give a bot its new token; people, chats and everything else stay.

    Raises:
        CannotConnect: NotAToken, TokenRefused, TelegramAway, OtherBot; or what `enable` raises,
            the new token being stored then.
    """
    token = clean_token(text)
    try:
        identity = connect(token).me()
    except TelegramError as error:
        raise in_words(error) from error
    if identity.id != bot.telegram_id:
        raise OtherBot
    with scope(bot.tenant_id):
        hooks.change_row(
            bot,
            token=token,
            token_fingerprint=_fingerprint(token),
            username=identity.username[:64],
            name=identity.name[:64],
        )
        audit.record("bot.token_replaced", actor=actor, target=bot, token=token)
    if bot.state == Bot.State.DISABLED:
        return
    try:
        hooks.register(bot)
    except TelegramError as error:
        raise in_words(error) from error


def delete_bot(bot: Bot, *, actor: Actor) -> None:
    """Remove a bot with all that belongs to it: people, chats, what its products keep.

    Telegram is told first, and a bot that it does not answer for is removed all the same: its
    webhook's address is unknown from then on. The token can be connected again at once; of a bot
    with very many people a sweep removes the rest.
    """
    with scope(bot.tenant_id):
        hooks.change_row(bot, state=Bot.State.DISABLED, state_reason="")
    if hooks.unregister(bot):
        hooks.remove_menu(bot)
    with scope(bot.tenant_id):
        audit.record(
            "bot.deleted", actor=actor, target=bot, people=Person.objects.filter(bot=bot).count()
        )
        removing.mark(bot, now=timezone.now())
    removing.begin(bot)

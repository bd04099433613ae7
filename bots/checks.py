"""Start-up checks: product marks import, match their app, and no two handlers collide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register

from bots import products
from bots.models import Conversation
from bots.products import Product
from bots.routing import RoutingError
from bots.tables import Table

# Bot API: BotCommand.command; the payload of a deep link is 1-64 characters, prefix and rest
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
DEEP_LINK = re.compile(r"[A-Za-z0-9_-]{1,63}")
MAX_STATE = Conversation._meta.get_field("state").max_length or 0


@register()
def products_are_sound(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report what is wrong with the products' marks and routers.

    Marks that do not import (bots.E001), slugs (E002), collisions (E003), names of commands (E004)
    and deep links (E005), links that shadow each other (E006), menu commands (E007), states (E008).
    """
    del app_configs, kwargs
    marked = {config.label for config in apps.get_app_configs() if hasattr(config, "bot_product")}
    try:
        found = products.installed()
    except (ImportError, AttributeError) as error:
        return [Error(f"A bot_product mark does not import: {error}", id="bots.E001")]
    if set(found) != marked:
        return [Error(f"Product slugs {set(found)} differ from apps {marked}.", id="bots.E002")]
    try:
        table = products.table(tuple(sorted(found)))
    except RoutingError as error:
        return [Error(str(error), id="bots.E003")]
    return [*_names(table), *_states(table), *_menus(found.values())]


def _names(table: Table) -> Iterator[CheckMessage]:
    """Yield what Telegram would not take, or could not reach."""
    for name in table.commands:
        if not COMMAND.fullmatch(name):
            yield Error(f"/{name}: a command is 1-32 of a-z, 0-9 and _.", id="bots.E004")
    for prefix in table.starts:
        if not DEEP_LINK.fullmatch(prefix):
            yield Error(f"{prefix!r}: a deep link is 1-63 of A-Za-z0-9_-.", id="bots.E005")
    for short, long in permutations(table.starts, 2):
        if long.startswith(short):
            yield Error(f"Deep link {long!r} takes payloads of {short!r}.", id="bots.E006")


def _states(table: Table) -> Iterator[CheckMessage]:
    """Yield the questions whose names a conversation has no room for."""
    for state in table.states:
        if len(state) > MAX_STATE:
            yield Error(f"{state!r} is over {MAX_STATE} characters.", id="bots.E008")


def _menus(found: Iterable[Product]) -> Iterator[CheckMessage]:
    for product in found:
        if not product.menu_command:
            continue
        if product.menu_command not in product.router.commands:
            yield Error(
                f"{product.slug}: menu_command {product.menu_command!r} must be a command of the "
                "product.",
                id="bots.E007",
            )

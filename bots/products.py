"""The products that a bot can have, found by the mark on their AppConfig."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.module_loading import import_string

from bots.routing import Router
from bots.tables import Table

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


# /start, /help and the like; by name, for their handlers show the products
PLATFORM = ("bots.chatter.router", "bots.choosing.router")
CHOOSE = "bots.choosing.choose"


@dataclass(frozen=True)
class Product:
    """What a product offers to bots. `slug` is its app label."""

    slug: str
    title: _StrPromise | str
    description: _StrPromise | str
    router: Router
    # the command that the main menu's button opens, for those who may use it
    menu_command: str = ""
    icon: str = "box"


@cache
def installed() -> dict[str, Product]:
    """Return the products by slug, in INSTALLED_APPS' order."""
    products = (
        import_string(mark)
        for config in apps.get_app_configs()
        if (mark := getattr(config, "bot_product", None))
    )
    return {product.slug: product for product in products}


@cache
def table(slugs: tuple[str, ...]) -> Table:
    """Return the routes of the platform and of these products; unknown slugs are left out."""
    known = installed()
    return Table(
        [
            *(("bots", import_string(mark)) for mark in PLATFORM),
            *((slug, known[slug].router) for slug in slugs if slug in known),
        ],
        import_string(CHOOSE),
    )


def allowed_updates(slugs: tuple[str, ...]) -> list[str]:
    """Return the kinds of update that Telegram should send for these products.

    `chat_member` must be asked for by name, and only works where the bot is admin (Bot API).
    """
    kinds = ["message", "callback_query", "my_chat_member"]
    if table(slugs).members:
        kinds.append("chat_member")
    return kinds

"""The portal's menu: apps name their entries on their AppConfig, nothing is imported for it.

An app adds entries by `portal_nav = "bots.navigation.ITEMS"` on its AppConfig, a list of `NavItem`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from django.apps import apps
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class NavItem:
    """One entry. The view behind `url_name` takes the tenant's slug as its only argument.

    `icon` is a name of tenants/templatetags/icons.py; `role` is the least that sees the entry;
    `group` is the part of the menu: plain on top, products, or what managers need.
    """

    label: _StrPromise | str
    url_name: str
    icon: str
    order: int = 50
    role: str = "viewer"
    group: Literal["", "products", "manage"] = ""


ITEMS = [
    NavItem(_("Members"), "tenants:members", "users", 10, "viewer", "manage"),
    NavItem(_("API keys"), "tenants:api_keys", "key", 20, "admin", "manage"),
    NavItem(_("Audit log"), "tenants:audit", "list", 30, "admin", "manage"),
    NavItem(_("Settings"), "tenants:settings", "settings", 40, "admin", "manage"),
]


@cache
def registered() -> tuple[NavItem, ...]:
    """Return every app's entries by their order."""
    marks = (getattr(config, "portal_nav", None) for config in apps.get_app_configs())
    found = [item for mark in marks if mark for item in import_string(mark)]
    return tuple(sorted(found, key=lambda item: item.order))

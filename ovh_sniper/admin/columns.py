"""Columns that several of the product's lists share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from ovh_sniper.services.wording import words
from tenants import admin_display as show

Column = Callable[[Any, Any], Any]
BY_HOST = ("host", ChoicesDropdownFilter)
OF_ACCOUNT = ("account", AutocompleteSelectFilter)
OF_WISH = ("wish", AutocompleteSelectFilter)
# what a state means for whoever looks over all tenants
COLOURS = {
    **dict.fromkeys(("ready", "armed", "delivered", "ordered", "open"), "success"),
    **dict.fromkeys(
        ("building", "intended", "ordering", "placed", "checking", "delivering", "taken"), "info"
    ),
    **dict.fromkeys(("pending", "limited", "documents", "paused", "litter"), "warning"),
    **dict.fromkeys(("broken", "unknown", "refused", "stopped"), "danger"),
}


def state() -> Column:
    """Return a column that shows a state as a coloured label."""
    return show.state_column(colours=COLOURS)


def money(field: str, description: Any) -> Column:
    """Return a column that shows an amount with the row's currency."""

    def column(admin: Any, row: Any) -> str:
        del admin
        return words.money(getattr(row, field), row.currency)

    shown: Column = display(description=description, ordering=field)(column)
    return shown


def links(*lists: tuple[str, Any, str]) -> Column:
    """Return a column that leads to lists of what belongs to a row: model, title, condition."""
    return show.links_column("ovh_sniper", *lists)

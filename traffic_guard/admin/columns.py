"""Columns that several of the product's lists share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from tenants import admin_display as show
from traffic_guard.services.readings import words

Column = Callable[[Any, Any], Any]
OF_ACCOUNT = ("account", AutocompleteSelectFilter)
OF_SERVER = ("server", AutocompleteSelectFilter)
OF_PACKAGE = ("package", AutocompleteSelectFilter)
# what a state means for whoever looks over all tenants
COLOURS = {
    **dict.fromkeys(("ready", "running", "done", "executed"), "success"),
    **dict.fromkeys(
        ("pending", "intended", "sending", "sent", "starting", "stopping", "rebooting"), "info"
    ),
    **dict.fromkeys(("limited", "waiting", "held", "unclear", "other", "unknown"), "warning"),
    **dict.fromkeys(("broken", "refused", "unverified", "gone"), "danger"),
}


def state(field: str = "state") -> Column:
    """Return a column that shows a state as a coloured label."""
    return show.state_column(field, COLOURS)


def size(field: str, description: Any) -> Column:
    """Return a column that shows bytes in words; a dash: unknown."""

    def column(admin: Any, row: Any) -> str:
        del admin
        return words.volume(getattr(row, field))

    shown: Column = display(description=description, ordering=field)(column)
    return shown


def links(*lists: tuple[str, Any, str]) -> Column:
    """Return a column that leads to lists of what belongs to a row: model, title, condition."""
    return show.links_column("traffic_guard", *lists)

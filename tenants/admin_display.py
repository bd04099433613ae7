"""How the operators' admin shows states, JSON, byte strings and other people's text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tenants.redaction import struck

Column = Callable[[Any, Any], Any]
# state -> colour of its label, for the states that mean the same everywhere
COLOURS = {
    "active": "success",
    "enabled": "success",
    "sent": "success",
    "done": "success",
    "ok": "success",
    "announced": "success",
    "open": "success",
    "running": "info",
    "due": "info",
    "sending": "info",
    "scheduled": "info",
    "frozen": "info",
    "drawn": "info",
    "failing": "warning",
    "held": "warning",
    "paused": "warning",
    "blocked": "warning",
    "parked": "danger",
    "failed": "danger",
    "broken": "danger",
    "suspended": "danger",
}


def block(text: str) -> SafeString:
    """Return a text as it stands, in its own scrolling box."""
    return format_html('<pre class="operator-pre" tabindex="0">{}</pre>', struck(text))


def pretty(value: Any) -> SafeString:
    """Return JSON in lines, in its own scrolling box."""
    return block(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _shown(column: Column, **options: Any) -> Column:
    """Return unfold's form of a column, typed."""
    shown: Column = display(**options)(column)
    return shown


def state_column(field: str = "state", colours: Mapping[str, str] = COLOURS) -> Column:
    """Return a column that shows a choice as a coloured label."""

    def column(admin: Any, row: Any) -> tuple[str, str]:
        del admin
        return getattr(row, field), str(getattr(row, f"get_{field}_display")())

    return _shown(column, description=_("state"), ordering=field, label=dict(colours))


def json_column(field: str, description: Any) -> Column:
    """Return a column that shows a JSON field, for pages of one row."""

    def column(admin: Any, row: Any) -> SafeString:
        del admin
        return pretty(getattr(row, field))

    return _shown(column, description=description)


def list_column(field: str, description: Any) -> Column:
    """Return a column that shows a JSON list of words."""

    def column(admin: Any, row: Any) -> str:
        del admin
        return ", ".join(str(value) for value in getattr(row, field))

    return _shown(column, description=description)


def text_column(field: str, description: Any, *, length: int = 80) -> Column:
    """Return a column that shows the start of a text, secrets struck out."""

    def column(admin: Any, row: Any) -> str:
        del admin
        text = struck(getattr(row, field))
        return text if len(text) <= length else f"{text[: length - 1]}…"

    return _shown(column, description=description)


def block_column(field: str, description: Any) -> Column:
    """Return a column that shows a long text as it stands, secrets struck out."""

    def column(admin: Any, row: Any) -> SafeString | str:
        del admin
        text = getattr(row, field)
        return block(text) if text else ""

    return _shown(column, description=description)


def links_column(app: str, *lists: tuple[str, Any, str]) -> Column:
    """Return a column that leads to lists of what belongs to a row: model, title, condition."""

    def column(admin: Any, row: Any) -> SafeString:
        del admin
        found = [
            (reverse(f"admin:{app}_{model}_changelist"), urlencode({condition: row.pk}), title)
            for model, title, condition in lists
        ]
        lines = format_html_join("", '<li><a href="{}?{}">{}</a></li>', found)
        return format_html('<ul class="operator-links">{}</ul>', lines)

    return _shown(column, description=_("Related lists"))

"""What the operators' pages of products are made of: facts, tables, times, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from config.dashboard import in_words
from tenants.percentiles import Lag

NONE = "–"


@dataclass(frozen=True)
class Fact:
    """One line of a card: what it is, and whether it is bad."""

    label: str
    value: str
    is_bad: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, a smaller note, and whether it is bad."""

    text: str
    note: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Line:
    """A row that somebody may have to look at: its name, its page in the admin, what is known."""

    key: str
    name: object
    url: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """A card with a table; `headings` are those of the name and of the cells.

    `none` is said where there are no lines.
    """

    key: str
    title: str
    headings: Sequence[str]
    lines: Sequence[Line]
    none: str


def cells(*texts: object) -> list[Cell]:
    """Return plain cells."""
    return [Cell(str(text)) for text in texts]


def ago(seconds: float | None) -> str:
    """Return how long ago something was."""
    return _("never") if seconds is None else in_words(timedelta(seconds=seconds))


def lag(one: Lag) -> dict[str, Any]:
    """Return a line of percentiles."""
    return {
        "title": one.title,
        "count": one.count,
        "values": [span(value) for value in (one.p50, one.p90, one.p99, one.worst)],
    }


def span(seconds: float | None) -> str:
    """Return a short time as precisely as it matters."""
    if seconds is None:
        return NONE
    if seconds < 1:
        return _("%(ms)s ms") % {"ms": round(seconds * 1000)}
    return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}


def list_url(app: str, model: str, **conditions: str) -> str:
    """Return the address of a filtered list of a product."""
    url = reverse(f"admin:{app}_{model}_changelist")
    return f"{url}?{'&'.join(f'{name}={value}' for name, value in conditions.items())}"


def change_url(app: str, model: str, pk: int) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{app}_{model}_change", args=[pk])

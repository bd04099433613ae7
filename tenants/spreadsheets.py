"""Tables that people open in a spreadsheet: CSV in which nothing that somebody typed calculates."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

# What makes spreadsheets calculate a cell instead of showing it.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Spreadsheets take a file for UTF-8 only with this in front.
MARK = "\ufeff"


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


def lines(columns: Sequence[str], rows: Iterable[Sequence[Any]], zone: ZoneInfo) -> Iterator[str]:
    """Yield the lines of a table, its columns' names first, times on the clocks of a zone."""
    writer = csv.writer(_Line())
    yield MARK + str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([_cell(value, zone) for value in row]))


def _cell(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, Decimal | int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text

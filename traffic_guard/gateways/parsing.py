"""Reads values of an answer; what is missing or odd is None, never zero."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

LARGEST = 10**18
# "does not end" comes as the year 9999, whose last day no time zone ahead of UTC can show
FIRST_YEAR, NEVER = 1970, datetime(2999, 12, 31, tzinfo=UTC)


def amount(value: Any) -> Decimal | None:
    """Return a quantity, which comes as a number with or without a point, or as text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    # 1e999999 is a number too, and would be written out one day
    return number if number.is_finite() and 0 <= number <= LARGEST else None


def moment(value: Any) -> datetime | None:
    """Return a time such as `2026-01-05T02:11:00Z`; without a zone it is UTC.

    Whatever is later than `NEVER` is `NEVER`.
    """
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    if at.year < FIRST_YEAR:
        return None
    if at.year >= NEVER.year:
        return NEVER
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def hour(seconds: Any) -> datetime | None:
    """Return the start of the hour in which a moment in Unix seconds lies."""
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds // 3600 * 3600, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def text(value: Any) -> str:
    """Return a name or an id as text, "" for none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, whatever else stands in it; nothing for no list."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def unpacked(value: Any) -> Any:
    """Return a value that some services send as JSON inside of text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None

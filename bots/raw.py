"""Checks on JSON from outside: what Telegram never sends must not get as far as a handler."""

from __future__ import annotations

from typing import Any

# Telegram's own updates are nested less than twenty deep.
MAX_DEPTH = 100
MAX_ID = 2**63


class Malformed(ValueError):
    """An update that is not as the Bot API describes it; no second try will mend that."""


def cleaned(value: Any, depth: int = 0) -> Any:
    """Return JSON without what PostgreSQL cannot store: NUL characters and lone surrogates.

    Raises:
        Malformed: it is nested over 100 deep.
    """
    if isinstance(value, str):
        return clean(value)
    if depth > MAX_DEPTH:
        raise Malformed(f"nested over {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {clean(key): cleaned(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item, depth + 1) for item in value]
    return value


def clean(text: str) -> str:
    """Return a text that every store and every wire takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def identifier(value: Any) -> int:
    """Return an id: a whole number that a BIGINT holds, and not 0. Raises Malformed."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < abs(value) < MAX_ID:
        raise Malformed(f"no id: {value!r:.80}")
    return value


def text(value: Any, length: int) -> str:
    """Return at most `length` characters of an optional text. Raises Malformed."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"no text: {value!r:.80}")
    return value[:length]


def mapping(value: Any) -> dict[str, Any]:
    """Return an object. Raises Malformed."""
    if not isinstance(value, dict):
        raise Malformed(f"no object: {value!r:.80}")
    return value

"""One call: its path filled in, its answer parsed, whatever is wrong with it in our words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from ovh_sniper.gateways.client import Client
from ovh_sniper.gateways.errors import Call, unusable
from ovh_sniper.gateways.parsing import MALFORMED

T = TypeVar("T")
Ids = str | int | tuple[str | int, ...]


def ask(
    client: Client,
    call: Call,
    parse: Callable[[Any], T],
    *,
    ids: Ids = (),
    query: str = "",
    body: Any = None,
) -> T:
    """Make a call, the ids in place of its route's stars, and parse its answer."""
    path = call.route
    for one in ids if isinstance(ids, tuple) else (ids,):
        path = path.replace("*", quote(str(one), safe=""), 1)
    answer = client.exchange(call, f"{path}?{query}" if query else path, body)
    try:
        return parse(answer)
    except MALFORMED:
        raise unusable(200, call) from None


# --- What an answer may be


def nothing(_answer: Any) -> None:
    """Take any answer: `null`, an empty object, no content."""


def numbers(answer: Any) -> tuple[int, ...]:
    """Take a list of ids."""
    return tuple(map(int, answer))


def each(parse: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """Return what takes a list, parsing each one."""
    return lambda answer: tuple(map(parse, answer))

"""What all ways of telling staff have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils.translation import ngettext

from bots.blocks import Block


@dataclass(frozen=True, slots=True)
class Letter:
    """One piece of news in the tenant's language; `id` stays the same at every try."""

    id: str
    event: str
    title: str
    text: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    # shown below the text; one of bots/blocks.py's colours
    blocks: tuple[Block, ...] = ()
    colour: str = ""
    # how many blocks there was no room for
    left_out: int = 0


def and_more(count: int) -> str:
    """Return how many things are not shown, in words; empty for none."""
    if not count:
        return ""
    return ngettext("and %(count)s more", "and %(count)s more", count) % {"count": count}


class Courier(Protocol):
    """A way to one place, such as a Feishu group or a web service."""

    def deliver(self, letter: Letter) -> None:
        """Hand the letter over.

        Raises:
            Refused: the place will not take it at the next try either; `description` says why.
            Held: our own limits do not let it go yet; the place was not asked.
            Busy: later, in `retry_after` seconds at the earliest.
            Unreachable: no usable answer.
        """

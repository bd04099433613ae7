"""What all ways of telling staff have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One piece of news in the tenant's language; `id` stays the same at every try."""

    id: str
    event: str
    title: str
    text: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


class Courier(Protocol):
    """A way to one place, such as a Feishu group or a web service."""

    def deliver(self, letter: Letter) -> None:
        """Hand the letter over.

        Raises:
            Refused: the place will not take it at the next try either; `description` says why.
            Busy: later, in `retry_after` seconds at the earliest.
            Unreachable: no usable answer.
        """

"""How long things took, as operators read it: of a hundred, so many were not slower."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Lag:
    """How long a step took, in seconds; None where it did not happen. `key` is for machines."""

    key: str
    title: Any  # words, translated when they are shown
    count: int
    p50: float | None
    p90: float | None
    p99: float | None
    worst: float | None


def lag(key: str, title: Any, spans: Iterable[float]) -> Lag:
    """Return the percentiles of spans in seconds."""
    ordered = sorted(spans)
    return Lag(
        key,
        title,
        len(ordered),
        percentile(ordered, 50),
        percentile(ordered, 90),
        percentile(ordered, 99),
        ordered[-1] if ordered else None,
    )


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """Return the smallest value that so many percent of the ordered values do not exceed."""
    if not ordered:
        return None
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]

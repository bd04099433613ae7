"""Times in stock, written down by hand: in hours since a Monday."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ovh_sniper.services.forecasting.history import Span, Timeline

START = datetime(2027, 3, 1, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Begins = Callable[[int], float]


def span(opened: float, closed: float | None, place: str = "gra") -> Span:
    """Return a span in hours since the start."""
    return Span(
        place,
        START + opened * HOUR,
        None if closed is None else START + closed * HOUR,
        knows_beginning=True,
        knows_end=closed is not None,
        hours=1,
        configurations=1,
    )


def daily(days: int, begins: Begins, place: str = "gra", every: int = 1) -> list[Span]:
    """Return a span of half an hour each few days."""
    return [
        span(day * 24 + begins(day), day * 24 + begins(day) + 0.5, place)
        for day in range(0, days, every)
    ]


def timeline(until: float, *spans: Span, gaps: tuple[tuple[float, float], ...] = ()) -> Timeline:
    """Return what was seen in so many hours; nobody looked in `gaps`."""
    places: dict[str, list[Span]] = {}
    for one in spans:
        places.setdefault(one.datacenter, []).append(one)
    blind = [(START + since * HOUR, START + end * HOUR) for since, end in gaps]
    return Timeline(START, START + until * HOUR, blind, places)

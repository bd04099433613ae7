"""Figures: gathered, printed as a table, then as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True)
class Figure:
    """One measured value. `bar` says what DESIGN promises; None: nothing."""

    name: str
    value: float
    unit: str
    note: str = ""
    bar: float | None = None
    at_most: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether the promise is kept; true where there is none."""
        if self.bar is None:
            return True
        return self.value <= self.bar if self.at_most else self.value >= self.bar


def p99(values: Sequence[float]) -> float:
    """Return the smallest value that 99 of 100 do not exceed (nearest rank)."""
    return sorted(values)[ceil(len(values) * 0.99) - 1]


@dataclass
class Report:
    """All figures of a run, in order."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        """Keep a figure and show it at once: a whole run takes minutes."""
        self.figures.append(figure)
        print(f"  {row(figure)}", file=sys.stderr, flush=True)

    def show(self) -> None:
        """Print the table, then one JSON object a line."""
        print("\n".join(row(figure) for figure in self.figures))
        for figure in self.figures:
            shown = {"name": figure.name, "value": round(figure.value, 3), "unit": figure.unit}
            print(json.dumps(shown))

    @property
    def is_kept(self) -> bool:
        """Whether every promise is kept."""
        return all(figure.is_kept for figure in self.figures)


def row(figure: Figure) -> str:
    """Return a line of the table."""
    bar = ""
    if figure.bar is not None:
        sign = "<=" if figure.at_most else ">="
        bar = f"bar {sign} {figure.bar:g}: {'kept' if figure.is_kept else 'MISSED'}"
    value = f"{figure.value:,.2f}" if figure.value < 100 else f"{figure.value:,.0f}"
    return f"{figure.name:<44} {value:>10} {figure.unit:<6} {bar:<18} {figure.note}".rstrip()

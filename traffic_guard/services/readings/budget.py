"""How long one piece of work may call a cloud, so that no worker is ended in the middle of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

# Seconds of some clock that never goes back.
Stopwatch = Callable[[], float]


class Budget:
    """A time that begins to run at once; when it is spent no other call is begun."""

    def __init__(self, length: timedelta, stopwatch: Stopwatch = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._ends = stopwatch() + length.total_seconds()

    @property
    def is_spent(self) -> bool:
        """Whether nothing else is to be begun."""
        return self._stopwatch() >= self._ends

    def timed(self) -> Callable[[], timedelta]:
        """Return what tells how long it was since now."""
        began = self._stopwatch()
        return lambda: timedelta(seconds=self._stopwatch() - began)

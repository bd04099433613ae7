"""Time for the emulators: the real clock, or one that a test moves by hand."""

import threading
import time
from collections.abc import Callable


class Clock:
    """The machine's clock."""

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a held condition until it is notified or `seconds` have passed."""
        condition.wait(seconds)

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever time jumps; real time never does."""


class ManualClock(Clock):
    """A clock that stands still until `advance` is called."""

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start
        self._wakes: list[Callable[[], None]] = []

    def time(self) -> float:
        return self._now

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        condition.wait(None if seconds is None or seconds > 0 else 0)

    def subscribe(self, wake: Callable[[], None]) -> None:
        self._wakes.append(wake)

    def advance(self, seconds: float) -> None:
        """Move forward and wake everything that waits; due deliveries start before it returns."""
        self._now += seconds
        for wake in list(self._wakes):
            wake()

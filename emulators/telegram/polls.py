"""Long polling: who waits for updates, and who ends whose wait."""

import itertools
import threading


class Polls:
    """The running getUpdates calls; one per bot survives."""

    def __init__(self, lock: threading.RLock) -> None:
        self._changed = threading.Condition(lock)
        self._numbers = itertools.count(1)
        self._current: dict[int, int] = {}
        self._ended: dict[int, str] = {}

    def begin(self, bot_id: int) -> int:
        """A new poll; an older one of the same bot is ended."""
        self.end(
            bot_id,
            "terminated by other getUpdates request;"
            " make sure that only one bot instance is running",
        )
        number = next(self._numbers)
        self._current[bot_id] = number
        return number

    def end(self, bot_id: int, reason: str) -> None:
        """End the poll that runs now, with 409."""
        number = self._current.pop(bot_id, None)
        if number is not None:
            self._ended[number] = reason
            self._changed.notify_all()

    def finish(self, bot_id: int, number: int) -> None:
        """A poll that has its answer."""
        if self._current.get(bot_id) == number:
            del self._current[bot_id]

    def reason(self, number: int) -> str:
        """Why this poll must stop; empty while it may go on."""
        return self._ended.pop(number, "")

    def running(self, bot_id: int) -> bool:
        """Does a poll wait now?"""
        return bot_id in self._current

    def wait(self, seconds: float) -> None:
        """Wait for news, at most `seconds`."""
        with self._changed:
            self._changed.wait(seconds)

    def wake(self) -> None:
        """Something may have arrived."""
        with self._changed:
            self._changed.notify_all()

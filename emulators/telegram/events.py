"""What happened, for the simulator page: a log that can be followed."""

import itertools
import threading
from collections import deque

from emulators.wsgi import Json

KEPT = 5000
RESTART_GAP = 100_000  # a restart continues above every number ever shown


class Events:
    """Numbered events; readers wait for the next ones."""

    def __init__(self, lock: threading.RLock, start: int = 0) -> None:
        self._news = threading.Condition(lock)
        self._log: deque[Json] = deque(maxlen=KEPT)
        self.seq = start

    def add(self, kind: str, bot_id: int, chat_id: int, **more: object) -> None:
        """Append one event."""
        with self._news:
            self.seq += 1
            self._log.append(
                {"seq": self.seq, "kind": kind, "bot_id": bot_id, "chat_id": chat_id, **more}
            )
            self._news.notify_all()

    def after(self, seq: int) -> list[Json]:
        """Everything newer than `seq` that is still kept."""
        with self._news:
            newer = itertools.takewhile(lambda event: event["seq"] > seq, reversed(self._log))
            return list(newer)[::-1]

    def wait(self, seq: int, seconds: float) -> list[Json]:
        """As `after`, but waits up to `seconds` for something."""
        with self._news:
            if self.seq <= seq:
                self._news.wait(seconds)
            return self.after(seq)

    def wake(self) -> None:
        """Let every reader look around, for instance because the emulator stops."""
        with self._news:
            self._news.notify_all()

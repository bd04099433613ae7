"""What was called and delivered, for tests and the simulator."""

from collections import deque
from dataclasses import dataclass, field

from emulators.telegram.models import Update
from emulators.wsgi import Json

KEPT = 20000
REPEATABLE = 2000


@dataclass(slots=True)
class Journal:
    """The newest calls of the Bot API, attempts to deliver, and delivered updates."""

    calls: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))
    deliveries: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))

    done: deque[tuple[int, Update]] = field(default_factory=lambda: deque(maxlen=REPEATABLE))

    def clear(self) -> None:
        """Forget all."""
        self.done.clear()
        self.calls.clear()
        self.deliveries.clear()

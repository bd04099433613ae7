"""Telegram's sending limits at their true rates (telegram.md 1.6)."""

import math
from collections import deque

from emulators.clock import Clock
from emulators.telegram.errors import flood
from emulators.telegram.models import Room

BOT_PER_SECOND = 30
CHAT_BURST = 5  # "short bursts pass"
GROUP_PER_MINUTE = 20


class Window:
    """At most `count` moments in any `seconds`."""

    __slots__ = ("_count", "_moments", "_seconds")

    def __init__(self, count: int, seconds: float) -> None:
        self._count, self._seconds = count, seconds
        self._moments: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until there is room; 0 when there is."""
        moments = self._moments
        while moments and moments[0] <= now - self._seconds:
            moments.popleft()
        if len(moments) < self._count:
            return 0.0
        return moments[-self._count] + self._seconds - now

    def book(self, now: float) -> None:
        """Use one."""
        self._moments.append(now)


class Paced:
    """One per second on the long run, with a short burst."""

    __slots__ = ("_free_at",)

    def __init__(self) -> None:
        self._free_at = 0.0

    def wait(self, now: float) -> float:
        """Seconds until there is room; 0 when there is."""
        return max(0.0, self._free_at - (CHAT_BURST - 1) - now)

    def book(self, now: float) -> None:
        """Use one."""
        self._free_at = max(now, self._free_at) + 1.0


class Limits:
    """The counters of all bots."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.enforced = True
        self.clear()

    def clear(self) -> None:
        """Forget what was counted."""
        self._bots: dict[int, Window] = {}
        self._chats: dict[str, Paced] = {}
        self._groups: dict[tuple[int, int, bool], Window] = {}
        self._webhooks: dict[int, float] = {}

    def check(self, room: Room, *, edit: bool = False, count: int = 1) -> None:
        """Book `count` messages of a bot into a room; raises ApiError 429 and books nothing."""
        if not self.enforced:
            return
        now = self._clock.time()
        counters: list[Window | Paced] = [
            self._bots.setdefault(room.bot.id, Window(BOT_PER_SECOND, 1.0))
        ]
        if room.type in ("group", "supergroup"):
            key = (room.bot.id, room.id, edit)
            counters.append(self._groups.setdefault(key, Window(GROUP_PER_MINUTE, 60.0)))
        if not edit:
            counters.append(self._chats.setdefault(f"{room.bot.id}:{room.id}", Paced()))
        wait = max(counter.wait(now) for counter in counters)
        if wait > 0:
            raise flood(max(1, math.ceil(wait)))
        for counter in counters:
            for _ in range(count):
                counter.book(now)

    def may_set_webhook(self, bot_id: int) -> bool:
        """One setWebhook per second and bot."""
        now = self._clock.time()
        if self.enforced and now < self._webhooks.get(bot_id, 0.0):
            return False
        self._webhooks[bot_id] = now + 1.0
        return True

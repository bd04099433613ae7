"""Injectable faults: what should go wrong, where and how often."""

import threading
from dataclasses import dataclass
from typing import Any

KINDS = ("status", "timeout", "drop", "lost_answer", "slow")


@dataclass(slots=True)
class Fault:
    """`status` answers an error, `timeout` never answers, `drop` hangs up before the work,
    `lost_answer` hangs up after it, `slow` answers late. `times` 0 means for ever."""

    kind: str
    bot_id: int | None = None
    method: str | None = None
    times: int = 1
    status: int = 500
    description: str = ""
    retry_after: int | None = None
    seconds: float = 60.0
    parameters: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}: one of {', '.join(KINDS)}")


class Faults:
    """The faults that are armed now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arm one."""
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def take(self, bot_id: int | None = None, method: str = "") -> Fault | None:
        """The first fault that fits this call, used up by one."""
        if not self._armed:
            return None
        with self._lock:
            for fault in self._armed:
                if fault.bot_id not in (None, bot_id):
                    continue
                if fault.method and fault.method.lower() != method.lower():
                    continue
                if fault.times == 1:
                    self._armed.remove(fault)
                elif fault.times > 1:
                    fault.times -= 1
                return fault
        return None

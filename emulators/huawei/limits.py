"""Flow control: so many requests a second for each API and source address."""

from collections import deque

from emulators.huawei.wire import ApiError

CODES = {"bss": "CBC.0250"}


class Limits:
    """`per_second` 0 lets everything through."""

    def __init__(self, per_second: int = 10) -> None:
        self.per_second = per_second
        self._moments: dict[str, deque[float]] = {}

    def count(self, service: str, route: str, now: float) -> None:
        """Note a request; raises ApiError 429."""
        if not self.per_second:
            return
        moments = self._moments.setdefault(f"{service} {route}", deque())
        while moments and moments[0] <= now - 1:
            moments.popleft()
        if len(moments) >= self.per_second:
            code = CODES.get(service, "APIGW.0308")
            raise ApiError(429, code, "The throttling threshold has been reached")
        moments.append(now)

    def clear(self) -> None:
        """Forget what was counted."""
        self._moments.clear()

"""OVH as a worker sees it who dies, or whose calls go astray."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ovh_sniper.gateways.ovh import Ovh


class Killed(BaseException):
    """A worker dies: no `except` of ours sees it coming."""


class Stumbled(Exception):
    """Something that nobody thought of, in a worker that lives on."""


class Doomed:
    """OVH as a worker sees it who dies, or stumbles, at the n-th call of a name: before it is sent,
    or after."""

    def __init__(
        self,
        ovh: Ovh,
        name: str,
        *,
        after: bool,
        n: int = 1,
        fate: type[BaseException] = Killed,
    ) -> None:
        self._ovh, self._name, self._after, self._left = ovh, name, after, n
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._ovh, name)
        return partial(self._die, call) if name == self._name else call

    def _die(self, call: Callable[..., Any], *args: Any, **more: Any) -> Any:
        self._left -= 1
        if self._left > 0:
            return call(*args, **more)
        if self._after:
            call(*args, **more)
        raise self._fate


class Deaf:
    """OVH that takes some options and forgets them, as it does when it fills in defaults."""

    def __init__(self, ovh: Ovh, code: str) -> None:
        self._ovh, self._code = ovh, code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ovh, name)

    def add_option(self, cart_id: str, item_id: int, plan_code: str, **more: Any) -> int:
        if plan_code == self._code:
            return 1
        return self._ovh.add_option(cart_id, item_id, plan_code, **more)

"""Keeps a Feishu hook's limits, together with every other process that calls it."""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import suppress

from bots.gateways import feishu
from bots.gateways.courier import Courier, Letter
from bots.gateways.errors import Busy, Held
from bots.services import limits

log = logging.getLogger(__name__)

# A card waits this long for its turn, in seconds; longer, and its channel waits for the next pass.
PATIENCE = 3.0


def connect(hook: str, secret: str) -> Courier:
    """Return the way to a custom bot, within its limits.

    Raises:
        Refused: the hook is not one.
    """
    # of the address: two tenants may have the same bot, and share its limits
    digest = "feishu:" + hashlib.sha256(feishu.hook_address(hook).encode()).hexdigest()[:32]
    return _Paced(feishu.connect(hook, secret, gate=lambda: _wait_turn(digest)), digest)


class _Paced:
    def __init__(self, courier: Courier, digest: str) -> None:
        self._courier = courier
        self._digest = digest

    def deliver(self, letter: Letter) -> None:
        try:
            self._courier.deliver(letter)
        except Held:
            raise
        except Busy as busy:
            # the others who call this bot would only be refused, too
            with suppress(limits.Away):
                limits.pause_hook(self._digest, busy.retry_after)
            raise


def _wait_turn(digest: str) -> None:
    """Return when the hook may be called. Raises Held where that takes too long."""
    waited = 0.0
    while True:
        try:
            slot = limits.book_hook(digest)
        except limits.Away as away:
            # better a refusal by Feishu, which is tried again, than no news at all
            log.warning("a Feishu hook is called without its limits: %s", away)
            return
        if waited + slot.wait > PATIENCE and not slot.is_booked:
            raise Held(slot.wait)
        time.sleep(slot.wait)
        waited += slot.wait
        if slot.is_booked:
            return

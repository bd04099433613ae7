"""Waits for a call that may take long, and does something meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from typing import TypeVar

T = TypeVar("T")


def wait_for(call: Callable[[], T], meanwhile: Callable[[], None], *, every: float) -> T:
    """Return what a call returns, or raise what it raises.

    Each `every` seconds until then `meanwhile` is done; what it raises ends the wait, and nobody
    hears of the call any more. The call must not use the database: it runs in a thread of its own.
    """
    result: futures.Future[T] = futures.Future()
    # a daemon: a process that ends does not wait for an answer that nobody wants
    threading.Thread(target=_make, args=(call, result), name="slow call", daemon=True).start()
    while not futures.wait([result], timeout=every).done:
        meanwhile()
    return result.result()


def _make(call: Callable[[], T], result: futures.Future[T]) -> None:
    try:
        answer = call()
    except BaseException as error:  # noqa: BLE001 - raised again where somebody waits for it
        result.set_exception(error)
    else:
        result.set_result(answer)

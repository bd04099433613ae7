"""Ends calls that the server keeps open on purpose, from another thread."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any


class Line:
    """What one thread's calls go over; once cut, the running one and all later ones end at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._call: Future[Any] | None = None
        self._is_cut = False

    def hold(self, call: Future[Any]) -> None:
        """Take note of the call that is running now; it is cancelled where the line is cut."""
        with self._lock:
            self._call = call
            is_cut = self._is_cut
        if is_cut:
            call.cancel()

    def cut(self) -> None:
        """End the running call, and every later one."""
        with self._lock:
            self._is_cut = True
            call = self._call
        if call is not None:
            call.cancel()

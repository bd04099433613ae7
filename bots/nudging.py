"""Wakes tasks without making a webhook wait for the broker.

Publishing a task costs about a millisecond, more than the rest of an update. So a webhook only
notes what is to be woken; a thread publishes one message a task for all that was noted within some
milliseconds, each key once. What is lost with the process must be found by a sweep over rows.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Hashable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)

COLLECT = 0.02


class Waker:
    """What is to be woken, and the thread that does it."""

    def __init__(self) -> None:
        self.waiting: dict[str, dict[Hashable, None]] = {}
        self.lock = threading.Lock()
        self.event = threading.Event()
        self.thread: threading.Thread | None = None

    def note(self, task: str, key: Hashable) -> None:
        """Have a task woken soon."""
        with self.lock:
            self.waiting.setdefault(task, {})[key] = None
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="nudge", daemon=True)
                self.thread.start()
        self.event.set()

    def take(self) -> dict[str, list[Hashable]]:
        """Return and forget what waits: the keys of each task, in the order they came."""
        with self.lock:
            taken, self.waiting = self.waiting, {}
        return {task: list(keys) for task, keys in taken.items()}

    def _run(self) -> None:
        while True:
            self.event.wait()
            time.sleep(COLLECT)
            self.event.clear()
            for task, keys in self.take().items():
                _publish(task, keys)


def _publish(task: str, keys: list[Hashable]) -> None:
    try:
        import_string(task).delay(keys)
    except Exception as error:  # noqa: BLE001 - the thread's edge: the other tasks go on
        log.warning("%s was not woken (%s); its sweep will find the work", task, error)


_waker = Waker()


def wake(task: str, key: Hashable) -> None:
    """Have a Celery task run soon with a list of keys, this one among them; returns at once.

    `task` is the task's dotted path (`bots.tasks.deliver`); it takes one list. The same key noted
    again before the task is published is published once. A key must be something JSON can carry;
    a tuple arrives as a list.
    """
    _waker.note(task, key)


def wake_after_commit(task: str, key: Hashable) -> None:
    """Wake a task once the open transaction's rows can be seen; nothing where it is rolled back."""
    if settings.NUDGE_SENDERS:
        transaction.on_commit(partial(wake, task, key), robust=True)


def _forget() -> None:
    """A forked child has no thread, and its parent publishes what the parent noted."""
    global _waker
    _waker = Waker()


os.register_at_fork(after_in_child=_forget)

"""Large answers are parsed without the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector still.

    A stock list makes 200,000 objects, none of them garbage: walking them over and over takes two
    thirds of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # of two threads the one that came first switches it on again
        if was_on:
            gc.enable()

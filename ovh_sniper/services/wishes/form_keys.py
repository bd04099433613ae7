"""Forms that are sent twice: the same request makes the same wishes, and no second ones.

A wish that orders at once spends money, so a press that a browser repeats must not make another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ovh_sniper.models import Wish
from tenants import scoping
from tenants.ids import ALPHABET

LENGTH = 14  # as tenants.ids.public_id


def public_id(request_key: str, part: str) -> str:
    """Return the public id of one part of a request, always the same, of the open scope only."""
    text = f"{scoping.current()}|{request_key}|{part}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    letters = []
    for _place in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def identity(request_key: str, part: str) -> dict[str, str]:
    """Return the field that makes a wish the one of its request; nothing without a key."""
    return {"public_id": public_id(request_key, part)} if request_key else {}


def once(request_key: str, parts: Iterable[str], write: Callable[[], list[Wish]]) -> list[Wish]:
    """Write the wishes of a request, all or none, or return those that it made before."""
    if not request_key:
        with transaction.atomic():
            return write()
    ids = [public_id(request_key, part) for part in parts]
    made = Wish.objects.filter(public_id__in=ids).order_by("pk")
    if before := list(made):
        return before
    try:
        with transaction.atomic():
            return write()
    except (IntegrityError, ValidationError):
        # the same request came a moment ago, and its rows stand by now: the database refuses the
        # second ones, or the check that looks for the same id
        if after := list(made.all()):
            return after
        raise

"""Which servers somebody means: by name, address or id, or how one begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from traffic_guard.models import Server

SEPARATORS = re.compile(r"[\s,;，；、]+")
# more names than this are no command that somebody typed
MOST_NAMES = 30
LISTED: dict[str, None] = {"hidden_at": None, "account__left_at": None}


@dataclass(frozen=True, slots=True)
class Named:
    """What one name may mean: none, one or several servers."""

    said: str
    servers: Sequence[Server]


@dataclass(frozen=True, slots=True)
class _Names:
    server_id: int
    names: tuple[str, ...]  # in lower case: name, the cloud's id, public id, addresses


def shown() -> QuerySet[Server]:
    """Return the servers that people see, with their accounts; needs the tenant's open scope."""
    rows = Server.objects.filter(**LISTED).select_related("account")
    return rows.defer("account__access_key", "account__secret_key")


def runs_out() -> Q:
    """Return what is true of servers expected to run out; one that is off sends nothing."""
    return Q(runs_out_at__isnull=False) & ~Q(power=Server.Power.STOPPED)


def one(said: str) -> Named:
    """Return what a text means as one name; needs the tenant's open scope."""
    return Named(said.strip(), _servers(_matching(said, _all_names())))


def several(said: str) -> list[Named]:
    """Return what each name of a text means; a name may hold spaces where it is the only one."""
    known = _all_names()
    if whole := _matching(said, known):
        return [Named(said.strip(), _servers(whole))]
    words = list(dict.fromkeys(filter(None, SEPARATORS.split(said))))[:MOST_NAMES]
    return [Named(word, _servers(_matching(word, known))) for word in words]


def _all_names() -> list[_Names]:
    rows = Server.objects.filter(**LISTED).values_list(
        "pk", "name", "cloud_id", "public_id", "addresses"
    )
    return [
        _Names(pk, tuple(str(text).casefold() for text in (name, cloud_id, public_id, *addresses)))
        for pk, name, cloud_id, public_id, addresses in rows
    ]


def _matching(said: str, known: list[_Names]) -> list[int]:
    """Return the servers of the strictest reading that fits any: whole, beginning, part."""
    wanted = said.strip().casefold()
    if not wanted:
        return []
    readings: tuple[Callable[[str], bool], ...] = (
        lambda name: name == wanted,
        lambda name: name.startswith(wanted),
        lambda name: wanted in name,
    )
    for fits in readings:
        if found := [row.server_id for row in known if any(map(fits, row.names))]:
            return found
    return []


def _servers(ids: list[int]) -> list[Server]:
    return list(shown().filter(pk__in=ids).order_by("name", "pk")) if ids else []

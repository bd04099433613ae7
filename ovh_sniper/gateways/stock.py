"""The public stock list: what OVH says it could deliver, per configuration and datacenter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple


class StockRow(NamedTuple):
    """One hardware configuration of a plan; there are up to 28,000, so tuples.

    Parts are product names as in the catalogue's `Addon.product`, never codes that can be ordered.
    """

    fqn: str  # unique, not to be taken apart
    plan_code: str
    server: str
    memory: str
    storage: str
    system_storage: str
    gpu: str
    datacenters: tuple[tuple[str, str], ...]  # (datacenter, availability) as OVH writes them


@dataclass(frozen=True, slots=True)
class Stock:
    """One look at the list. Rows are empty where nothing changed since the last look.

    Keep `etag` and `digest` and hand them over with the next call for the same list.
    """

    rows: tuple[StockRow, ...]
    etag: str
    digest: str
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class VpsStock:
    """Where a VPS plan can be ordered, by operating system; availabilities in OVH's words."""

    datacenter: str  # the value that a cart takes
    code: str
    linux: str
    windows: str
    delivery_days: int


def parse_rows(answer: Any) -> tuple[StockRow, ...]:
    """Return the rows of an availability answer.

    Raises:
        KeyError, TypeError, AttributeError: it is none.
    """
    # a few dozen different pairs stand in 60,000 places: one tuple each saves most of the memory
    pairs: dict[tuple[str, str], tuple[str, str]] = {}

    def pair(place: dict[str, str]) -> tuple[str, str]:
        found = (place["datacenter"], place["availability"])
        return pairs.setdefault(found, found)

    return tuple(
        StockRow(
            row["fqn"],
            row["planCode"],
            row.get("server") or "",
            row.get("memory") or "",
            row.get("storage") or "",
            row.get("systemStorage") or "",
            row.get("gpu") or "",
            tuple(map(pair, row["datacenters"])),
        )
        for row in _list(answer)
    )


def parse_vps(answer: Any) -> tuple[VpsStock, ...]:
    """Return the places of a VPS plan.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the answer has none.
    """
    # what `status` says is not reliable, the systems' own are (seen by users of the API)
    return tuple(
        VpsStock(
            datacenter=str(row["datacenter"]),
            code=str(row.get("code") or ""),
            linux=str(row.get("linuxStatus") or ""),
            windows=str(row.get("windowsStatus") or ""),
            delivery_days=int(row.get("daysBeforeDelivery") or 0),
        )
        for row in _list(answer)
    )


def _list(answer: Any) -> list[Any]:
    # an object would be walked by its names
    if not isinstance(answer, list):
        raise TypeError("not a list")
    return answer

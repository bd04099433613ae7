"""Huawei Cloud's units of measure: which of them count bytes, and how many."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from traffic_guard.gateways.accounts import Keys
from traffic_guard.gateways.answers import Call, unusable
from traffic_guard.gateways.endpoints import bss_url
from traffic_guard.gateways.parsing import amount, objects, text
from traffic_guard.gateways.quota import Unit
from traffic_guard.gateways.wire import Wire

MEASURES = Call("bss", "GET", "/v2/bases/measurements")
CONVERSIONS = Call("bss", "GET", "/v2/bases/conversions")
LANGUAGE = {"X-Language": "en_US"}
# types of measure that are traffic, and what a thousand of theirs is; type 7 is of disks
TRAFFIC = {"3": 1024, "40": 1000, "109": 1024}
POWERS = {"B": 0, "BYTE": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5}
ROUNDS = 8  # a chain of conversions is no longer
# what the two that were ever seen on packages mean, where billing cannot be asked
KNOWN = {"10": Unit("10", "GB", 1024**3), "11": Unit("11", "MB", 1024**2)}

Ratios = list[tuple[str, str, Decimal]]


class Units:
    """The units as billing explains them."""

    def __init__(self, keys: Keys, wire: Wire) -> None:
        self._url = bss_url(keys.site)
        self._wire = wire

    def units(self) -> dict[str, Unit]:
        """Return units by id; `bytes` is None wherever names and conversions do not agree."""
        rows = list(self._rows(MEASURES, "measure_units"))
        types = {_id(row, "measure_id"): _id(row, "measure_type") for row in rows}
        sizes = {name: size for row in rows if (size := _size(row)) for name in [_id_of(row)]}
        ratios = [
            ratio
            for kind in TRAFFIC
            if kind in types.values()
            for row in self._rows(CONVERSIONS, "conversions", kind)
            if (ratio := _ratio(row))
        ]
        known = _agreed(sizes, ratios)
        return {
            name: Unit(name, _name(row), known.get(name) if types[name] in TRAFFIC else None)
            for row in rows
            if (name := _id_of(row))
        }

    def _rows(self, call: Call, key: str, kind: str = "") -> Iterator[dict[str, Any]]:
        query = [("measure_type", kind)] if kind else []
        answer = self._wire.ask(call, self._url, query=query, headers=LANGUAGE)
        if not isinstance(answer.get(key), list):
            raise unusable(200, call)
        return objects(answer[key])


def _agreed(sizes: dict[str, int], ratios: Ratios) -> dict[str, int]:
    """Return sizes in bytes, by name or through conversions; none that the two tell differently."""
    known: dict[str, Decimal] = {name: Decimal(size) for name, size in sizes.items()}
    for _ in range(ROUNDS):
        for larger, smaller, ratio in ratios:
            if smaller in known:
                known.setdefault(larger, known[smaller] * ratio)
            elif larger in known:
                known[smaller] = known[larger] / ratio
    for larger, smaller, ratio in ratios:
        if larger in known and known[larger] != known[smaller] * ratio:
            known.pop(larger)
    return {name: int(size) for name, size in known.items() if size == int(size) and size > 0}


def _ratio(row: dict[str, Any]) -> tuple[str, str, Decimal] | None:
    """Return (unit, other unit, how many of the other one it is)."""
    ratio = amount(row.get("conversion_ratio"))
    unit, other = _id(row, "measure_id"), _id(row, "ref_measure_id")
    return (unit, other, ratio) if ratio and unit and other else None


def _size(row: dict[str, Any]) -> int | None:
    step = TRAFFIC.get(_id(row, "measure_type"))
    power = POWERS.get(text(row.get("abbreviation")).upper())
    return None if step is None or power is None else step**power


def _id(row: dict[str, Any], key: str) -> str:
    return text(row.get(key))


def _id_of(row: dict[str, Any]) -> str:
    return _id(row, "measure_id")


def _name(row: dict[str, Any]) -> str:
    return text(row.get("abbreviation")) or text(row.get("measure_name"))

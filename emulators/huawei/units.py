"""BSS: units of measure and what one is in another."""

from dataclasses import dataclass

from emulators.huawei.state import State
from emulators.huawei.wire import Call
from emulators.wsgi import Json

TRAFFIC, CAPACITY, DECIMAL_TRAFFIC, BYTES = 3, 7, 40, 109


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit; `bytes` None where it counts something else, or nobody says."""

    number: int
    short: str
    name: str
    kind: int
    bytes: int | None


UNITS = {
    unit.number: unit
    for unit in (
        Unit(10, "GB", "GB", TRAFFIC, 1024**3),
        Unit(11, "MB", "MB", TRAFFIC, 1024**2),
        Unit(12, "KB", "KB", TRAFFIC, 1024),
        Unit(13, "TB", "TB", TRAFFIC, 1024**4),
        Unit(14, "", "count", 5, None),
        Unit(15, "Mbit/s", "Mbit/s", 4, None),
        Unit(17, "GB", "GB", CAPACITY, None),
        Unit(80, "GB", "GB (1000)", DECIMAL_TRAFFIC, 1000**3),
        Unit(81, "MB", "MB (1000)", DECIMAL_TRAFFIC, 1000**2),
        Unit(109, "B", "Byte", BYTES, 1),
    )
}
CHAIN = ((13, 10, 1024), (10, 11, 1024), (11, 12, 1024), (80, 81, 1000))


def list_measures(_: State, __: Call) -> Json:
    """GET /v2/bases/measurements."""
    rows = [
        {
            "measure_id": unit.number,
            "measure_name": unit.name,
            "abbreviation": unit.short,
            "measure_type": unit.kind,
        }
        for unit in UNITS.values()
    ]
    return {"measure_units": rows}


def list_conversions(_: State, call: Call) -> Json:
    """GET /v2/bases/conversions."""
    kind = call.query.get("measure_type", "")
    rows = [
        {
            "measure_id": larger,
            "ref_measure_id": smaller,
            "conversion_ratio": ratio,
            "measure_type": UNITS[larger].kind,
        }
        for larger, smaller, ratio in CHAIN
        if kind in ("", str(UNITS[larger].kind))
    ]
    return {"conversions": rows}

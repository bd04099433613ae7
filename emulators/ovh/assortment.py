"""All plans of a host: the named ones, and as many generated ones as the real lists are long.

Europe lists about 9,000 configurations of some 300 plan codes, Canada and the United States about
16,000 of 680; of these some 150 have a public price.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from emulators.ovh.lineup import MODELS, build
from emulators.ovh.money import ucents
from emulators.ovh.parts import BANDWIDTHS, CPUS, MEMORIES, STORAGES, SYSTEM_STORAGES, VRACKS
from emulators.ovh.plans import Family, Plan, family_of

EUROPE = ("gra", "rbx", "sbg", "fra", "lon", "waw", "bhs", "eu-west-par-a", "eu-south-mil-a")
REGIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "eu": {"": EUROPE},
    "ca": {
        "": ("bhs", "gra", "rbx", "sbg", "fra", "lon", "waw"),
        "-v1": ("bhs", "ca-east-tor-a", "gra", "rbx", "lon"),
        "-sgp": ("sgp",),
        "-syd": ("syd",),
        "-mum": ("ynm",),
    },
    "us": {
        "-us": ("vin", "hil"),
        "-ca": ("bhs", "ca-east-tor-a"),
        "-eu": ("gra", "rbx", "sbg", "fra", "lon", "waw"),
        "-sgp": ("sgp",),
        "-syd": ("syd",),
        "-mum": ("ynm",),
    },
}
NAMED_IN = {"eu": ("",), "ca": ("", "-sgp"), "us": ("-us", "-ca")}
GENERATED = {"eu": 289, "ca": 133, "us": 110}  # pieces of hardware, each once per region
SOLD = {"eu": 135, "ca": 26, "us": 20}  # of these; the rest is on quotation
LINES = ("kimsufi", "soyoustart", "rise", "advance")
CODES = {"kimsufi": "sk", "soyoustart": "sys", "rise": "rise", "advance": "adv"}
QUOTED = ("scale-i", "hgr-hci", "hgr-sds", "sap", "scale-gpu")
# one in so many pieces of hardware is listed
_thinned = 1


@contextmanager
def thinned(by: int) -> Iterator[None]:
    """List one in so many generated pieces of hardware: emulators made here are small and quick.

    For tests that look at a whole list many times. Of this process, and not by several threads.
    """
    global _thinned
    before, _thinned = _thinned, by
    try:
        yield
    finally:
        _thinned = before


def plans_of(host: str) -> dict[str, Plan]:
    """Plans of a host by code."""
    return _plans_of(host, _thinned)


@cache
def _plans_of(host: str, thinned_by: int) -> dict[str, Plan]:
    found: dict[str, Plan] = {}
    for model in MODELS:
        for region in NAMED_IN[host]:
            version = "-v1" if host == "us" and model.code == "27rise03" else ""
            datacenters = REGIONS[host][region][: 7 if model.line == "kimsufi" else 9]
            plan = build(model, version, region, datacenters)
            found[plan.code] = plan
    for number in range(0, GENERATED[host], thinned_by):
        for region, datacenters in REGIONS[host].items():
            plan = generate(number, region, datacenters, is_sold=number < SOLD[host])
            found[plan.code] = plan
    return found


def generate(number: int, region: str, datacenters: tuple[str, ...], *, is_sold: bool) -> Plan:
    """One plan of generated hardware; the same number always gives the same plan."""
    line = LINES[number % 4]
    year = 22 + number % 5
    kind = CODES[line] if is_sold else QUOTED[number % 5]
    product = f"{year}{kind}{100 + number}"
    cpu = CPUS[number % len(CPUS)]
    few = 4 + number % 6
    return Plan(
        code=product + region,
        product=product,
        name=f"{kind.upper()}-{100 + number}",
        cpu=cpu,
        families=tuple(families(number, addon_suffix(number, product + region), line)),
        datacenters=datacenters[:few] if len(datacenters) > few else datacenters,
        month=ucents(15 + number * 7 % 240) - ucents("0.01") if is_sold else 0,
        most=2 if line == "kimsufi" else 10,
        line=line if number % 3 else None,
        gpu="nvidia-l4" if kind == "scale-gpu" else None,
    )


def addon_suffix(number: int, code: str) -> str:
    """What the addon codes end with; some end in a hash, as on the real list."""
    if number % 10 != 5:
        return code
    return f"{code}-{hashlib.md5(code.encode(), usedforsecurity=False).hexdigest()}"


def families(number: int, suffix: str, line: str) -> list[Family]:
    """Addon families; larger parts cost more."""
    memories, storages = 3 + number % 5, 4 + number % 6
    ram = {part: ucents(4 * at) for at, part in enumerate(MEMORIES[:memories])}
    start = number % 3
    disks = {part: ucents(3 * at) for at, part in enumerate(STORAGES[start : start + storages])}
    lines = {part: ucents(5 * at) for at, part in enumerate(BANDWIDTHS)}
    short = number % 10 == 0
    found = [
        family_of("storage", suffix, disks),
        family_of("bandwidth", suffix, lines),
        family_of("memory", suffix, distinct(ram) if short else ram, short=short),
    ]
    if line != "kimsufi":
        vracks = {part: ucents(5 * at) for at, part in enumerate(VRACKS)}
        found.append(family_of("vrack", suffix, vracks))
    if line == "advance":
        system = {SYSTEM_STORAGES[number % 2]: 0}
        found.append(family_of("system-storage", suffix, system))
    return found


def distinct(ram: dict[str, int]) -> dict[str, int]:
    """One part per size: short addon codes name nothing but the size."""
    sizes = {part.split("-")[1]: part for part in reversed(ram)}
    return {part: ram[part] for part in ram if part in sizes.values()}

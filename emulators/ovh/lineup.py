"""The servers with names that people look at in the demo."""

from dataclasses import dataclass, field

from emulators.ovh.money import ucents
from emulators.ovh.parts import Cpu
from emulators.ovh.plans import Family, Plan, family_of

Parts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """A named server with the monthly prices of its parts, in whole currency units as text."""

    code: str
    name: str
    line: str
    cpu: Cpu
    month: str
    memory: Parts
    storage: Parts
    system: Parts = field(default_factory=dict)
    most: int = 10
    addons: str = ""  # what its addon codes end with, when that is not its own code


MODELS = (
    Model(
        "24ska01", "KS-A", "kimsufi", Cpu("Intel", "i7-6700K", 4, 8, 4.0, 4.2, 8900), "4.99",
        {"ram-16g-ecc-2133": "0", "ram-32g-ecc-2133": "3"},
        {"noraid-1x2000sa": "0", "softraid-2x450nvme": "4"}, most=2,
    ),
    Model(
        "24sk20", "KS-2", "kimsufi", Cpu("Intel", "Xeon-D 1540", 8, 16, 2.0, 2.6, 7700), "9.99",
        {"ram-32g-ecc-2133": "0", "ram-64g-ecc-2133": "4"},
        {"softraid-2x2000sa": "0", "softraid-2x480ssd": "2"}, most=2,
    ),
    Model(
        "27sk15", "KS-15", "kimsufi", Cpu("AMD", "Ryzen 5600", 6, 12, 3.5, 4.4, 21500), "12.99",
        {"ram-64g-ecc-3200": "0", "ram-128g-ecc-3200": "8"},
        {"softraid-2x500nvme": "0", "softraid-2x960nvme": "2", "softraid-2x1920nvme": "9"}, most=2,
    ),
    Model(
        "24skstor01", "KS-STOR", "kimsufi", Cpu("Intel", "Xeon-D 1521", 4, 8, 2.4, 2.7, 4900),
        "16.99", {"ram-16g-ecc-2133": "0", "ram-32g-ecc-2133": "3"},
        {"softraid-4x4000sa": "0", "softraid-4x6000sa": "8"}, most=2,
    ),
    Model(
        "24sys012", "SYS-1", "soyoustart", Cpu("Intel", "Xeon-E 2136", 6, 12, 3.3, 4.5, 12700),
        "29.99", {"ram-32g-ecc-2666": "0", "ram-64g-ecc-2666": "6"},
        {"softraid-2x500nvme": "0", "softraid-2x4000sa": "0"},
    ),
    Model(
        "26sys03", "SYS-3", "soyoustart", Cpu("AMD", "Ryzen 5800X", 8, 16, 3.8, 4.7, 28000),
        "45.99", {"ram-64g-ecc-2666": "0", "ram-128g-ecc-2666": "15"},
        {"softraid-2x960nvme": "0", "softraid-2x1920nvme": "14"},
    ),
    Model(
        "25rise01", "RISE-1", "rise", Cpu("Intel", "Xeon-E 2386G", 6, 12, 3.5, 4.7, 17600), "59.99",
        {"ram-32g-ecc-3200": "0", "ram-64g-ecc-3200": "9", "ram-128g-ecc-3200": "29"},
        {"softraid-2x500nvme": "0", "softraid-2x4000sa": "4"},
    ),
    Model(
        "27rise03", "RISE-3", "rise", Cpu("AMD", "EPYC 4344P", 8, 16, 3.8, 5.3, 36300), "89",
        {"ram-64g-ecc-4800": "0", "ram-128g-ecc-4800": "13"},
        {"softraid-2x960nvme": "0", "softraid-2x6000sa": "0"}, {"softraid-2x500nvme-system": "0"},
        addons="27rise",
    ),
    Model(
        "25risestor", "RISE-STOR", "rise", Cpu("AMD", "Ryzen Pro 3700", 8, 16, 3.6, 4.4, 22000),
        "99.99", {"ram-32g-ecc-2666": "0", "ram-64g-ecc-2666": "9"},
        {"softraid-4x14000sa": "0", "softraid-4x18000sa": "24"}, {"softraid-2x500nvme-system": "0"},
    ),
    Model(
        "26adv01", "ADVANCE-1", "advance", Cpu("AMD", "EPYC 4244P", 6, 12, 3.8, 5.1, 27700),
        "109.99", {"ram-32g-ecc-5200": "0", "ram-64g-ecc-5200": "18"},
        {"softraid-2x960nvme": "0", "softraid-4x960nvme": "32"}, {"softraid-2x500nvme-system": "0"},
    ),
)  # fmt: skip


def build(model: Model, version: str, region: str, datacenters: tuple[str, ...]) -> Plan:
    """The plan of a named server for one host and region: `27rise03` + `-v1` + `-us`."""
    suffix = (model.addons or model.code) + region
    families = [
        family_of("storage", suffix, priced(model.storage)),
        family_of("memory", suffix, priced(model.memory), short=model.code == "24ska01"),
        family_of("bandwidth", suffix, network(model)),
        *extras(model, suffix),
    ]
    return Plan(
        code=model.code + version + region,
        product=model.code,
        name=model.name,
        cpu=model.cpu,
        families=tuple(families),
        datacenters=datacenters,
        month=ucents(model.month),
        most=model.most,
        line=model.line,
    )


def extras(model: Model, suffix: str) -> list[Family]:
    """Families that only some ranges have."""
    families = []
    if model.system:
        families.append(family_of("system-storage", suffix, priced(model.system)))
    if model.line != "kimsufi":
        families.append(family_of("vrack", suffix, {"vrack-bandwidth-1000": 0}))
    if model.line == "advance":
        licences = {"cpanel-license-5-accounts": ucents("14"), "plesk-web-admin": ucents("9")}
        families.append(family_of("application-license", suffix, licences, mandatory=False))
    return families


def network(model: Model) -> dict[str, int]:
    """Public bandwidth: Kimsufi has one choice, the others two."""
    if model.line == "kimsufi":
        return {"bandwidth-300-unguaranteed": 0}
    return {"bandwidth-500-unguaranteed": 0, "bandwidth-1000-unguaranteed": ucents("9.99")}


def priced(parts: Parts) -> dict[str, int]:
    """Prices in 1e-8 currency units."""
    return {part: ucents(month) for part, month in parts.items()}

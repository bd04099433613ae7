"""Hardware parts a server is built of, and how addon codes differ from part names."""

import re
from dataclasses import dataclass

from emulators.wsgi import Json


@dataclass(frozen=True, slots=True)
class Cpu:
    """A processor as the catalogue describes it; frequencies in GHz."""

    brand: str
    model: str
    cores: int
    threads: int
    frequency: float
    boost: float
    score: int

    @property
    def label(self) -> str:
        """`AMD Ryzen 5600`."""
        return f"{self.brand} {self.model}"


CPUS = (
    Cpu("Intel", "Xeon-D 1521", 4, 8, 2.4, 2.7, 4900),
    Cpu("Intel", "Xeon-E3 1270 v6", 4, 8, 3.8, 4.2, 8100),
    Cpu("Intel", "Xeon-E 2136", 6, 12, 3.3, 4.5, 12700),
    Cpu("Intel", "Xeon-E 2386G", 6, 12, 3.5, 4.7, 17600),
    Cpu("Intel", "Xeon Gold 6242R", 20, 40, 3.1, 4.1, 38300),
    Cpu("AMD", "Ryzen 5800X", 8, 16, 3.8, 4.7, 28000),
    Cpu("AMD", "Ryzen 5900X", 12, 24, 3.7, 4.8, 39200),
    Cpu("AMD", "EPYC 4244P", 6, 12, 3.8, 5.1, 27700),
    Cpu("AMD", "EPYC 4464P", 12, 24, 3.7, 5.4, 49800),
    Cpu("AMD", "EPYC 7313", 16, 32, 3.0, 3.7, 40600),
    Cpu("AMD", "EPYC 9354", 32, 64, 3.25, 3.8, 79600),
)
MEMORIES = (
    "ram-32g-ecc-2666",
    "ram-64g-ecc-2666",
    "ram-128g-ecc-2666",
    "ram-64g-ecc-3200",
    "ram-128g-ecc-3200",
    "ram-256g-ecc-3200",
    "ram-512g-ecc-4800",
)
STORAGES = (
    "softraid-2x480ssd",
    "softraid-2x500nvme",
    "softraid-2x960nvme",
    "softraid-2x1920nvme",
    "softraid-2x4000sa",
    "softraid-4x6000sa",
    "hybridsoftraid-4x4000sa-1x500nvme",
    "softraid-4x3840nvme",
    "hardraid-2x960ssd",
)
SYSTEM_STORAGES = ("softraid-2x480ssd-system", "softraid-2x500nvme-system")
BANDWIDTHS = ("bandwidth-500-unguaranteed", "bandwidth-1000-unguaranteed")
VRACKS = ("vrack-bandwidth-100", "vrack-bandwidth-1000")

SIZES = {"500nvme": "512nvme", "960nvme": "1024nvme"}
RAIDS = {
    "noraid": "No RAID",
    "softraid": "Soft RAID",
    "hardraid": "Hard RAID",
    "hybridsoftraid": "Hybrid Soft RAID",
}
DISK = re.compile(r"(\d+)x(\d+)(nvme|ssd|sa)")


def addon_code(part: str, suffix: str, *, short_memory: bool = False) -> str:
    """The orderable code of a part within a family of plans. About one in ten codes does not
    start with the part's name, so that nobody gets away with cutting strings."""
    code = part
    for size, sold_as in SIZES.items():
        code = code.replace(size, sold_as)
    if short_memory and code.startswith("ram-"):
        code = "-".join(code.split("-")[:2])
    return f"{code}-{suffix}"


def describe(part: str) -> str:
    """A part in words: `ram-64g-ecc-3200` -> `64GB ECC 3200MHz`."""
    if part.startswith("ram-"):
        _, size, ecc, frequency = part.split("-")
        return f"{size[:-1]}GB {ecc.upper()} {frequency}MHz"
    disks = DISK.findall(part)
    if disks:
        raid = RAIDS[part.partition("-")[0]]
        system = " (system)" if part.endswith("-system") else ""
        kinds = {"nvme": "SSD NVMe", "ssd": "SSD SATA", "sa": "HDD SATA"}
        named = [f"{count}x {size}GB {kinds[kind]}" for count, size, kind in disks]
        return f"{' + '.join(named)} {raid}{system}"
    return part.replace("-", " ").capitalize()


def technical(part: str) -> Json:
    """The `blobs.technical` of a part's product."""
    if part.startswith("ram-"):
        _, size, ecc, frequency = part.split("-")
        ram_type = "DDR5" if int(frequency) >= 4800 else "DDR4"
        memory = {"size": int(size[:-1]), "ramType": ram_type, "ecc": ecc == "ecc"}
        return {"memory": {**memory, "frequency": int(frequency)}}
    disks = DISK.findall(part)
    if disks:
        return {"storage": {"raid": part.partition("-")[0], "disks": [disk(*row) for row in disks]}}
    if "bandwidth" in part:
        level = next(int(piece) for piece in part.split("-") if piece.isdigit())
        return {"bandwidth": {"level": level, "burst": level, "guaranteed": "un" not in part}}
    return {}


def disk(count: str, size: str, kind: str) -> Json:
    """One kind of disk of a storage part."""
    nvme = kind == "nvme"
    technology = "HDD" if kind == "sa" else "NVMe" if nvme else "SSD"
    interface = "PCIe" if nvme else "SATA"
    return {
        "number": int(count),
        "capacity": int(size),
        "technology": technology,
        "interface": interface,
    }

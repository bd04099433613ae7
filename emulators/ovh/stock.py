"""What is on the shelf of one host, kept as ready bytes: only a changed plan is written anew."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

import orjson

from emulators.ovh.assortment import plans_of
from emulators.wsgi import Json

OUT = "unavailable"
DELAYS = ("24H", "72H", "120H", "240H", "480H", "720H", "1440H", "2160H")
ANSWERS = ("1H-high", "1H-low", *DELAYS, "comingSoon", OUT, "unknown")
FILTERS = {
    "server": "server",
    "memory": "memory",
    "storage": "storage",
    "systemStorage": "system_storage",
    "gpu": "gpu",
}


def is_orderable(availability: str) -> bool:
    """A server in this state can be ordered, now or with a delay."""
    return availability[0].isdigit()


@dataclass(frozen=True, slots=True)
class Row:
    """One hardware configuration of a plan."""

    fqn: str
    plan_code: str
    server: str
    memory: str
    storage: str
    system_storage: str | None
    gpu: str | None
    datacenters: tuple[str, ...]

    def as_json(self, changed: dict[str, str]) -> Json:
        """The row of the answer; parts that the hardware lacks are left out."""
        row: Json = {
            "fqn": self.fqn,
            "planCode": self.plan_code,
            "server": self.server,
            "memory": self.memory,
            "storage": self.storage,
        }
        if self.system_storage:
            row["systemStorage"] = self.system_storage
        if self.gpu:
            row["gpu"] = self.gpu
        states = dict.fromkeys(self.datacenters, OUT) | changed
        row["datacenters"] = [
            {"datacenter": name, "availability": state} for name, state in states.items() if state
        ]
        return row


@lru_cache(maxsize=512)
def rows_of(host: str, plan_code: str) -> dict[str, Row]:
    """Every configuration of a plan by fqn; raises KeyError for an unknown plan."""
    plan = plans_of(host)[plan_code]
    found: list[str | None] = [addon.product for addon in plan.family("system-storage")]
    systems = found or [None]
    rows: dict[str, Row] = {}
    for memory, storage, system in product(plan.family("memory"), plan.family("storage"), systems):
        parts = (plan.code, memory.product, storage.product, system, plan.gpu)
        fqn = ".".join(part for part in parts if part)
        rows[fqn] = Row(
            fqn,
            plan.code,
            plan.product,
            memory.product,
            storage.product,
            system,
            plan.gpu,
            plan.datacenters,
        )
    return rows


def empty_chunks(host: str) -> dict[str, bytes]:
    """The rows of each plan as JSON while everything is sold out; shared within a process."""
    return _empty_chunks(host, tuple(plans_of(host)))


@cache
def _empty_chunks(host: str, codes: tuple[str, ...]) -> dict[str, bytes]:
    return {
        code: join(orjson.dumps(row.as_json({})) for row in rows_of(host, code).values())
        for code in codes
    }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole answer in bytes."""

    plain: bytes
    packed: bytes
    etag: str


def pack(plain: bytes) -> Snapshot:
    """Compress once for many readers."""
    etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return Snapshot(plain, gzip.compress(plain, 1, mtime=0), etag)


class Stock:
    """Availabilities of one host."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.changed: dict[str, dict[str, str]] = {}
        self.left: dict[tuple[str, str], int] = {}
        self._chunks: dict[str, bytes] | None = None
        self._snapshot: Snapshot | None = None

    def find(self, fqn: str) -> Row | None:
        """A configuration, None when unknown."""
        plan_code = fqn.partition(".")[0]
        is_known = plan_code in plans_of(self.host)
        return rows_of(self.host, plan_code).get(fqn) if is_known else None

    def configurations(self, name: str) -> tuple[str, ...]:
        """The fqns that a plan code or one fqn names; raises ValueError when unknown."""
        if name in plans_of(self.host):
            return tuple(rows_of(self.host, name))
        if self.find(name) is None:
            raise ValueError(f"no configuration or plan {name!r} on {self.host}")
        return (name,)

    def _is_listed(self, fqn: str, datacenter: str) -> bool:
        row = self.find(fqn)
        return row is not None and datacenter in row.datacenters

    def state(self, fqn: str, datacenter: str) -> str:
        """The availability of a configuration in a datacenter; "" when it is not listed there."""
        changed = self.changed.get(fqn, {})
        if datacenter in changed:
            return changed[datacenter]
        return OUT if self._is_listed(fqn, datacenter) else ""

    def set(self, fqn: str, datacenter: str, availability: str, left: int | None = None) -> None:
        """Change one cell; "" takes the datacenter off the row. `left` servers can be ordered
        before it turns unavailable, None for no end. Raises ValueError for an unknown state."""
        if availability and availability not in ANSWERS:
            raise ValueError(f"unknown availability {availability!r}: one of {', '.join(ANSWERS)}")
        states = self.changed.setdefault(fqn, {})
        if availability == OUT and self._is_listed(fqn, datacenter):
            states.pop(datacenter, None)
        else:
            states[datacenter] = availability
        if not states:
            del self.changed[fqn]
        if left is None or not is_orderable(availability or OUT):
            self.left.pop((fqn, datacenter), None)
        else:
            self.left[fqn, datacenter] = left
        self._refresh(fqn)

    def has(self, fqn: str, datacenter: str, count: int) -> bool:
        """The datacenter can deliver that many."""
        state = self.state(fqn, datacenter)
        left = self.left.get((fqn, datacenter))
        return bool(state) and is_orderable(state) and (left is None or left >= count)

    def take(self, fqn: str, datacenter: str, count: int) -> None:
        """Order `count` servers that are there; the last one leaves the datacenter empty."""
        left = self.left.get((fqn, datacenter))
        if left is not None:
            rest = left - count
            self.set(fqn, datacenter, self.state(fqn, datacenter) if rest else OUT, rest or None)

    def load(self, changed: dict[str, dict[str, str]], left: dict[tuple[str, str], int]) -> None:
        """Take over what was kept."""
        self.changed = {fqn: states for fqn, states in changed.items() if self.find(fqn)}
        self.left = {cell: count for cell, count in left.items() if cell[0] in self.changed}
        self._chunks, self._snapshot = None, None

    def _refresh(self, fqn: str) -> None:
        if self._chunks is not None:
            plan_code = fqn.partition(".")[0]
            self._chunks[plan_code] = self._write(plan_code)
        self._snapshot = None

    def _write(self, plan_code: str) -> bytes:
        rows = (self.row(fqn) for fqn in rows_of(self.host, plan_code))
        return join(orjson.dumps(row) for row in rows if row["datacenters"])

    def snapshot(self) -> Snapshot:
        """Everything, as it travels; joined and packed once per change."""
        if self._chunks is None:
            changed = {fqn.partition(".")[0] for fqn in self.changed}
            self._chunks = empty_chunks(self.host) | {code: self._write(code) for code in changed}
        if self._snapshot is None:
            self._snapshot = pack(b"[" + join(self._chunks.values()) + b"]")
        return self._snapshot

    def filtered(self, query: dict[str, str]) -> list[Json]:
        """Rows that fit the parameters of the availabilities route."""
        plans = plans_of(self.host)
        wanted_plan = query.get("planCode")
        codes = [code for code in plans if wanted_plan in (None, "", code)]
        wanted = {name: query[key] for key, name in FILTERS.items() if query.get(key)}
        found = (
            self.row(fqn)
            for code in codes
            for fqn, row in rows_of(self.host, code).items()
            if all(getattr(row, name) == value for name, value in wanted.items())
        )
        names = set(filter(None, query.get("datacenters", "").split(",")))
        if names:
            excluded = query.get("excludeDatacenters", "").lower() == "true"
            found = (keep_datacenters(row, names, excluded=excluded) for row in found)
        return [row for row in found if row["datacenters"]]

    def row(self, fqn: str) -> Json:
        """One configuration as it is answered."""
        return rows_of(self.host, fqn.partition(".")[0])[fqn].as_json(self.changed.get(fqn, {}))


def keep_datacenters(row: Json, names: set[str], *, excluded: bool) -> Json:
    """The row with just these datacenters, or just the others."""
    row["datacenters"] = [
        cell for cell in row["datacenters"] if (cell["datacenter"] in names) is not excluded
    ]
    return row


def join(chunks: Iterable[bytes]) -> bytes:
    """Written rows with commas between them."""
    return b",".join(chunk for chunk in chunks if chunk)

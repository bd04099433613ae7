"""What a process knows of stock, and the words for what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ovh_sniper.gateways.hosts import Host, delivery_hours
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import StockInterval

OPENED, CHANGED, CLOSED = "opened", "changed", "closed"
Place = tuple[str, str]  # fqn, datacenter


class Superseded(Exception):
    """Another process has taken over this host: load what it knows, or leave it to it."""


@dataclass(frozen=True, slots=True)
class StockChange:
    """One configuration in one datacenter that can be ordered now, otherwise, or no longer.

    `kind` is opened, changed (delivery time or how much is left) or closed; `availability` and
    `hours` are OVH's word at the latest, of a closed one its last before. `is_baseline`: it was
    there when somebody looked for the first time. `out_for` is how long it had been away (seconds),
    None where that is not known.
    """

    kind: str
    row: StockRow
    datacenter: str
    availability: str
    hours: int
    interval_id: int
    at: datetime
    is_baseline: bool = False
    out_for: float | None = None


@dataclass(slots=True)
class Open:
    """An interval that is open, as the writing process keeps it."""

    interval_id: int
    availability: str
    best_hours: int
    is_baseline: bool


@dataclass(slots=True)
class Known:
    """What one process knows of a host. Only the process with the latest epoch may write."""

    host: Host
    epoch: int
    is_first: bool  # no look was ever made
    looked_at: datetime | None  # the last one at the whole list that succeeded
    configurations: dict[str, int] = field(default_factory=dict)  # fqn -> id
    rows: dict[str, StockRow] = field(default_factory=dict)  # fqn -> row, datacenters left out
    gone: set[str] = field(default_factory=set)
    open: dict[Place, Open] = field(default_factory=dict)
    announced: set[Place] = field(default_factory=set)


def as_kept(interval: StockInterval) -> Open:
    """Return an open interval as the writing process keeps it."""
    return Open(interval.pk, interval.availability, interval.best_hours, interval.is_baseline)


def hours_of(word: str) -> int:
    """Return the delivery hours of a word that means that one can order."""
    hours = delivery_hours(word)
    if hours is None:
        raise ValueError(word)
    return hours

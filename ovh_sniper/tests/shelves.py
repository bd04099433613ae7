"""Rows of the stock list as tests write them, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import StockInterval
from ovh_sniper.services.stock import intervals as stock
from ovh_sniper.services.stock.intervals import Known, StockChange

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
SMALL, LARGE = "27sk15.ram-64g.2x500", "27sk15.ram-128g.2x960"
OTHER = "27rise03.ram-64g.2x960"


def at(seconds: float) -> datetime:
    """Return a time after the start of a test."""
    return START + timedelta(seconds=seconds)


def row(fqn: str, **datacenters: str) -> StockRow:
    """Return a row of the list: `row(SMALL, gra="1H-low")`."""
    plan_code, memory, storage = fqn.split(".")
    return StockRow(fqn, plan_code, plan_code, memory, storage, "", "", tuple(datacenters.items()))


def as_json(one: StockRow) -> dict[str, Any]:
    """Return a row as OVH writes it."""
    return {
        "fqn": one.fqn,
        "planCode": one.plan_code,
        "server": one.server,
        "memory": one.memory,
        "storage": one.storage,
        "datacenters": [{"datacenter": dc, "availability": word} for dc, word in one.datacenters],
    }


def started(*rows: StockRow, host: Host = Host.EU) -> Known:
    """Return what a process knows that made the very first look."""
    known = stock.load(host)
    stock.apply(known, rows, at(0))
    return known


def told(changes: Iterable[StockChange]) -> list[tuple[str, str, str]]:
    """Return the kinds, configurations and places of changes."""
    return [(one.kind, one.row.fqn, one.datacenter) for one in changes]


def intervals(fqn: str = "") -> list[tuple[str, float, float | None]]:
    """Return what is kept: datacenter, and when it opened and closed in seconds from the start."""
    rows = StockInterval.objects.filter(configuration__fqn__startswith=fqn).order_by("pk")
    return [
        (
            one.datacenter,
            (one.opened_at - START).total_seconds(),
            None if one.closed_at is None else (one.closed_at - START).total_seconds(),
        )
        for one in rows
    ]

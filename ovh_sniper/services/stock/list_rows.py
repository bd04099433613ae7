"""Rows of the stock list and the configurations that are kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db.models import Q

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import Configuration

T = TypeVar("T")
# A VPS plan stands in no host's list but in one of its own for each subsidiary, which is named as
# its server (services/polling/vps.py).
VPS = "vps/"
LISTED = ~Q(server__startswith=VPS)
# Values of one statement: both databases have a limit, SQLite's is the lower one.
BATCH = 500


def vps_server(subsidiary: str) -> str:
    """Return what stands for the hardware of the VPS plans of a subsidiary's list."""
    return f"{VPS}{subsidiary}"


def is_in_list(row: StockRow, *, is_vps: bool, subsidiary: str) -> bool:
    """Tell whether a row stands in the list that a wish looks at: of dedicated servers, or of the
    VPS plans of its subsidiary."""
    if is_vps:
        return row.server == vps_server(subsidiary)
    return not row.server.startswith(VPS)


def of_configuration(found: Configuration) -> StockRow:
    """Return the stock row of a configuration, without where it is in stock."""
    return StockRow(
        found.fqn,
        found.plan_code,
        found.server,
        found.memory,
        found.storage,
        found.system_storage,
        found.gpu,
        (),
    )


def write(host: Host, rows: Iterable[StockRow], now: datetime) -> dict[str, int]:
    """Write configurations that were not known, and return fqn -> id of these."""
    new = list(rows)
    Configuration.objects.bulk_create(
        [_configuration(host, row, now) for row in new], ignore_conflicts=True, batch_size=BATCH
    )
    return ids(host, (row.fqn for row in new))


def _configuration(host: Host, row: StockRow, now: datetime) -> Configuration:
    return Configuration(
        host=host.value,
        fqn=row.fqn,
        plan_code=row.plan_code,
        server=row.server,
        memory=row.memory,
        storage=row.storage,
        system_storage=row.system_storage,
        gpu=row.gpu,
        first_seen=now,
        last_seen=now,
    )


def ids(host: Host, fqns: Iterable[str]) -> dict[str, int]:
    """Return fqn -> id."""
    found: dict[str, int] = {}
    for part in batches(fqns):
        rows = Configuration.objects.filter(host=host.value, fqn__in=part)
        found |= dict(rows.values_list("fqn", "pk"))
    return found


def mark(host: Host, fqns: Iterable[str], *, is_gone: bool, now: datetime) -> None:
    """Note that configurations are no longer listed, or are again."""
    for part in batches(fqns):
        rows = Configuration.objects.filter(host=host.value, fqn__in=part)
        rows.update(is_gone=is_gone, last_seen=now)


def batches(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """Yield the values in parts that one statement can carry."""
    rest = iter(values)
    while part := list(islice(rest, BATCH)):
        yield part

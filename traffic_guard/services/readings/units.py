"""What a package's unit is in bytes: as the cloud's own API says, kept for days, for all tenants.

Some public code takes unit 17 for bytes, which are GB of disks: so no table of ours decides while
the cloud can be asked. Where it cannot be, what it said before holds, then the few that its gateway
is sure of. A unit that nobody knows is never acted on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from traffic_guard.gateways.cloud import CloudError, CloudProvider, Unit
from traffic_guard.models import MeasureUnit
from traffic_guard.services.accounts import limiter

log = logging.getLogger(__name__)

# as long as that the cloud is not asked again
KEEP = timedelta(days=3)
# a unit that it did not name is asked for at most so often
RETRY = timedelta(hours=1)


def sizes(
    name: str, provider: CloudProvider, unit_ids: Iterable[str], now: datetime
) -> dict[str, int | None]:
    """Return the bytes of units by their id; None: unknown, or none of traffic. Calls the cloud.

    `name` is the cloud's (Account.provider). Outside a transaction.
    """
    wanted = {one for one in unit_ids if one}
    kept = _kept(name)
    if wanted and _is_worth_asking(wanted, kept, now):
        try:
            _write(name, provider.units(), now)
            kept = _kept(name)
        except CloudError as error:
            log.warning("the units of %s cannot be had: %s", name, error)
            limiter.heard(name, error)
    known = provider.known_units()
    return {one: _bytes(one, kept, known) for one in wanted}


def _kept(name: str) -> dict[str, MeasureUnit]:
    return {row.unit_id: row for row in MeasureUnit.objects.filter(provider=name)}


def _is_worth_asking(wanted: Iterable[str], kept: Mapping[str, MeasureUnit], now: datetime) -> bool:
    newest = max((row.fetched_at for row in kept.values()), default=None)
    if newest is None or newest < now - KEEP:
        return True
    return newest < now - RETRY and any(one not in kept for one in wanted)


def _bytes(unit_id: str, kept: Mapping[str, MeasureUnit], known: Mapping[str, Unit]) -> int | None:
    if unit_id in kept:
        # also None: the cloud says that it is none of traffic
        return kept[unit_id].in_bytes
    return known[unit_id].bytes if unit_id in known else None


def _write(name: str, units: Mapping[str, Unit], now: datetime) -> None:
    """Keep what the cloud says; what it does not name any more stays as it was."""
    rows = [
        MeasureUnit(
            provider=name,
            unit_id=unit.unit_id[:20],
            name=unit.name[:80],
            in_bytes=unit.bytes,
            fetched_at=now,
        )
        for unit in units.values()
    ]
    MeasureUnit.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["provider", "unit_id"],
        update_fields=["name", "in_bytes", "fetched_at"],
    )

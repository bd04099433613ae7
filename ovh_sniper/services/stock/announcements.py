"""What OVH announces ("comingSoon"): shown to people, and never taken for stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import Announced
from ovh_sniper.services.stock import list_rows

Place = tuple[str, str]  # fqn, datacenter
WORD = "comingSoon"


def load(host: Host) -> set[Place]:
    """Return what is announced of a host, as far as it was noted."""
    rows = Announced.objects.filter(configuration__host=host.value)
    return set(rows.values_list("configuration__fqn", "datacenter"))


def note(
    before: set[Place], rows: Iterable[StockRow], ids: Mapping[str, int], now: datetime
) -> set[Place]:
    """Write what a look announces anew or no more, in the caller's transaction; return all of it.

    `before` is what was noted of the places that the look could see, `ids` the configurations' ids.
    """
    there = {
        (row.fqn, datacenter)
        for row in rows
        for datacenter, word in row.datacenters
        if word == WORD
    }
    Announced.objects.bulk_create(
        [
            Announced(configuration_id=ids[fqn], datacenter=datacenter, since=now)
            for fqn, datacenter in sorted(there - before)
        ],
        # another process may have noted it a moment ago
        ignore_conflicts=True,
        batch_size=list_rows.BATCH,
    )
    over: dict[str, list[int]] = {}
    for fqn, datacenter in before - there:
        over.setdefault(datacenter, []).append(ids[fqn])
    for datacenter, configurations in over.items():
        for part in list_rows.batches(configurations):
            Announced.objects.filter(datacenter=datacenter, configuration__in=part).delete()
    return there

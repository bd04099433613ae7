"""Writes alerts: what was seen, what it costs, how long it was out, whether OVH refused it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Alert, Wish
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.stock import ghosts

if TYPE_CHECKING:
    from ovh_sniper.gateways.stock import StockRow
    from ovh_sniper.services.stock.intervals import StockChange

CENT = Decimal("0.01")
# A refusal longer ago says little of what is shown now.
REMEMBERED = timedelta(days=1)


class Due(NamedTuple):
    """What one server costs, with tax: now, and a month later; None where OVH names no price."""

    now: Decimal | None
    renewal: Decimal | None
    currency: str


UNKNOWN = Due(None, None, "")


def due(host: str, subsidiary: str, row: StockRow, extras: dict[str, str]) -> Due:
    """Return the price of a configuration with these extras, from the stored price list."""
    catalogue = catalogues.current(Host(host), subsidiary)
    price = catalogues.price_of(Host(host), subsidiary, row, extras)
    if catalogue is None or price is None:
        return UNKNOWN
    renewal = price.renewal * (100 + catalogue.tax_rate) / 100
    return Due(
        price.with_tax.quantize(CENT, ROUND_HALF_UP),
        renewal.quantize(CENT, ROUND_HALF_UP),
        price.currency,
    )


def write(tenant_id: int, found: Sequence[tuple[Wish, StockChange]], now: datetime) -> list[Alert]:
    """Write alerts inside the tenant's scope and return those that this call was first to write."""
    prices: dict[tuple[str, str, str, str], Due] = {}
    rows = []
    for wish, change in found:
        key = (wish.host, wish.subsidiary, change.row.fqn, str(sorted(wish.extras.items())))
        if key not in prices:
            prices[key] = due(wish.host, wish.subsidiary, change.row, wish.extras)
        rows.append(_row(tenant_id, wish, change, prices[key], now))
    if not rows:
        return []
    # of two workers that see the same stock one writes, the other one's rows are left out
    Alert.objects.bulk_create(rows, ignore_conflicts=True)
    written = Alert.objects.filter(public_id__in=[row.public_id for row in rows])
    ids = dict(written.values_list("public_id", "pk"))
    mine = [row for row in rows if row.public_id in ids]
    for row in mine:
        row.pk = ids[row.public_id]
    return mine


def _row(tenant_id: int, wish: Wish, change: StockChange, cost: Due, now: datetime) -> Alert:
    refused_at = ghosts.last_refused(Host(wish.host), change.row.fqn, change.datacenter)
    if refused_at is not None and refused_at < now - REMEMBERED:
        refused_at = None
    return Alert(
        tenant_id=tenant_id,
        wish=wish,
        interval_id=change.interval_id,
        fqn=change.row.fqn,
        plan_code=change.row.plan_code,
        datacenter=change.datacenter,
        availability=change.availability,
        due_now=cost.now,
        renewal=cost.renewal,
        currency=cost.currency,
        out_for=change.out_for if change.out_for is None else int(change.out_for),
        was_refused_at=refused_at,
        stock_seen_at=change.at,
        created_at=now,
    )

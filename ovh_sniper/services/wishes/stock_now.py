"""What of some wishes is in stock now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from ovh_sniper.models import StockInterval, Wish
from ovh_sniper.services.matching import fitting
from ovh_sniper.services.stock import list_rows
from ovh_sniper.services.stock.intervals import OPENED, StockChange


def in_stock(wishes: Sequence[Wish]) -> dict[int, list[StockChange]]:
    """Return wish id -> what fits it and can be ordered now, the soonest first; one query."""
    wanted = Q(pk__in=[])
    for host, plan_code in {(wish.host, wish.plan_code) for wish in wishes}:
        wanted |= Q(configuration__host=host, configuration__plan_code=plan_code)
    rows = StockInterval.objects.filter(wanted, closed_at=None).select_related("configuration")
    there: dict[tuple[str, str], list[StockChange]] = defaultdict(list)
    for row in rows.order_by("delivery_hours", "pk"):
        plan = (row.configuration.host, row.configuration.plan_code)
        there[plan].append(_change(row))
    return {
        wish.pk: [
            change for change in there[wish.host, wish.plan_code] if fitting.waits_for(wish, change)
        ]
        for wish in wishes
    }


def _change(row: StockInterval) -> StockChange:
    return StockChange(
        OPENED,
        list_rows.of_configuration(row.configuration),
        row.datacenter,
        row.availability,
        row.delivery_hours,
        row.pk,
        row.opened_at,
        row.is_baseline,
    )

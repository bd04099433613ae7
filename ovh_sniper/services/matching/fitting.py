"""Whether stock is what a wish waits for; worked out for thousands of wishes at each look."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ovh_sniper.models import Wish
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.stock import list_rows

if TYPE_CHECKING:
    from ovh_sniper.services.stock.intervals import StockChange

# tenant id -> (wish id, change)
Found = dict[int, list[tuple[int, "StockChange"]]]
TERMS = ("plan_code", "track", "subsidiary", *choosing.PARTS, "max_delivery_hours")


def of_all(waiting: Sequence[tuple[Any, ...]], by_plan: Mapping[str, list[StockChange]]) -> Found:
    """Return what fits which wish: `waiting` are rows of wish id, tenant id, the values of TERMS
    and the datacenters as JSON, `by_plan` the changes of each plan."""
    # thousands of wishes want the same: what fits is worked out once for each kind
    known: dict[tuple[Any, ...], list[StockChange]] = {}
    found: Found = defaultdict(list)
    for pk, tenant_id, *terms in waiting:
        kind = tuple(terms)
        fitting = known.get(kind)
        if fitting is None:
            fitting = known[kind] = [one for one in by_plan[kind[0]] if _fits(kind, one)]
        if fitting:
            found[tenant_id] += [(pk, change) for change in fitting]
    return dict(found)


def waits_for(wish: Wish, change: StockChange) -> bool:
    """Tell whether stock is what a wish waits for."""
    if wish.plan_code != change.row.plan_code:
        return False
    terms = [getattr(wish, name) for name in TERMS]
    return _fits((*terms, json.dumps(wish.datacenters)), change)


def _fits(terms: tuple[Any, ...], change: StockChange) -> bool:
    """Tell whether a change is one that the values of TERMS and the datacenters wait for."""
    _plan, track, subsidiary, *parts, longest, places = terms
    row = change.row
    if not list_rows.is_in_list(row, is_vps=track == Wish.Track.VPS, subsidiary=subsidiary):
        return False
    if longest is not None and change.hours > longest:
        return False
    named = zip(choosing.PARTS, parts, strict=True)
    if any(part not in ("", getattr(row, name)) for name, part in named):
        return False
    wanted = json.loads(places)
    return not wanted or change.datacenter in wanted

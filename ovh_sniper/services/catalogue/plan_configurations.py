"""The configurations of a plan: what they cost in a shop, and where they are in stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Configuration, StockInterval
from ovh_sniper.services.catalogue import catalogues, choosing
from ovh_sniper.services.stock import list_rows

DEAREST = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a configuration can be ordered now; `since` None: since before anybody looked.

    `is_sold`: the shop sells the plan there.
    """

    datacenter: str
    availability: str
    hours: int
    since: datetime | None
    is_sold: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A configuration; money with tax for one server, None where the price list names no price."""

    configuration: Configuration
    due_now: Decimal | None
    renewal: Decimal | None
    places: Sequence[Place]


def listed(host: str, plan_code: str) -> list[Configuration]:
    """Return the configurations of a plan that OVH's stock list has."""
    rows = Configuration.objects.filter(list_rows.LISTED, host=host, plan_code=plan_code)
    return list(rows.order_by("is_gone", "fqn"))


def lines(
    host: str, subsidiary: str, found: Iterable[Configuration], now: datetime
) -> tuple[list[Line], str]:
    """Return configurations of one plan with prices, and the currency of these.

    What is in stock comes first, then what is cheap. Two queries, whatever there is.
    """
    known = [one for one in found if not one.is_gone]
    catalogue = catalogues.current(Host(host), subsidiary)
    intervals: dict[int, list[StockInterval]] = defaultdict(list)
    open_ones = StockInterval.objects.filter(configuration__in=known, closed_at=None)
    for one in open_ones.order_by("delivery_hours", "datacenter"):
        intervals[one.configuration_id].append(one)
    shown = [_line(one, intervals[one.pk], catalogue, now) for one in known]
    return sorted(shown, key=_rank), catalogue.currency if catalogue else ""


def _line(
    one: Configuration, there: Iterable[StockInterval], catalogue: Catalogue | None, now: datetime
) -> Line:
    due, renewal = _price(one, catalogue, now)
    plan = catalogue.plans.get(one.plan_code) if catalogue else None
    places = [
        Place(
            interval.datacenter,
            interval.availability,
            interval.delivery_hours,
            None if interval.is_baseline else interval.opened_at,
            is_sold=plan is None or interval.datacenter in plan.datacenters,
        )
        for interval in there
    ]
    return Line(one, due, renewal, places)


def _price(
    one: Configuration, catalogue: Catalogue | None, now: datetime
) -> tuple[Decimal | None, Decimal | None]:
    chosen = catalogue.addons_of(list_rows.of_configuration(one)) if catalogue else None
    if catalogue is None or chosen is None:
        return None, None
    return (
        choosing.due_now(catalogue, one.plan_code, chosen, now),
        choosing.renewal(catalogue, one.plan_code, chosen, now),
    )


def _rank(line: Line) -> tuple[bool, Decimal, str]:
    price = DEAREST if line.due_now is None else line.due_now
    return (not line.places, price, line.configuration.fqn)

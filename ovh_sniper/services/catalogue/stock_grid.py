"""The stock of a host as a grid: a row for each plan, a column for each datacenter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef

from ovh_sniper.gateways.hosts import datacenter as place_of
from ovh_sniper.models import Configuration, GhostStock, StockInterval
from ovh_sniper.services.catalogue.offers import Offer
from ovh_sniper.services.stock.summary import Summary

# A refusal longer ago says little of what is shown now.
REMEMBERED = timedelta(days=1)
FAR = 10**6
DEAREST = Decimal("Infinity")
SOONEST, CHEAPEST, BY_NAME = "soonest", "cheapest", "name"
SORTS = (SOONEST, CHEAPEST, BY_NAME)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one plan has in one datacenter. `hours` and OVH's `availability` are the soonest's."""

    hours: int
    availability: str
    configurations: int  # that can be ordered there


@dataclass(slots=True)
class Row:
    """A plan with where it can be ordered, and where OVH announces it."""

    offer: Offer
    cells: dict[str, Cell] = field(default_factory=dict)
    announced: frozenset[str] = frozenset()

    @property
    def hours(self) -> int:
        """Hours until the soonest delivery anywhere; very many where there is none."""
        return min((cell.hours for cell in self.cells.values()), default=FAR)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the grid is looked for; empty and None: everything.

    `place` is a datacenter's code or a country's (`FR`). `max_hours` makes what comes later count
    as out of stock, `max_price` is compared with what is due now, with tax.
    """

    text: str = ""
    range: str = ""
    place: str = ""
    only_in_stock: bool = False
    max_hours: int | None = None
    max_price: Decimal | None = None
    sort: str = SOONEST


def rows(summary: Summary, offers: Iterable[Offer], wanted: Wanted) -> list[Row]:
    """Return the rows of a grid that are looked for, in order."""
    found = []
    for offer in offers:
        if _is_other(offer, wanted):
            continue
        announced = summary.announced.get(offer.plan_code, frozenset())
        row = Row(
            offer,
            _cells(summary, offer, wanted),
            frozenset(place for place in announced if _is_place(place, wanted.place)),
        )
        if _is_shown(row, wanted):
            found.append(row)
    return sorted(found, key=lambda row: _rank(row, wanted.sort))


def _cells(summary: Summary, offer: Offer, wanted: Wanted) -> dict[str, Cell]:
    sold = set(offer.datacenters)
    found = {}
    for place, every in summary.offered.get(offer.plan_code, {}).items():
        # what the shop does not sell there cannot be ordered, whatever is in stock
        if (sold and place not in sold) or not _is_place(place, wanted.place):
            continue
        fitting = [
            one for one in every if wanted.max_hours is None or one.hours <= wanted.max_hours
        ]
        if fitting:
            count = sum(one.configurations for one in fitting)
            found[place] = Cell(fitting[0].hours, fitting[0].availability, count)
    return found


def _is_other(offer: Offer, wanted: Wanted) -> bool:
    if wanted.range and offer.range != wanted.range:
        return True
    too_dear = wanted.max_price is not None and (
        offer.due_now is None or offer.due_now > wanted.max_price
    )
    return too_dear or any(word not in offer.words for word in wanted.text.lower().split())


def _is_shown(row: Row, wanted: Wanted) -> bool:
    if wanted.only_in_stock:
        return bool(row.cells)
    is_there = any(_is_place(place, wanted.place) for place in row.offer.datacenters)
    return not wanted.place or is_there or bool(row.cells or row.announced)


def _is_place(code: str, wanted: str) -> bool:
    return not wanted or code == wanted or place_of(code).country == wanted


def _rank(row: Row, sort: str) -> tuple[object, ...]:
    price = DEAREST if row.offer.due_now is None else row.offer.due_now
    name = row.offer.name or row.offer.plan_code
    if sort == BY_NAME:
        return (not row.offer.name, name.lower(), row.offer.plan_code)
    if sort == CHEAPEST:
        return (price, row.hours, row.offer.plan_code)
    return (row.hours, not row.announced, price, row.offer.plan_code)


# --- Of the rows of one page


def ghosts(host: str, plan_codes: Iterable[str], now: datetime) -> set[tuple[str, str]]:
    """Return (plan code, datacenter) of what is shown and was refused within a day: one query."""
    refused = GhostStock.objects.filter(
        host=host,
        fqn=OuterRef("configuration__fqn"),
        datacenter=OuterRef("datacenter"),
        refusals__gt=0,
        last_refused_at__gt=now - REMEMBERED,
    )
    shown = StockInterval.objects.filter(
        Exists(refused),
        configuration__host=host,
        configuration__plan_code__in=list(plan_codes),
        closed_at=None,
    )
    return set(shown.values_list("configuration__plan_code", "datacenter").distinct())


def parts(host: str, plan_codes: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Return plan code -> "memory", "storage", "gpu" -> OVH's names of what it can have."""
    listed = Configuration.objects.filter(host=host, plan_code__in=list(plan_codes), is_gone=False)
    found: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    names = ("memory", "storage", "gpu")
    for plan_code, *values in listed.values_list("plan_code", *names).order_by("pk"):
        for name, value in zip(names, values, strict=True):
            if value:
                found[plan_code][name][value] = None
    return {
        code: {name: list(values) for name, values in by_name.items()}
        for code, by_name in found.items()
    }

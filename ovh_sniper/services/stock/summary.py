"""What a host has in stock, plan by plan: worked out once a process for each look that found other
stock, since pages ask for it every few seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from ovh_sniper.models import Announced, Configuration, Poller, StockInterval
from ovh_sniper.services.stock import list_rows


@dataclass(frozen=True, slots=True)
class Offered:
    """Configurations of one plan in one place that OVH offers with the same word."""

    hours: int
    availability: str
    configurations: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A host's stock: all by plan code. What is offered comes by datacenter, the soonest first."""

    plans: frozenset[str]  # that the stock list names
    offered: Mapping[str, Mapping[str, tuple[Offered, ...]]]
    announced: Mapping[str, frozenset[str]]  # datacenters


# host -> revision and what was worked out of it; stock is the same for all tenants
_kept: dict[str, tuple[str, Summary]] = {}


def of(poller: Poller) -> Summary:
    """Return a host's stock as its latest revision has it."""
    kept = _kept.get(poller.host)
    if kept is not None and poller.revision and kept[0] == poller.revision:
        return kept[1]
    # stock that is newer than the revision is kept for it too: the next revision is worked out anew
    summary = Summary(_plans(poller.host), _offered(poller.host), _announced(poller.host))
    _kept[poller.host] = poller.revision, summary
    return summary


def _plans(host: str) -> frozenset[str]:
    listed = Configuration.objects.filter(list_rows.LISTED, host=host, is_gone=False)
    return frozenset(listed.order_by().values_list("plan_code", flat=True).distinct())


def _offered(host: str) -> Mapping[str, Mapping[str, tuple[Offered, ...]]]:
    open_ones = StockInterval.objects.filter(configuration__host=host, closed_at=None)
    groups = open_ones.values_list(
        "configuration__plan_code", "datacenter", "delivery_hours", "availability"
    ).annotate(count=Count("pk"))
    found: dict[str, dict[str, tuple[Offered, ...]]] = defaultdict(dict)
    # of the same delivery plenty (`1H-high`) comes before few (`1H-low`)
    for plan_code, place, hours, word, count in groups.order_by("delivery_hours", "availability"):
        places = found[plan_code]
        places[place] = (*places.get(place, ()), Offered(hours, word, count))
    return found


def _announced(host: str) -> Mapping[str, frozenset[str]]:
    rows = Announced.objects.filter(configuration__host=host)
    found: dict[str, set[str]] = defaultdict(set)
    for plan_code, place in rows.values_list("configuration__plan_code", "datacenter").distinct():
        found[plan_code].add(place)
    return {plan_code: frozenset(places) for plan_code, places in found.items()}

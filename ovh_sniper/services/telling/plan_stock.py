"""What of a plan is in stock, and at which price, in the shops that a tenant buys in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Configuration, GhostStock, StockInterval, StoredPlan, Wish
from ovh_sniper.services.stock import ghosts, intervals
from ovh_sniper.services.stock.intervals import StockChange
from ovh_sniper.services.telling import alert_facts
from ovh_sniper.services.telling.alert_facts import Due

Shop = tuple[str, str]  # host, subsidiary ("": its prices are nobody's)
REMEMBERED = timedelta(days=1)
DEAREST = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a configuration can be ordered; `since` None: since before anybody looked."""

    datacenter: str
    availability: str
    hours: int
    since: datetime | None
    refused_at: datetime | None  # shown, and refused at checkout


@dataclass(frozen=True, slots=True)
class Offered:
    """A configuration that is in stock, with its price in one shop."""

    shop: Shop
    plan_code: str
    configuration: Configuration | None
    fqn: str
    due: Due
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class LastSeen:
    """When a plan was last in stock, and where."""

    datacenter: str
    opened_at: datetime
    closed_at: datetime


def shops() -> list[Shop]:
    """Return where the tenant buys or watches: of his accounts and of the wishes that live."""
    linked = Account.objects.filter(left_at=None).exclude(subsidiary="")
    mine = linked.values_list("host", "subsidiary")
    living = [Wish.State.ARMED, Wish.State.PAUSED]
    wished = Wish.objects.filter(state__in=living).values_list("host", "subsidiary")
    return sorted({*mine, *wished}) or [(host.value, "") for host in Host]


def of_plan(plan_code: str, now: datetime) -> list[Offered]:
    """Return what is in stock of a plan, the cheapest first; inside the tenant's open scope."""
    found = [
        offered
        for shop in shops()
        for offered in _offered(shop, intervals.in_stock(Host(shop[0]), plan_code), now)
    ]
    return sorted(found, key=_rank)


def wished(now: datetime) -> list[Offered]:
    """Return what is in stock of the plans of armed wishes; inside the tenant's open scope."""
    armed = Wish.objects.filter(state=Wish.State.ARMED, track=Wish.Track.DEDICATED)
    plans = armed.values_list("host", "subsidiary", "plan_code").order_by().distinct()
    found = [
        offered
        for host, subsidiary, plan_code in plans
        for offered in _offered((host, subsidiary), intervals.in_stock(Host(host), plan_code), now)
    ]
    return sorted(found, key=_rank)


def last_seen(plan_code: str) -> LastSeen | None:
    """Return when a plan that is out was last in stock on a host that the tenant buys from."""
    ended = StockInterval.objects.filter(
        configuration__host__in={host for host, _subsidiary in shops()},
        configuration__plan_code=plan_code,
        closed_at__isnull=False,
    )
    last = ended.order_by("-closed_at").first()
    if last is None or last.closed_at is None:
        return None
    return LastSeen(last.datacenter, last.opened_at, last.closed_at)


def names(plan_codes: Iterable[str]) -> dict[str, str]:
    """Return what OVH calls plans; one without a price has no name."""
    rows = StoredPlan.objects.filter(plan_code__in=set(plan_codes))
    return dict(rows.order_by("pk").values_list("plan_code", "name"))


def _rank(offered: Offered) -> tuple[str, Decimal, str, Shop]:
    price = DEAREST if offered.due.now is None else offered.due.now
    return offered.plan_code, price, offered.fqn, offered.shop


def _offered(shop: Shop, changes: Sequence[StockChange], now: datetime) -> list[Offered]:
    host = shop[0]
    by_fqn: dict[str, list[StockChange]] = {}
    for change in changes:
        by_fqn.setdefault(change.row.fqn, []).append(change)
    refused = ghosts.of_places(Host(host), by_fqn)
    known = {one.fqn: one for one in Configuration.objects.filter(host=host, fqn__in=list(by_fqn))}

    def places(there: Sequence[StockChange]) -> list[Place]:
        found = [_place(one, refused.get((one.row.fqn, one.datacenter)), now) for one in there]
        return sorted(found, key=lambda one: (one.hours, one.datacenter))

    return [
        Offered(
            shop, there[0].row.plan_code, known.get(fqn), fqn, _due(shop, there[0]), places(there)
        )
        for fqn, there in by_fqn.items()
    ]


def _place(change: StockChange, ghost: GhostStock | None, now: datetime) -> Place:
    is_fresh = ghost is not None and ghost.last_refused_at > now - REMEMBERED
    return Place(
        change.datacenter,
        change.availability,
        change.hours,
        None if change.is_baseline else change.at,
        ghost.last_refused_at if ghost is not None and is_fresh else None,
    )


def _due(shop: Shop, change: StockChange) -> Due:
    host, subsidiary = shop
    return alert_facts.due(host, subsidiary, change.row, {}) if subsidiary else alert_facts.UNKNOWN

"""Which carts a wish needs ready: of the likeliest configurations and places, a few."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Exists, F, Max, OuterRef, QuerySet

from ovh_sniper.gateways.catalogue import Catalogue, Plan
from ovh_sniper.models import Configuration, Order, StockInterval, WarmCart, Wish
from ovh_sniper.services.carts import warm
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.matching import intents
from ovh_sniper.services.wording.objections import CannotOrder
from tenants.models import Tenant
from tenants.scoping import unscoped

State = WarmCart.State
KEPT = (State.BUILDING, State.READY, State.REFUSED)
ACTING = (Wish.Mode.ASK, Wish.Mode.ORDER)
# Carts of one wish, and of one configuration and datacenter: more would be litter at OVH.
MOST, MOST_OF_A_CELL = 6, 2
# When a wish that can have no carts is planned again: what it waits for comes sooner or later.
LATER = timedelta(hours=1)
# What was not in stock for longer is as unlikely as what never was: a busy plan has tens of
# thousands of intervals a year.
LATELY = timedelta(days=90)
SOONER = {"catalogue": timedelta(minutes=1), "account": timedelta(minutes=10)}
Rank = tuple[int, float, Decimal]


class Cell(NamedTuple):
    """One configuration in one datacenter, and the addons that make it."""

    fqn: str
    datacenter: str
    addons: dict[str, str]


def plan(wish: Wish, now: datetime) -> int:
    """Write rows for the carts that a wish lacks, have those deleted that it needs no more.

    Needs the tenant's open scope, in a transaction. Returns how many carts it will have. A wish
    that can have none gets one row in state refused whose `reason` says why.
    """
    # of two workers the second one sees what the first one wrote
    list(Wish.objects.select_for_update(no_key=True).filter(pk=wish.pk).values_list("pk"))
    try:
        missing, reason = _cells(wish, now), ""
    except CannotOrder as error:
        missing, reason = [], error.reason
    count = len(missing)
    mine = WarmCart.objects.filter(wish=wish, order=None, state__in=KEPT)
    # what is there is kept ahead of what is still to be built
    for cart in mine.order_by(F("expires_at").desc(nulls_last=True), "pk"):
        cell = Cell(cart.fqn, cart.datacenter, cart.addons)
        if cell in missing and cart.account_id == wish.account_id:
            missing.remove(cell)
        elif cart.state != State.BUILDING or not cart.retry_at or cart.retry_at <= now:
            # what a worker builds just now is surplus the next time
            warm.throw_away(cart, now)
    for cell in missing:
        row(wish, cell, now).save()
    if not count:
        mark(wish, reason, now)
    return count


def acts(wish: Wish) -> bool:
    """Tell whether a wish orders, by itself or when somebody presses: only then it has carts."""
    is_on = wish.state == Wish.State.ARMED and wish.tenant.state == Tenant.State.ACTIVE
    orders = wish.mode in ACTING and wish.track == Wish.Track.DEDICATED
    return is_on and orders and wish.account_id is not None


def mark(wish: Wish, reason: str, now: datetime) -> None:
    """Note why a wish that acts has no carts; it is planned again after a while."""
    if acts(wish):
        marker = row(wish, Cell("", "", {}), now + SOONER.get(reason, LATER))
        marker.state, marker.reason = State.REFUSED, reason
        marker.save()


def row(wish: Wish, cell: Cell, due: datetime) -> WarmCart:
    """Return a row (not saved) of a cart that is to be built."""
    return WarmCart(
        tenant_id=wish.tenant_id,
        account=wish.account,
        wish=wish,
        fqn=cell.fqn,
        datacenter=cell.datacenter,
        addons=cell.addons,
        retry_at=due,
    )


def unplanned(limit: int) -> list[tuple[int, int]]:
    """Return (tenant id, wish id) of all tenants' wishes that act and have no carts."""
    with unscoped("the clock looks for wishes without carts of all tenants"):
        kept = WarmCart.objects.filter(wish=OuterRef("pk"), order=None, state__in=KEPT)
        rows = Wish.objects.filter(
            ~Exists(kept),
            state=Wish.State.ARMED,
            tenant__state=Tenant.State.ACTIVE,
            mode__in=ACTING,
            track=Wish.Track.DEDICATED,
            account__isnull=False,
        )
        return list(rows.order_by("pk").values_list("tenant_id", "pk")[:limit])


# --- The likeliest


def _cells(wish: Wish, now: datetime) -> list[Cell]:
    """Return the cells to have carts for, one entry a cart, the likeliest first."""
    if not acts(wish):
        return []
    account = intents.orderable(wish.account)
    catalogue = choosing.catalogue_of(account.host, account.subsidiary)
    sold = catalogue.plans.get(wish.plan_code)
    if sold is None:
        raise CannotOrder("plan", wish.plan_code)
    found = sorted(_possible(wish, catalogue, sold, now), key=lambda one: one[0])
    # one that is about to be sent needs its cart as much as one that is still to come
    waiting = Order.objects.filter(wish=wish, state=Order.State.INTENDED).count()
    each = min(len(intents.free_places(wish)) + waiting, MOST_OF_A_CELL)
    return [cell for _rank, cell in found for _number in range(each)][:MOST]


def _possible(
    wish: Wish, catalogue: Catalogue, sold: Plan, now: datetime
) -> Iterator[tuple[Rank, Cell]]:
    """Yield what fits a wish and its cap: preferred places, then latest in stock, then cheapest.

    Only stock of the last months is told apart.
    """
    configurations = Configuration.objects.filter(
        host=wish.host, plan_code=wish.plan_code, is_gone=False
    )
    places = [one for one in wish.datacenters or sold.datacenters if one in sold.datacenters]
    latest = _latest(configurations, now)
    for configuration in configurations:
        row = choosing.row_of(configuration)
        if not choosing.fits(wish, row):
            continue
        for number, place in enumerate(places):
            try:
                addons = choosing.addons(catalogue, row, wish.extras, place)
            except CannotOrder:
                continue
            due = choosing.due_now(catalogue, wish.plan_code, addons, now)
            if due is None or (wish.cap_due_now is not None and due > wish.cap_due_now):
                continue
            preferred = number if wish.datacenters else 0
            rank = (preferred, -latest.get((row.fqn, place), 0.0), due)
            yield rank, Cell(row.fqn, place, addons)


def _latest(configurations: QuerySet[Configuration], now: datetime) -> dict[tuple[str, str], float]:
    """Return (configuration, datacenter) -> when it last came in stock, of what was there lately.

    Two queries, each with an index of its own: with an OR PostgreSQL reads the whole history.
    """
    seen = StockInterval.objects.filter(configuration__in=configurations)
    found: dict[tuple[str, str], float] = {}
    for rows in (seen.filter(closed_at__gte=now - LATELY), seen.filter(closed_at=None)):
        grouped = rows.values_list("configuration__fqn", "datacenter")
        for fqn, place, at in grouped.annotate(at=Max("opened_at")):
            # what is open came after all that closed
            found[fqn, place] = at.timestamp()
    return found

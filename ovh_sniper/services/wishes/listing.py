"""Wishes as lists and pages show them: with what became of each, without any secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from ovh_sniper.models import Alert, Order, StoredCatalogue, StoredPlan, WarmCart, Wish
from ovh_sniper.services.catalogue.offers import BETWEEN
from ovh_sniper.services.orders import listing
from ovh_sniper.services.stock.intervals import StockChange
from ovh_sniper.services.wishes import stock_now

State = Wish.State
TONES: dict[str, str] = {
    State.ARMED: "good",
    State.PAUSED: "",
    State.DONE: "info",
    State.EXPIRED: "",
    State.STOPPED: "bad",
}
KEPT = (WarmCart.State.BUILDING, WarmCart.State.READY, WarmCart.State.REFUSED)


@dataclass(frozen=True, slots=True)
class Row:
    """A wish with its orders and carts counted; `in_stock` is what fits it now, soonest first."""

    wish: Wish
    ordered: int
    carts_ready: int
    in_stock: Sequence[StockChange]
    currency: str

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES.get(self.wish.state, "")

    @property
    def buys(self) -> bool:
        """Whether it may order anything."""
        return self.wish.mode != Wish.Mode.ALERT

    @property
    def places_in_stock(self) -> list[str]:
        """The datacenters where something fits it now, each once."""
        return list(dict.fromkeys(change.datacenter for change in self.in_stock))


def listed() -> QuerySet[Wish]:
    """Return the open scope's wishes with account, bot and tenant, the newest first."""
    found = Wish.objects.select_related("account", "bot", "tenant")
    secrets = [f"account__{name}" for name in listing.ACCOUNT_SECRETS]
    return found.defer("bot__token", *secrets).order_by("-pk")


def rows(wishes: Sequence[Wish]) -> list[Row]:
    """Return what there is to tell of some wishes; four queries, however many they are."""
    ids = [wish.pk for wish in wishes]
    held = Order.objects.filter(wish__in=ids, place__isnull=False, state__in=Order.COUNTED)
    ready = WarmCart.objects.filter(wish__in=ids, order=None, state=WarmCart.State.READY)
    ordered, carts = _by_wish(held), _by_wish(ready)
    there = stock_now.in_stock(wishes)
    currencies = _currencies(wishes)
    return [
        Row(
            wish,
            ordered.get(wish.pk, 0),
            carts.get(wish.pk, 0),
            there[wish.pk],
            currencies.get((wish.host, wish.subsidiary), ""),
        )
        for wish in wishes
    ]


def left(wishes: Sequence[Wish]) -> dict[int, int]:
    """Return how many servers each of some wishes may still order; one query."""
    # what OVH took and then ended is not ordered again by itself
    counts = Q(state__in=Order.COUNTED) | Q(state=Order.State.CANCELLED, ovh_order_id__isnull=False)
    ids = [wish.pk for wish in wishes]
    held = Order.objects.filter(counts, wish__in=ids, place__isnull=False)
    taken = _by_wish(held)
    return {wish.pk: max(wish.quantity - taken.get(wish.pk, 0), 0) for wish in wishes}


def _by_wish(found: QuerySet[Order] | QuerySet[WarmCart]) -> dict[int, int]:
    grouped = found.order_by().values_list("wish").annotate(count=Count("pk"))
    return {pk: count for pk, count in grouped if pk is not None}


def _currencies(wishes: Iterable[Wish]) -> dict[tuple[str, str], str]:
    """Return (host, subsidiary) -> the money it sells in; as far as that is known."""
    wanted = Q(pk__in=[])
    found = {}
    for wish in wishes:
        place = (wish.host, wish.subsidiary)
        if wish.account is not None and wish.account.currency:
            found[place] = wish.account.currency
        wanted |= Q(host=place[0], subsidiary=place[1])
    shops = StoredCatalogue.objects.filter(wanted).exclude(currency="")
    read = shops.values_list("host", "subsidiary", "currency")
    return {(host, code): currency for host, code, currency in read} | found


def plan_names(wishes: Iterable[Wish]) -> dict[str, str]:
    """Return plan code -> the name that OVH sells it under; one query."""
    plans = StoredPlan.objects.filter(plan_code__in={wish.plan_code for wish in wishes})
    return {
        code: name.partition(BETWEEN)[0]
        for code, name in plans.order_by("pk").values_list("plan_code", "name")
    }


# --- What became of one


def carts_of(wish: Wish) -> list[WarmCart]:
    """Return the carts that are kept for a wish; one without a configuration says why none is."""
    found = WarmCart.objects.filter(wish=wish, order=None, state__in=KEPT).defer("cart_id")
    return list(found.order_by("datacenter", "fqn", "pk"))


def alerts_of(wish: Wish, most: int) -> list[Alert]:
    """Return what matched a wish lately, the latest first."""
    return list(Alert.objects.filter(wish=wish).order_by("-pk")[:most])


def orders_of(wish: Wish, most: int) -> list[Order]:
    """Return a wish's orders but for the refused ones, the latest first."""
    found = listing.listed().filter(wish=wish).exclude(state=Order.State.REFUSED)
    return list(found[:most])


def refusals_of(wish: Wish, most: int) -> list[Order]:
    """Return a wish's orders that came to nothing, the latest first."""
    return list(listing.listed().filter(wish=wish, state=Order.State.REFUSED)[:most])

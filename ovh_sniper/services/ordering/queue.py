"""What waits to be ordered, answered or paid, and the wishes that will order next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ovh_sniper.models import Order, WarmCart, Wish
from ovh_sniper.services.carts import planning
from ovh_sniper.services.ordering import executing
from ovh_sniper.services.orders import listing
from ovh_sniper.services.telling import wish_words
from ovh_sniper.services.wording import words
from tenants import schedules

State = Order.State
# Of each part of the page: what is beyond waits its turn, and is counted.
MOST = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that is not decided, and what happens next to it."""

    order: Order
    next: str


@dataclass(frozen=True, slots=True)
class Watching:
    """An armed wish that orders or asks: what is ready for it and when it looks again."""

    wish: Wish
    left: int  # places
    ready: int  # carts
    building: int
    reason: str  # why there is no cart, in words
    next: str


# --- Orders


def under_way(zone: ZoneInfo) -> tuple[list[Waiting], int]:
    """Return the orders of which nothing is decided, the oldest first, and how many there are."""
    found = listing.listed().filter(state__in=listing.UNDER_WAY)
    orders = list(found.order_by("created_at", "pk")[:MOST])
    count = len(orders) if len(orders) < MOST else found.count()
    return [Waiting(order, next_step(order, zone)) for order in orders], count


def unpaid() -> tuple[list[Order], int]:
    """Return the orders that OVH cancels unless somebody pays, the most urgent first."""
    found = listing.listed().filter(state=State.PLACED, pay_until__isnull=False)
    orders = list(found.order_by("pay_until", "pk")[:MOST])
    return orders, len(orders) if len(orders) < MOST else found.count()


def next_step(order: Order, zone: ZoneInfo) -> str:
    """Return what happens next to an order that is not decided."""
    if order.state == State.INTENDED:
        said = _(
            "Its cart is made, compared with the wish and priced; then it is sent. Given up at "
            "%(time)s if OVH lets nothing through until then."
        )
        return said % {"time": _clock(order.created_at + executing.LIFE, zone)}
    if order.state == State.ORDERING:
        said = _("Sent to OVH at %(time)s; its answer is awaited. It is never sent twice.")
        return said % {"time": _clock(order.checkout_at or order.created_at, zone)}
    if order.retry_at is None:
        return _("OVH’s answer was lost. Its books are read; nothing is ordered again until then.")
    said = _(
        "OVH’s answer was lost. Its books are read again at %(time)s; nothing is ordered again "
        "until that is clear."
    )
    return said % {"time": _clock(order.retry_at, zone)}


def _clock(at: datetime, zone: ZoneInfo) -> str:
    """Return a time of these minutes: seconds matter, the day does not."""
    return date_format(at.astimezone(zone), "H:i:s")


# --- Wishes


def watching(zone: ZoneInfo, now: datetime) -> tuple[list[Watching], int]:
    """Return the armed wishes that order or ask, and how many there are: three queries and one."""
    found = Wish.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        state=Wish.State.ARMED,
        mode__in=planning.ACTING,
    )
    wishes = list(found.order_by("-mode", "pk")[:MOST])
    count = len(wishes) if len(wishes) < MOST else found.count()
    held, carts, reasons = _held(wishes), _carts(wishes), _reasons(wishes)
    return [
        Watching(
            wish,
            max(wish.quantity - held[wish.pk], 0),
            carts[wish.pk][WarmCart.State.READY],
            carts[wish.pk][WarmCart.State.BUILDING],
            reasons.get(wish.pk, ""),
            _next_look(wish, zone, now),
        )
        for wish in wishes
    ], count


def _held(wishes: Iterable[Wish]) -> Counter[int]:
    orders = Order.objects.filter(wish__in=wishes, place__isnull=False, state__in=Order.COUNTED)
    counted = orders.values_list("wish").annotate(count=Count("pk")).order_by()
    return Counter(dict(counted))


def _carts(wishes: Iterable[Wish]) -> dict[int, Counter[str]]:
    rows = WarmCart.objects.filter(wish__in=wishes, order=None, state__in=planning.KEPT)
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for wish_id, state, count in (
        rows.values_list("wish", "state").annotate(count=Count("pk")).order_by()
    ):
        found[wish_id][state] = count
    return found


def _reasons(wishes: Iterable[Wish]) -> dict[int, str]:
    """Return wish id -> why a cart of it is of no use."""
    rows = WarmCart.objects.filter(
        wish__in=wishes, order=None, state=WarmCart.State.REFUSED
    ).exclude(reason="")
    told = rows.order_by("pk").values_list("wish", "reason")
    return {wish_id: wish_words.cart_reason(reason) for wish_id, reason in told}


def _next_look(wish: Wish, zone: ZoneInfo, now: datetime) -> str:
    if not schedules.is_open(wish.schedule, zone, now):
        opens = schedules.next_open(wish.schedule, zone, now)
        return _("outside its hours until %(time)s") % {"time": words.moment(opens, zone)}
    if wish.retry_at is not None and wish.retry_at > now:
        said = _("at %(time)s, or when stock moves")
        return said % {"time": words.moment(wish.retry_at, zone)}
    return _("when stock moves")

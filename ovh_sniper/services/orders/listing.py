"""Orders as lists and pages show them: without the secrets that stand in their rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, Q, QuerySet

from ovh_sniper.models import Account, Order, StoredPlan
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.catalogue.offers import BETWEEN
from tenants.fields import EncryptedTextField

State = Order.State


def _secrets_of(model: type[Account | Order]) -> tuple[str, ...]:
    return tuple(one.name for one in model._meta.fields if isinstance(one, EncryptedTextField))


# of an account: defer them wherever nobody speaks to OVH
ACCOUNT_SECRETS = _secrets_of(Account)
SECRETS = (*_secrets_of(Order), *(f"account__{name}" for name in ACCOUNT_SECRETS))

UNDER_WAY = (State.INTENDED, State.ORDERING, State.UNKNOWN)
ON_THE_WAY = (State.CHECKING, State.DOCUMENTS, State.DELIVERING)
# word of a filter -> states
GROUPS: dict[str, tuple[Order.State, ...]] = {
    "under_way": UNDER_WAY,
    "unpaid": (State.PLACED,),
    "on_the_way": ON_THE_WAY,
    "delivered": (State.DELIVERED,),
    "refused": (State.REFUSED,),
    "cancelled": (State.CANCELLED,),
    "dry": (State.DRY,),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders are looked for; empty and None: all. `since` and `until` bound the intent."""

    text: str = ""
    group: str = ""
    account: str = ""  # public id
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None


def listed() -> QuerySet[Order]:
    """Return the open scope's orders with account and wish, the latest first."""
    orders = Order.objects.select_related("account", "wish").defer(*SECRETS)
    return orders.order_by("-created_at", "-pk")


def find(wanted: Wanted) -> QuerySet[Order]:
    """Return the orders that are looked for."""
    orders = listed()
    if wanted.group in GROUPS:
        orders = orders.filter(state__in=GROUPS[wanted.group])
    if wanted.account:
        orders = orders.filter(account__public_id=wanted.account)
    if wanted.source:
        orders = orders.filter(source=wanted.source)
    if wanted.since is not None:
        orders = orders.filter(created_at__gte=wanted.since)
    if wanted.until is not None:
        orders = orders.filter(created_at__lt=wanted.until)
    for word in wanted.text.split():
        orders = orders.filter(_mentions(word))
    return orders


def _mentions(word: str) -> Q:
    names = ("fqn", "datacenter", "service_name", "requested_by", "wish__name")
    found = Q(plan_code__icontains=word)
    for name in names:
        found |= Q(**{f"{name}__icontains": word})
    # OVH's numbers have nine digits; a longer one fits no column
    if word.isascii() and word.isdigit() and len(word) <= 18:
        found |= Q(ovh_order_id=int(word))
    return found


def first_at() -> datetime | None:
    """Return when the scope's first order was wanted."""
    found: datetime | None = Order.objects.aggregate(at=Min("created_at"))["at"]
    return found


def of_request(request_key: str) -> list[Order]:
    """Return the orders that a request for several (`by_hand.order_plan`) has made already."""
    keys = [f"{request_key}#{number}" for number in range(MAX_QUANTITY)]
    return list(listed().filter(request_key__in=keys).order_by("pk"))


TONES: dict[str, str] = {
    State.INTENDED: "info",
    State.ORDERING: "info",
    State.UNKNOWN: "warn",
    State.PLACED: "warn",
    State.CHECKING: "info",
    State.DOCUMENTS: "warn",
    State.DELIVERING: "info",
    State.DELIVERED: "good",
    State.REFUSED: "bad",
}


def names(orders: Iterable[Order]) -> dict[str, str]:
    """Return plan code -> the name OVH sells it under, for all orders in one query."""
    codes = {order.plan_code for order in orders}
    plans = StoredPlan.objects.filter(plan_code__in=codes).order_by("pk")
    return {
        code: name.partition(BETWEEN)[0] for code, name in plans.values_list("plan_code", "name")
    }

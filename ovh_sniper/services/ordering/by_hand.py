"""Orders by hand, and taking one back; with matching/intents.py and ordering/executing.py.

Nothing here speaks to OVH but `execute`: rows are written, and a worker is woken that carries them
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from bots.models import Person
from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import Account, Configuration, Order
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.matching import intents
from ovh_sniper.services.matching.intents import intend
from ovh_sniper.services.ordering import request_keys
from ovh_sniper.services.ordering.executing import execute
from ovh_sniper.services.stock import intervals
from ovh_sniper.services.telling import news
from ovh_sniper.services.wording.objections import CannotOrder, NotCancellable, Repeated
from tenants.services import audit
from tenants.services.audit import Actor

__all__ = [
    "CannotOrder",
    "NotCancellable",
    "Preview",
    "Repeated",
    "cancel",
    "cheapest",
    "execute",
    "intend",
    "order_plan",
    "preview",
]

State = Order.State


@dataclass(frozen=True, slots=True)
class Preview:
    """One server as it would be ordered; money with tax, None where the price list names none."""

    plan_code: str
    fqn: str
    datacenters: tuple[str, ...]  # in the order they are tried
    addons: Mapping[str, str]
    due_now: Decimal | None
    renewal: Decimal | None
    currency: str


def preview(
    account: Account,
    plan_code: str,
    *,
    datacenters: Sequence[str] = (),
    options: Sequence[str] = (),
    now: datetime,
) -> Preview:
    """Return what `order_plan` would order, without a row written.

    Raises:
        CannotOrder: see there; `stock` where nothing of it is in stock at these places.
    """
    catalogue, possible = _choices(account, plan_code, options, now)
    sold = catalogue.plans[plan_code].datacenters
    named = [place for place in datacenters or sold if place in sold]
    if not named:
        raise CannotOrder("datacenter", " ".join(datacenters))
    there = {
        (one.row.fqn, one.datacenter): one.hours
        for one in intervals.in_stock(Host(account.host), plan_code)
    }
    for one in possible:
        found = [place for place in named if (one.fqn, place) in there]
        if not datacenters:
            found.sort(key=lambda place, fqn=one.fqn: there[fqn, place])  # type: ignore[misc]
        if found:
            return _preview(catalogue, plan_code, one, found)
    raise CannotOrder("stock", " ".join(datacenters))


def cheapest(
    account: Account, plan_code: str, *, options: Sequence[str] = (), now: datetime
) -> Preview:
    """Return the cheapest server with these options, in stock or not, and where it is sold.

    Raises:
        CannotOrder: account, catalogue, plan or hardware (see there).
    """
    catalogue, possible = _choices(account, plan_code, options, now)
    return _preview(catalogue, plan_code, possible[0], catalogue.plans[plan_code].datacenters)


def _choices(
    account: Account, plan_code: str, options: Sequence[str], now: datetime
) -> tuple[Catalogue, list[_Choice]]:
    intents.orderable(account)
    catalogue = choosing.catalogue_of(account.host, account.subsidiary)
    if plan_code not in catalogue.plans:
        raise CannotOrder("plan", plan_code)
    possible = _possible(account, catalogue, plan_code, options, now)
    if not possible:
        # without options any configuration would do, so the stock list has none
        raise CannotOrder("hardware" if options else "stock", " ".join(options))
    return catalogue, possible


def _preview(
    catalogue: Catalogue, plan_code: str, chosen: _Choice, datacenters: Sequence[str]
) -> Preview:
    return Preview(
        plan_code,
        chosen.fqn,
        tuple(datacenters),
        chosen.addons,
        chosen.due_now,
        chosen.renewal,
        catalogue.currency,
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    fqn: str
    addons: dict[str, str]
    due_now: Decimal | None
    renewal: Decimal | None


def _possible(
    account: Account,
    catalogue: Catalogue,
    plan_code: str,
    options: Sequence[str],
    now: datetime,
) -> list[_Choice]:
    """Return the configurations that hold all named options, the cheapest first."""
    found = []
    for configuration in Configuration.objects.filter(
        host=account.host, plan_code=plan_code, is_gone=False
    ):
        addons = _with_options(catalogue, choosing.row_of(configuration), options)
        if addons is not None:
            due = choosing.due_now(catalogue, plan_code, addons, now)
            renewal = choosing.renewal(catalogue, plan_code, addons, now)
            found.append(_Choice(configuration.fqn, addons, due, renewal))
    dearest = Decimal("Infinity")
    return sorted(found, key=lambda one: (dearest if one.due_now is None else one.due_now, one.fqn))


def _with_options(
    catalogue: Catalogue, row: StockRow, options: Sequence[str]
) -> dict[str, str] | None:
    """Return the addons of a configuration with these options; None where one does not fit it.

    An option is an addon's code or its product's name. Hardware is what the stock row says; for
    anything else (bandwidth, vrack) the option is chosen in place of the default.
    """
    plan = catalogue.plans[row.plan_code]
    chosen = catalogue.addons_of(row)
    if chosen is None:
        return None
    for option in options:
        for family in plan.families:
            codes = [
                code
                for code in family.addons
                if option in (code, getattr(catalogue.addons.get(code), "product", ""))
            ]
            if len(codes) != 1:
                continue
            if family.name.replace("-", "_") not in choosing.PARTS:
                chosen[family.name] = codes[0]
                break
            if chosen.get(family.name) == codes[0]:
                break
        else:
            return None
    return chosen


def order_plan(  # noqa: PLR0913 - a contract of the product
    account: Account,
    plan_code: str,
    *,
    datacenters: Sequence[str] = (),
    quantity: int = 1,
    options: Sequence[str] = (),
    source: str,
    request_key: str = "",
    requested_by: str = "",
    person: Person | None = None,
    autopay: bool = False,
    cap_due_now: Decimal | None = None,
    cap_renewal: Decimal | None = None,
    now: datetime,
) -> list[Order]:
    """Write `quantity` intents for a plan, by hand: the chat command, the portal and the API.

    Needs the tenant's open scope, in a transaction. `datacenters` in order of preference, none:
    wherever it is in stock, soonest first. `options` are addon codes or product names
    (`ram-64g-ecc-3200`); what they leave open is the cheapest that is in stock. Every order goes to
    the first datacenter that has stock, and to the next where OVH refuses it for want of stock.
    Caps are for each server, with tax: what was shown to whoever orders; none: what the price list
    says now, so that nobody pays more than he could see. `person` is who orders in
    a chat, and hears of it there. Tells staff (`news.submitted`). The same `request_key` again
    returns the same orders.

    Raises:
        Repeated: within two minutes of another order of the same account, plan and datacenter.
        CannotOrder: see there.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise CannotOrder("quantity", str(quantity))
    keys = request_keys.numbered(request_key, quantity)
    with transaction.atomic():
        # two that come at the same time: the second one finds the orders of the first one
        list(Account.objects.select_for_update(no_key=True).filter(pk=account.pk).values_list("pk"))
        known = Order.objects.filter(request_key__in=[key for key in keys if key])
        if before := list(known.order_by("pk")):
            return before
        found = preview(account, plan_code, datacenters=datacenters, options=options, now=now)
        first, *others = found.datacenters
        intents.guard(account, plan_code, first, now)
        orders = [
            Order(
                tenant_id=account.tenant_id,
                account=account,
                request_key=key,
                source=source,
                requested_by=requested_by[:120],
                person=person,
                plan_code=plan_code,
                fqn=found.fqn,
                datacenter=first,
                addons=dict(found.addons),
                cap_due_now=found.due_now if cap_due_now is None else cap_due_now,
                cap_renewal=found.renewal if cap_renewal is None else cap_renewal,
                autopay=autopay,
                fallbacks=others,
                created_at=now,
                retry_at=now,
            )
            for key in keys
        ]
        written = [order for one in orders if (order := intents.write(one)) is not None]
        news.submitted(*written)
    return written


def cancel(
    order_id: int,
    *,
    requested_by: str = "",
    actor: Actor | None = None,
    now: datetime | None = None,
) -> Order:
    """Take an order back that no worker has sent yet, and return it.

    Needs the tenant's open scope, in a transaction. `requested_by` is who is named to staff.

    Raises:
        Order.DoesNotExist: none in this scope.
        NotCancellable: OVH was asked already, or it is over.
    """
    order: Order = Order.objects.select_related("account", "wish").get(pk=order_id)
    taken = intents.take_back([order], "staff", now or timezone.now())
    if not taken:
        order.refresh_from_db()
        raise NotCancellable(order, _too_late(order))
    Order.objects.filter(pk=order.pk).update(detail=requested_by[:500])
    order.detail = requested_by[:500]
    news.cancelled(order)
    by = actor or Actor(kind=Actor.system().kind, name=requested_by)
    audit.record("ovh_order.cancelled", actor=by, target=order)
    return order


def _too_late(order: Order) -> str:
    if order.state in (State.ORDERING, State.UNKNOWN):
        return "ordering"
    if order.state == State.PLACED:
        return "unpaid"
    if order.state in (State.CHECKING, State.DOCUMENTS, State.DELIVERING, State.DELIVERED):
        return "paid"
    return "ended"

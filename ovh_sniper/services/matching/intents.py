"""Intents: the row that says that a server is to be bought, written before OVH hears of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from bots.models import Person
from bots.nudging import wake_after_commit
from ovh_sniper.models import Account, Order, WarmCart, Wish
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.telling.alert_facts import Due
from ovh_sniper.services.wording.objections import CannotOrder, Repeated

State = Order.State
FREED = (State.REFUSED, State.CANCELLED)
# The seed's guard against a manual order that is given twice.
REPEAT = timedelta(minutes=2)
EXECUTE = "ovh_sniper.tasks.orders.execute"


def intend(  # noqa: PLR0913 - a contract of the product
    wish: Wish,
    change_or_row: Any,
    datacenter: str,
    *,
    source: str,
    shown: Due | None = None,
    autopay: bool | None = None,
    request_key: str = "",
    requested_by: str = "",
    person: Person | None = None,
    now: datetime,
) -> Order | None:
    """Write the intent to order one server of a wish, and wake a worker once it is committed.

    Needs the tenant's open scope, in a transaction. Takes a free place (1..quantity) by the
    database's constraint, so a wish never has more orders than it asks for. `change_or_row` is a
    StockChange, a StockRow or a Configuration; `person` is who pressed a button, `shown` the price
    that he saw: the order is limited to the lower of it and the wish's limits. `autopay` is the
    wish's own unless told otherwise. Returns None where every place is taken, and the order that is
    there where `request_key` was used before. Tells nobody: call `news.submitted` with all orders
    of the event.

    Raises:
        Repeated: by hand, within two minutes of another (unless the wish has no such guard).
        CannotOrder: the account, the plan or its hardware cannot be ordered, or what was shown is
            no price that an order could keep to (`price_unknown`, `currency`).
    """
    if request_key and (known := of_request(request_key)):
        return known
    if wish.track != Wish.Track.DEDICATED:
        raise CannotOrder("track")
    account = orderable(wish.account)
    row = choosing.row_of(change_or_row)
    catalogue = choosing.catalogue_of(account.host, account.subsidiary)
    addons = choosing.addons(catalogue, row, wish.extras, datacenter)
    if source != Order.Source.WISH and wish.guards_repeats:
        guard(account, row.plan_code, datacenter, now)
    due, renewal = _limits(wish, account, shown)
    order = Order(
        tenant_id=wish.tenant_id,
        account=account,
        wish=wish,
        request_key=request_key,
        source=source,
        requested_by=requested_by[:120],
        person=person,
        plan_code=row.plan_code,
        fqn=row.fqn,
        datacenter=datacenter,
        addons=addons,
        cap_due_now=due,
        cap_renewal=renewal,
        autopay=wish.autopay if autopay is None else autopay,
        waive_retractation=wish.waive_retractation,
        dry_run=wish.dry_run,
        stock_seen_at=getattr(change_or_row, "at", None),
        created_at=now,
        retry_at=now,
    )
    return _take_place(wish, order)


def _limits(
    wish: Wish, account: Account, shown: Due | None
) -> tuple[Decimal | None, Decimal | None]:
    """Return the most to pay now and later: nobody pays more than was shown to him.

    Raises:
        CannotOrder: no price was shown and the wish has no limit, or it was in other money.
    """
    if shown is None:
        return wish.cap_due_now, wish.cap_renewal
    if shown.currency and shown.currency != account.currency:
        raise CannotOrder("currency", f"{shown.currency} / {account.currency}")
    due = _lower(wish.cap_due_now, shown.now)
    if due is None:
        raise CannotOrder("price_unknown")
    return due, _lower(wish.cap_renewal, shown.renewal)


def _lower(*limits: Decimal | None) -> Decimal | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _take_place(wish: Wish, order: Order) -> Order | None:
    for _attempt in range(wish.quantity + 1):
        order.place = next(iter(free_places(wish)), None)
        if order.place is None:
            return None
        if written := write(order):
            return written
        # another worker took the place a moment ago
    return None


def free_places(wish: Wish) -> list[int]:
    """Return the places of a wish that may be taken, as many as servers are still wanted.

    What OVH took counts for good, also where it was cancelled later: whoever lets an order end
    unpaid, or withdraws from it, does not want the same server again by itself.
    """
    taken = list(holding(wish).values_list("place", flat=True))
    free = [place for place in range(1, wish.quantity + 1) if place not in taken]
    # a wish may ask for less than it did when the others were taken
    return free[: max(wish.quantity - len(taken), 0)]


def holding(wish: Wish) -> QuerySet[Order]:
    """Return the orders that hold a place of a wish."""
    held = Order.objects.filter(wish=wish, place__isnull=False).exclude(state=State.REFUSED)
    return held.exclude(state=State.CANCELLED, ovh_order_id=None)


def write(order: Order) -> Order | None:
    """Write an intent and have it carried out after the commit; None where its place is taken.

    Returns the order that is there where its request was written by another worker meanwhile.
    """
    order.pk = None
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError:
        order.pk = None
        return of_request(order.request_key) if order.request_key else None
    wake_after_commit(EXECUTE, (order.tenant_id, order.pk))
    return order


def of_request(request_key: str) -> Order | None:
    """Return the order that a press, a command or an API call has made already."""
    return Order.objects.filter(request_key=request_key).first()


def orderable(account: Account | None) -> Account:
    """Return the account, if it can order.

    Raises:
        CannotOrder: there is none, or it cannot.
    """
    if account is None or not account.can_order:
        raise CannotOrder("account", account.name if account else "")
    return account


def guard(account: Account, plan_code: str, datacenter: str, now: datetime) -> None:
    """Refuse a manual order that was given a moment ago.

    Raises:
        Repeated: within two minutes, same account, plan and datacenter.
    """
    # of two presses at the same moment the second one waits, and then finds the first one's row
    list(Account.objects.select_for_update(no_key=True).filter(pk=account.pk).values_list("pk"))
    recent = (
        Order.objects.filter(
            account=account,
            plan_code=plan_code,
            datacenter=datacenter,
            created_at__gt=now - REPEAT,
        )
        .exclude(source=Order.Source.WISH)
        .exclude(state__in=FREED)
    )
    if (last := recent.order_by("-pk").first()) is not None:
        raise Repeated(last)


def take_back(orders: Iterable[Order], reason: str, now: datetime) -> list[Order]:
    """Cancel those of these orders that no worker has sent, and return them.

    The condition is what decides between this and the worker that is about to send.
    """
    taken = []
    for order in orders:
        mine = Order.objects.filter(pk=order.pk, state=State.INTENDED)
        if mine.update(state=State.CANCELLED, reason=reason, ended_at=now, retry_at=None):
            order.refresh_from_db()
            discard_cart(order, now)
            taken.append(order)
    return taken


def discard_cart(order: Order, now: datetime) -> None:
    """Have the cart of an order that will never be checked out deleted at OVH."""
    carts = WarmCart.objects.filter(order=order).exclude(state=WarmCart.State.LITTER)
    carts.update(state=WarmCart.State.LITTER, retry_at=now)

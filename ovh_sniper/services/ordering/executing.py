"""Carries an intent out, exactly once: one cart, one checkout, and a row ahead of each.

The order of things is what keeps `kill -9` harmless. Up to the commit of state `ordering` with the
cart's id nothing can have been bought, so an intent whose worker died is simply begun again. From
there on nobody calls checkout again: a worker that died, or an answer that was lost, leaves a row
that `reconciling` looks up at OVH.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import Error as DatabaseError
from django.db.models import Q
from django.utils import timezone

from ovh_sniper.gateways.errors import Busy, Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Account, Order, WarmCart, Wish
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.services.carts import comparing, warm
from ovh_sniper.services.ordering import checkouts
from ovh_sniper.services.ordering.checkouts import Run
from ovh_sniper.services.wording.objections import CannotOrder, Objection
from tenants import schedules
from tenants.models import Tenant

State = Order.State
# A hold: longer than all calls of a cart may take.
PREPARING = timedelta(minutes=3)
# An intent that could not be sent for so long is given up: the moment has passed.
LIFE = timedelta(minutes=10)
# A quote this fresh need not be asked for again.
FRESH = timedelta(seconds=10)


def execute(
    order_id: int,
    *,
    now: datetime | None = None,
    connect: Callable[[Account], Ovh] = ovh_of,
) -> str:
    """Carry out an intent, exactly once whoever calls how often; return the order's state.

    Needs the tenant's scope without a transaction: it calls OVH. An order that another worker
    holds, or that is beyond its checkout, is left alone. After an unexpected error, which is
    raised, it is due again within seconds.
    """
    clock: Callable[[], datetime] = timezone.now if now is None else lambda: now
    hold = clock() + PREPARING
    free = Order.objects.filter(Q(retry_at=None) | Q(retry_at__lte=clock()), pk=order_id)
    if free.filter(state=State.INTENDED).update(retry_at=hold):
        orders = Order.objects.select_related("account__tenant", "wish__tenant")
        order = orders.get(pk=order_id)
        try:
            run = Run(order, connect(order.account), hold, clock)
        except Refused as refused:
            # the account's credentials are not whole
            checkouts.refuse_unsent(order, refused, clock(), hold)
        else:
            _guarded(run)
    return Order.objects.values_list("state", flat=True).get(pk=order_id)


def _guarded(run: Run) -> None:
    try:
        _carry_out(run)
    except Exception:
        # a fault of ours, or of the database, must not keep an order for as long as a dead worker
        with contextlib.suppress(DatabaseError):
            checkouts.let_go(run)
        raise


def _carry_out(run: Run) -> None:
    if (objection := _objection(run.order, run.now())) is not None:
        checkouts.refuse(run, objection)
    elif (cart := _made_ready(run)) is None:
        return
    elif run.order.dry_run:
        checkouts.rehearse(run)
    else:
        checkouts.order_once(run, cart)


# --- Whether it still is to be


def _objection(order: Order, now: datetime) -> Objection | None:
    """Return why an intent is not carried out any more."""
    if order.created_at <= now - LIFE:
        return Objection("too_late")
    if order.account.tenant.state != Tenant.State.ACTIVE:
        return Objection("suspended")
    if not order.account.can_order:
        return Objection("account", order.account.name)
    return _of_the_wish(order.wish, now) if order.source == Order.Source.WISH else None


def _of_the_wish(wish: Wish | None, now: datetime) -> Objection | None:
    if wish is None or wish.state != Wish.State.ARMED:
        return Objection("wish")
    if wish.expires_at is not None and wish.expires_at <= now:
        # the clock has not come to it yet
        return Objection("expired")
    if not schedules.is_open(wish.schedule, ZoneInfo(wish.tenant.time_zone), now):
        return Objection("schedule")
    return None


# --- Its cart: nothing is bought yet


def _made_ready(run: Run) -> WarmCart | None:
    """Return a cart that is as it should be; None where what stands against it was written."""
    try:
        cart = _prepare(run)
        objection = _check(run, cart)
    except (Busy, Unreachable) as error:
        checkouts.wait(run, error)
        return None
    except Refused as refused:
        checkouts.refused_by_ovh(run, refused)
        return None
    except CannotOrder as error:
        objection = Objection(error.reason, error.detail)
    if objection is None:
        return cart
    checkouts.refuse(run, objection)
    return None


def _prepare(run: Run) -> WarmCart:
    cart = warm.take(run.order, run.now())
    run.is_kept = cart is not None
    return cart if cart is not None else warm.make_for(run.order, run.ovh, run.now())


def _check(run: Run, cart: WarmCart) -> Objection | None:
    """Compare the cart with the order: lines, labels and price, as OVH says them now. One that was
    made some time ago may cost something else, or be for another place: whoever knows its id can
    edit it."""
    order = run.order
    if cart.reason.startswith("not_as_wished"):
        return Objection("not_as_wished", cart.reason.partition(" ")[2])
    if cart.addons != order.addons:
        return Objection("not_as_wished")
    # of a cart that was kept not even a quote of a moment ago counts: a cent more may be too much
    if run.is_kept or cart.quoted_at is None or cart.quoted_at <= run.now() - FRESH:
        objection = warm.quote_anew(cart, order.plan_code, run.ovh, run.now())
        if objection is not None:
            return objection
    if cart.quoted_at is None:
        # said with the quote already, and to be noted as if it were said at the checkout
        raise Refused(0, "", kind=Kind.OUT_OF_STOCK)
    order.due_now, order.renewal, order.currency = cart.due_now, cart.renewal, cart.currency
    order.lines = cart.lines
    return comparing.price(order, cart.due_now, cart.renewal, cart.currency, order.account.currency)

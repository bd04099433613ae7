"""Keeps carts warm: built, quoted anew, replaced in time, and deleted at OVH when given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from ovh_sniper.gateways.errors import Busy, Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Account, WarmCart, Wish
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.services.carts import comparing, planning, warm
from ovh_sniper.services.carts.planning import Cell
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.wording.objections import CannotOrder, Objection
from tenants.scoping import unscoped

State = WarmCart.State
Connect = Callable[[Account], Ovh]
# A cart is replaced this long before its end; a quote is asked for again when it is this old.
RENEW, REQUOTE = timedelta(hours=6), timedelta(hours=6)
AGAIN, LATER = timedelta(minutes=1), timedelta(hours=1)
DOUBLINGS = 5
# What says that a cart holds something else.
OTHER = ("not_as_wished", "cart_edited")
# Of one account at one tick: to build takes a dozen calls, anything else a few.
BUILDS, OTHERS = 1, 5


def due(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (tenant id, account id) of all tenants whose carts want something done."""
    with unscoped("the clock looks for carts of all tenants"):
        rows = WarmCart.objects.filter(retry_at__lte=now).exclude(state=State.TAKEN)
        return list(rows.values_list("tenant_id", "account_id").distinct()[:limit])


def tend_account(account_id: int, now: datetime, connect: Connect = ovh_of) -> int:
    """Do a few of the things that an account's carts want; return how many.

    Needs the tenant's scope without a transaction: it calls OVH.
    """
    waiting = WarmCart.objects.filter(account=account_id, retry_at__lte=now)
    builds = waiting.filter(state=State.BUILDING).order_by("retry_at", "pk")[:BUILDS]
    others = waiting.exclude(state__in=[State.BUILDING, State.TAKEN])
    ids = [cart.pk for cart in (*builds, *others.order_by("retry_at", "pk")[:OTHERS])]
    return sum(tend(cart_id, now, connect) for cart_id in ids)


def tend(cart_id: int, now: datetime, connect: Connect = ovh_of) -> bool:
    """Do what one cart wants; False where it wants nothing, or another worker holds it.

    Needs the tenant's scope without a transaction: it calls OVH.
    """
    until = now + warm.HOLD
    mine = WarmCart.objects.filter(pk=cart_id, retry_at__lte=now).exclude(state=State.TAKEN)
    if not mine.update(retry_at=until):
        return False
    rows = WarmCart.objects.select_related("account", "wish__account", "wish__tenant")
    cart = rows.get(pk=cart_id)
    try:
        _tend(cart, connect, now)
    except (Busy, Unreachable) as error:
        _put_off(cart, now, timedelta(seconds=error.retry_after))
    except Refused as refused:
        if refused.kind is Kind.CART_GONE:
            # with no cart behind it the row is of no use; the next plan makes another one
            WarmCart.objects.filter(pk=cart.pk).exclude(state=State.TAKEN).delete()
        else:
            _put_off(cart, now, LATER)
    except CannotOrder:
        warm.throw_away(cart, now)
    return True


def _put_off(cart: WarmCart, now: datetime, at_least: timedelta) -> None:
    at = now + max(_wait(cart), at_least)
    standing = WarmCart.objects.filter(pk=cart.pk, state=cart.state)
    standing.update(retry_at=at, failures=cart.failures + 1)


def _wait(cart: WarmCart) -> timedelta:
    """Return how long nothing is tried: twice as long after each failure in a row."""
    return AGAIN * (1 << min(cart.failures, DOUBLINGS))


def _tend(cart: WarmCart, connect: Connect, now: datetime) -> None:
    if cart.state == State.LITTER:
        _delete(cart, connect, now)
    elif cart.state == State.BUILDING:
        _build(cart, connect, now)
    else:
        _look_after(cart, connect, now)


def _delete(cart: WarmCart, connect: Connect, now: datetime) -> None:
    """Delete a cart at OVH; one that ended by itself is gone already."""
    row = WarmCart.objects.filter(pk=cart.pk)
    if cart.expires_at is None:
        # unless whoever builds it got one at this moment
        row.filter(expires_at=None).delete()
        return
    if cart.expires_at > now:
        try:
            connect(cart.account).delete_cart(cart.cart_id)
        except Refused as refused:
            if refused.kind not in {Kind.CART_GONE, Kind.NOT_FOUND}:
                raise
    row.delete()


# --- Built


def _build(cart: WarmCart, connect: Connect, now: datetime) -> None:
    wish = cart.wish
    if wish is None or cart.order_id is not None or not planning.acts(wish):
        warm.throw_away(cart, now)
        return
    if cart.cart_id:
        # its builder died: what is in the cart is not known
        _replace(cart, wish, now)
        return
    try:
        objection = warm.fill(cart, wish.plan_code, connect(cart.account), now)
    except (Busy, Unreachable) as error:
        _replace(cart, wish, now + max(_wait(cart), timedelta(seconds=error.retry_after)))
    except Refused as refused:
        warm.throw_away(cart, now)
        with transaction.atomic():
            if (standing := _standing(wish)) is not None:
                planning.mark(standing, refused.kind.value, now)
    else:
        _settle(cart, wish, objection, now)


def _replace(cart: WarmCart, wish: Wish, at: datetime) -> None:
    """Give a cart up, and have another one built at a time."""
    warm.throw_away(cart, at)
    with transaction.atomic():
        if (standing := _standing(wish)) is not None:
            cell = Cell(cart.fqn, cart.datacenter, cart.addons)
            other = planning.row(standing, cell, at)
            other.failures = cart.failures + 1
            other.save()


def _standing(wish: Wish) -> Wish | None:
    """Return a wish as it is now, locked; None where it wants no carts any more."""
    rows = Wish.objects.select_for_update(of=("self",), no_key=True)
    found: Wish | None = rows.select_related("account", "tenant").filter(pk=wish.pk).first()
    return found if found is not None and planning.acts(found) else None


# --- Looked after


def _look_after(cart: WarmCart, connect: Connect, now: datetime) -> None:
    wish = cart.wish
    if wish is None or not cart.fqn or _is_over(cart, now):
        warm.throw_away(cart, now)
    if wish is None:
        return
    with transaction.atomic():
        planning.plan(wish, now)
    if not WarmCart.objects.filter(pk=cart.pk, state=cart.state).exists():
        return
    catalogue = choosing.catalogue_of(cart.account.host, cart.account.subsidiary)
    is_old = cart.quoted_at is None or cart.quoted_at <= now - REQUOTE
    objection = None
    if is_old or cart.catalogue_digest != str(catalogue.id):
        objection = warm.quote_anew(cart, wish.plan_code, connect(cart.account), now)
    _settle(cart, wish, objection, now)


def _is_over(cart: WarmCart, now: datetime) -> bool:
    ends = cart.expires_at is not None and cart.expires_at <= now + RENEW
    return ends or cart.reason.startswith(OTHER)


def _settle(cart: WarmCart, wish: Wish, objection: Objection | None, now: datetime) -> None:
    """Say what a cart is good for, unless it was taken or given up meanwhile."""
    objection = objection or _of_the_price(cart, wish)
    is_other = objection is not None and objection.reason in OTHER
    is_kept = WarmCart.objects.filter(pk=cart.pk, state=cart.state).update(
        state=State.REFUSED if objection else State.READY,
        reason=warm.told(objection),
        retry_at=now + (LATER if is_other else warm.LOOK),
        failures=0,
    )
    if is_kept and objection is None and cart.state != State.READY:
        # what was too dear when it was tried may be in stock still
        reacting.wake_at(wish, now)


def _of_the_price(cart: WarmCart, wish: Wish) -> Objection | None:
    if cart.quoted_at is None:
        # OVH names no price while it is sold out
        return None
    return comparing.price(wish, cart.due_now, cart.renewal, cart.currency, cart.account.currency)

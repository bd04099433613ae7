"""Carts made ahead: for a wish, configuration and datacenter all but the checkout is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q

from ovh_sniper.gateways.carts import Cart, Quote
from ovh_sniper.gateways.catalogue import Catalogue, Plan
from ovh_sniper.gateways.errors import Busy, OvhError
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Order, WarmCart
from ovh_sniper.services.carts import building, comparing
from ovh_sniper.services.catalogue import catalogues, choosing
from ovh_sniper.services.wording.objections import CannotOrder, Objection

State = WarmCart.State
# How long a cart lives at OVH; no checkout of one that ends soon.
LIFE = timedelta(hours=48)
MARGIN = timedelta(minutes=5)
# A worker's hold: longer than all calls of a cart may take.
HOLD = timedelta(minutes=3)
# How often the price list behind a ready cart is looked at.
LOOK = timedelta(minutes=10)
# OVH rounds taxes in its own way: a quote this close to the price list says nothing against it.
CLOSE = Decimal("0.05")
# what OVH says of a cart, and what follows from it
FOUND = (
    "item_id",
    "settings",
    "lines",
    "reason",
    "due_now",
    "renewal",
    "currency",
    "quoted_at",
    "catalogue_digest",
)


# --- For an order


def take(order: Order, now: datetime) -> WarmCart | None:
    """Give an order a cart that is ready and holds exactly its addons; None where there is none.

    Needs the tenant's scope. Each cart goes to one order: the conditional UPDATE decides.
    """
    mine = WarmCart.objects.filter(order=order, state=State.TAKEN, item_id__isnull=False)
    if (cart := mine.exclude(expires_at__lte=now + MARGIN).first()) is not None:
        # another worker took it for this order and died before the checkout
        return cart
    ready = WarmCart.objects.filter(
        account=order.account_id,
        fqn=order.fqn,
        datacenter=order.datacenter,
        state=State.READY,
        expires_at__gt=now + MARGIN,
    ).filter(Q(wish=order.wish_id) | Q(wish=None))
    for cart in ready.order_by(F("quoted_at").desc(nulls_last=True)):
        if cart.addons != order.addons:
            continue
        free = WarmCart.objects.filter(pk=cart.pk, state=State.READY)
        if free.update(state=State.TAKEN, order=order, retry_at=None):
            cart.refresh_from_db()
            return cart
    return None


def make_for(order: Order, ovh: Ovh, now: datetime) -> WarmCart:
    """Build a cart for an order for which none is ready.

    Needs the tenant's scope without a transaction: it calls OVH.

    Raises:
        OvhError: what was made is noted as litter.
        CannotOrder: the price list or the plan is gone.
    """
    # what a worker left that died while it built
    WarmCart.objects.filter(order=order).exclude(state=State.LITTER).update(
        state=State.LITTER, retry_at=now
    )
    cart = WarmCart.objects.create(
        tenant_id=order.tenant_id,
        account=order.account,
        wish=order.wish,
        order=order,
        fqn=order.fqn,
        datacenter=order.datacenter,
        addons=order.addons,
        retry_at=now + HOLD,
    )
    fill(cart, order.plan_code, ovh, now)
    # one that was given up meanwhile stays so: its order was taken back
    standing = WarmCart.objects.filter(pk=cart.pk, state=State.BUILDING)
    standing.update(state=State.TAKEN, retry_at=None)
    cart.state, cart.retry_at = State.TAKEN, None
    return cart


def give_back(order: Order, now: datetime) -> None:
    """Make the cart of an order that OVH refused for want of stock ready for the next one."""
    WarmCart.objects.filter(order=order, state=State.TAKEN).update(
        state=State.READY, order=None, retry_at=now + LOOK
    )


# --- At OVH


def fill(cart: WarmCart, plan_code: str, ovh: Ovh, now: datetime) -> Objection | None:
    """Build a row's cart at OVH and note what it holds; return what is wrong with it.

    Raises:
        OvhError: the row is litter then, or gone where OVH made nothing.
        CannotOrder: the price list or the plan is gone.
    """
    account = cart.account
    catalogue = choosing.catalogue_of(account.host, account.subsidiary)
    plan = catalogue.plans.get(plan_code)
    if plan is None:
        raise CannotOrder("plan", plan_code)
    try:
        built = building.build(
            _line(cart, ovh), _wanted(cart, plan, now), lambda made: _keep_id(cart, made, now)
        )
    except OvhError:
        throw_away(cart, now)
        raise
    cart.item_id, cart.settings = built.item_id, list(built.settings)
    cart.lines = building.lines(built)
    cart.reason = told(built.objection)
    _note_price(cart, catalogue, plan_code, now, built.quote)
    _save(cart)
    return built.objection


def _line(cart: WarmCart, ovh: Ovh) -> building.Line:
    if cart.order_id is None:
        return building.Line(ovh, f"{cart.account.host} ahead")
    return building.Line(ovh, f"{cart.account.host} order", building.OF_ORDERS)


def _wanted(cart: WarmCart, plan: Plan, now: datetime) -> building.Wanted:
    return building.Wanted(
        subsidiary=cart.account.subsidiary,
        plan_code=plan.code,
        datacenter=cart.datacenter,
        addons=cart.addons,
        configurations=plan.configurations,
        description=f"t{cart.tenant_id}-c{cart.pk}",
        expires_at=now + LIFE,
    )


def _keep_id(cart: WarmCart, made: Cart, now: datetime) -> None:
    """Keep the id of a cart that OVH has just made, or nobody would ever delete it there.

    Raises:
        Busy: it was given up meanwhile, and its row with it.
    """
    cart.cart_id, cart.expires_at = made.id, made.expires_at or now + LIFE
    row = WarmCart.objects.filter(pk=cart.pk)
    if row.update(cart_id=cart.cart_id, expires_at=cart.expires_at):
        return
    WarmCart.objects.create(
        tenant_id=cart.tenant_id,
        account=cart.account,
        fqn=cart.fqn,
        datacenter=cart.datacenter,
        cart_id=cart.cart_id,
        expires_at=cart.expires_at,
        state=State.LITTER,
        retry_at=now,
    )
    raise Busy(0.0)


def quote_anew(cart: WarmCart, plan_code: str, ovh: Ovh, now: datetime) -> Objection | None:
    """Ask what a cart costs now, keep it in the row, and return whether it holds anything else.

    `quoted_at` is None then where OVH says already here that it is sold out.

    Raises:
        OvhError: no answer, or the cart is gone.
        CannotOrder: there is no price list, or the plan is no longer in it.
    """
    catalogue = choosing.catalogue_of(cart.account.host, cart.account.subsidiary)
    plan = catalogue.plans.get(plan_code)
    if plan is None or cart.item_id is None:
        raise CannotOrder("plan", plan_code)
    labels = building.configuration(plan.configurations, cart.datacenter)
    codes = building.codes_of(cart.lines)
    options = tuple(one for one in codes if one not in {None, cart.item_id})
    kept = building.Kept(cart.cart_id, cart.item_id, options, cart.settings)
    quote, objection = building.looked_at_again(_line(cart, ovh), kept, labels)
    _note_price(cart, catalogue, plan_code, now, quote)
    if quote is not None:
        objection = objection or comparing.quoted(cart.lines, quote)
    if quote is not None and objection is None:
        # what was verified stays known: another worker may take the cart at this moment
        cart.lines = building.quote_lines(quote, codes)
    _save(cart)
    return objection


def _note_price(
    cart: WarmCart, catalogue: Catalogue, plan_code: str, now: datetime, quote: Quote | None
) -> None:
    """Put a quote into a row (not saved); None: OVH gave none since it is sold out."""
    cart.renewal = choosing.renewal(catalogue, plan_code, cart.addons, now)
    cart.catalogue_digest = str(catalogue.id)
    if quote is None:
        cart.quoted_at = None
        return
    cart.due_now, cart.currency, cart.quoted_at = quote.with_tax, quote.currency, now
    listed = choosing.due_now(catalogue, plan_code, cart.addons, now)
    if listed is None or abs(quote.with_tax - listed) > CLOSE:
        catalogues.doubt(Host(cart.account.host), cart.account.subsidiary, now)


def _save(cart: WarmCart) -> None:
    """Write what OVH said of a cart; its state belongs to whoever takes it or gives it up."""
    WarmCart.objects.filter(pk=cart.pk).update(**{name: getattr(cart, name) for name in FOUND})


def throw_away(cart: WarmCart, now: datetime) -> None:
    """Have a cart deleted at OVH, unless an order took it; a row without one just goes."""
    row = WarmCart.objects.filter(pk=cart.pk).exclude(state=State.TAKEN)
    # while there is none yet: whoever builds it may get one at this moment
    row.filter(expires_at=None).delete()
    row.update(state=State.LITTER, retry_at=now)


def told(objection: Objection | None) -> str:
    """Return an objection as WarmCart.reason keeps it: its word, then its facts."""
    return f"{objection.reason} {objection.detail}".strip()[:300] if objection else ""

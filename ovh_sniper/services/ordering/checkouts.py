"""The checkout of one cart, called once: what is written ahead of it, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from bots.nudging import wake_after_commit
from ovh_sniper.gateways.carts import Placed
from ovh_sniper.gateways.errors import Busy, Kind, OvhError, Refused, Unreachable
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Order, WarmCart, Wish
from ovh_sniper.services.carts import planning
from ovh_sniper.services.matching import budgets, intents
from ovh_sniper.services.ordering import going_on, outcomes
from ovh_sniper.services.wording.objections import Objection

State = Order.State
# A hold: longer than a checkout may take, with a new look at OVH's clock (four calls).
SENDING = timedelta(minutes=3)
# What a cart that was made long ago can suffer from, and a new one does not.
OF_THE_CART = frozenset(
    {
        Kind.CART_GONE,
        Kind.NOT_ASSIGNED,
        Kind.CONFIGURATION_MISSING,
        Kind.CONFIGURATION_DUPLICATED,
    }
)
SOONEST = 2.0  # seconds
# Between two tries that something unexpected stopped, in seconds: each makes a cart.
AGAIN, SELDOMEST = 15.0, 180.0


@dataclass(slots=True)
class Run:
    """One worker's try at one order. `hold` is what proves that the order is still its own."""

    order: Order
    ovh: Ovh
    hold: datetime
    now: Callable[[], datetime]
    # its cart was made before, not in this run
    is_kept: bool = False


def order_once(run: Run, cart: WarmCart) -> None:
    """Check a cart out: it holds what it should, at a price within the limits."""
    objection = _commit(run, cart)
    if objection is not None:
        refuse(run, objection)
        return
    if run.order.state != State.ORDERING:
        # taken back, or taken over by another worker, while the cart was made ready
        return
    answer = _checkout(run, cart, autopay=run.order.autopay)
    if answer is not None:
        outcomes.placed(run.order, answer, run.now())
        _replan(run)


def rehearse(run: Run) -> None:
    """Do all but the checkout: the dry run of an order whose cart is as good as any."""
    with transaction.atomic():
        objection = _over_budget(run)
        if objection is None:
            outcomes.dry(run.order, run.now(), hold=run.hold)
    if objection is not None:
        refuse(run, objection)
    else:
        _replan(run)


def refuse(run: Run, objection: Objection) -> None:
    """Note that nothing was bought, and let the wish go on."""
    now = run.now()
    if going_on.refuse(run.order, objection.reason, objection.detail, now, hold=run.hold):
        _replan(run)


def refuse_unsent(order: Order, refused: Refused, now: datetime, hold: datetime) -> None:
    """Note that nothing was bought since nothing can be sent: the credentials are not whole."""
    going_on.refuse(order, refused.kind.value, refused.message, now, hold=hold)


def refused_by_ovh(run: Run, refused: Refused) -> None:
    """Refuse an order in OVH's words, or make another cart where the old one is to blame."""
    if run.is_kept and refused.kind in OF_THE_CART:
        _begin_again(run)
    else:
        refuse(run, Objection(refused.kind.value, refused.message))


def wait(run: Run, error: Busy | Unreachable) -> None:
    """Begin again later, ever more seldom: OVH is busy, and has certainly not heard of it."""
    _take_back(run, _soon(run, error.retry_after))


def let_go(run: Run) -> None:
    """Have an order looked after soon that something unexpected stopped, ever more seldom.

    What was not sent is begun again. What may have been is looked up, and never sent again.
    """
    now, age = run.now(), _age(run)
    # as long again as it is old: about twice the last wait
    wait = SOONEST if age < SOONEST else min(max(age, AGAIN), SELDOMEST)
    _mine(run).filter(state=State.INTENDED).update(retry_at=now + timedelta(seconds=wait))
    at = now + timedelta(seconds=SOONEST)
    _mine(run).filter(state=State.ORDERING).update(retry_at=at)


def _soon(run: Run, at_least: float) -> datetime:
    return run.now() + timedelta(seconds=max(at_least, _age(run) / 4, SOONEST))


def _age(run: Run) -> float:
    """Return for how many seconds an order was wanted."""
    return (run.now() - run.order.created_at).total_seconds()


# --- Ahead of the checkout


def _commit(run: Run, cart: WarmCart) -> Objection | None:
    """Write that the checkout is about to be called, with the cart's id: all that finds a lost
    order again. Committed when this returns; the budget is held by the wish's row until then."""
    order, now = run.order, run.now()
    with transaction.atomic():
        objection = _over_budget(run)
        if objection is not None:
            return objection
        hold = now + SENDING
        if (
            _mine(run)
            .filter(state=State.INTENDED)
            .update(
                state=State.ORDERING,
                cart_id=cart.cart_id,
                checkout_at=now,
                due_now=order.due_now,
                renewal=order.renewal,
                currency=order.currency,
                lines=order.lines,
                retry_at=hold,
            )
        ):
            order.state, order.cart_id, order.checkout_at = State.ORDERING, cart.cart_id, now
            run.hold = hold
    return None


def _over_budget(run: Run) -> Objection | None:
    """Compare the wish's budgets with what it spent, and hold its row until the commit."""
    order = run.order
    rows = Wish.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("account", "tenant")
    # None: removed meanwhile, and the order taken back with it
    order.wish = None if order.wish_id is None else locked.filter(pk=order.wish_id).first()
    if order.wish is None or order.due_now is None:
        return None
    return budgets.over(order.wish, order.due_now, run.now())


def _mine(run: Run) -> QuerySet[Order]:
    return Order.objects.filter(pk=run.order.pk, retry_at=run.hold)


# --- Its answers


def _checkout(run: Run, cart: WarmCart, *, autopay: bool) -> Placed | None:
    """Call checkout; None where there is no order, or none that is known: that is written then."""
    order = run.order
    try:
        return run.ovh.checkout(
            cart.cart_id, autopay=autopay, waive_retractation=order.waive_retractation
        )
    except Busy as busy:
        # OVH's time, or a token, could not be had: the checkout itself was not sent
        wait(run, busy)
    except Unreachable as error:
        if error.unclear:
            outcomes.unclear(order, error.reason, run.now())
        else:
            wait(run, error)
    except Refused as refused:
        if refused.kind is Kind.NO_PAYMENT_METHOD and autopay:
            return _checkout_unpaid(run, cart)
        _refused_at_checkout(run, cart, refused)
    return None


def _checkout_unpaid(run: Run, cart: WarmCart) -> Placed | None:
    """Order the same cart without paying: OVH said that it did nothing, for want of a method."""
    order, reason = run.order, Kind.NO_PAYMENT_METHOD.value
    hold = run.now() + SENDING
    mine = _mine(run).filter(state=State.ORDERING)
    if not mine.update(autopay=False, reason=reason, retry_at=hold):
        return None
    order.autopay, order.reason, run.hold = False, reason, hold
    return _checkout(run, cart, autopay=False)


def _refused_at_checkout(run: Run, cart: WarmCart, refused: Refused) -> None:
    """Believe a refusal whose words are known; look at the cart where they are not."""
    if refused.kind is Kind.OTHER and _may_be_ordered(run, cart):
        outcomes.unclear(run.order, refused.message, run.now())
    else:
        refused_by_ovh(run, refused)


def _may_be_ordered(run: Run, cart: WarmCart) -> bool:
    try:
        return run.ovh.cart(cart.cart_id).is_ordered
    except OvhError:
        return True


# --- Afterwards


def _begin_again(run: Run) -> None:
    """Have the order carried out anew, at once, with a cart made for it."""
    WarmCart.objects.filter(order=run.order, state=WarmCart.State.TAKEN).update(
        state=WarmCart.State.LITTER, retry_at=run.now()
    )
    if _take_back(run, run.now()):
        wake_after_commit(intents.EXECUTE, (run.order.tenant_id, run.order.pk))


def _take_back(run: Run, at: datetime) -> bool:
    """Make it an intent again, due at a time, unless it is no longer this worker's."""
    mine = _mine(run).filter(state__in=[State.INTENDED, State.ORDERING])
    return mine.update(state=State.INTENDED, checkout_at=None, cart_id="", retry_at=at) == 1


def _replan(run: Run) -> None:
    """Have the carts of the wish made fit for what it still wants."""
    if run.order.wish_id is None:
        return
    with transaction.atomic():
        wishes = Wish.objects.select_related("account", "tenant")
        if (wish := wishes.filter(pk=run.order.wish_id).first()) is not None:
            planning.plan(wish, run.now())

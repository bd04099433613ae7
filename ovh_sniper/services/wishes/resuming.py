"""Wishes that are watched for again, and what they may still order then.

All functions need the tenant's open scope and belong into a transaction; none calls OVH.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from ovh_sniper.models import Order, Wish
from ovh_sniper.services.matching import intents
from ovh_sniper.services.wishes import lifecycle
from tenants.services import audit
from tenants.services.audit import Actor

State = Wish.State
RESUMABLE = (State.PAUSED, State.STOPPED, State.DONE, State.EXPIRED)
# What was only paused goes on where it was; what was over begins anew, if somebody says so.
OVER = (State.STOPPED, State.DONE, State.EXPIRED)


def resume(
    wishes: Iterable[Wish],
    *,
    actor: Actor,
    now: datetime,
    may_pay: bool = False,
    anew: bool = False,
) -> int:
    """Arm paused, stopped, done and expired wishes that still can act; return how many.

    A wish that has all it asked for, or whose time is over, stays as it is, and so does one that
    pays by itself unless whoever resumes it `may_pay`. `anew`: of a wish that was over, what OVH
    took and then ended is ordered again; say so before (`ordered_anew`).
    """
    return sum(_resume(wish, actor, now, may_pay=may_pay, anew=anew) for wish in wishes)


def _resume(wish: Wish, actor: Actor, now: datetime, *, may_pay: bool, anew: bool) -> bool:
    # as it is now: it may have ended, or been let pay by itself, since it was read
    found = Wish.objects.select_for_update(no_key=True).filter(pk=wish.pk, state__in=RESUMABLE)
    is_now = found.first()
    if is_now is None or not is_resumable(is_now, now, may_pay=may_pay, anew=anew):
        return False
    if anew:
        _let_go(is_now).update(place=None)
    Wish.objects.filter(pk=wish.pk).update(state=State.ARMED, state_reason="")
    wish.refresh_from_db()
    audit.record("ovh_wish.resumed", actor=actor, target=wish)
    lifecycle.arm(wish, now)
    return True


def is_resumable(wish: Wish, now: datetime, *, may_pay: bool, anew: bool) -> bool:
    """Tell whether `resume` would arm a wish."""
    if wish.state not in RESUMABLE or (wish.autopay and not may_pay):
        return False
    if wish.expires_at is not None and wish.expires_at <= now:
        return False
    return wish.mode == Wish.Mode.ALERT or pieces_left(wish, anew=anew) > 0


def pieces_left(wish: Wish, *, anew: bool = False) -> int:
    """Return how many servers may still be ordered: quantity minus orders that hold a place.

    With `anew` as many as there would be if it were resumed so.
    """
    if not anew:
        return len(intents.free_places(wish))
    held = intents.holding(wish).exclude(pk__in=_let_go(wish).values("pk"))
    return max(wish.quantity - held.count(), 0)


def ordered_anew(wish: Wish) -> int:
    """Return how many servers that OVH took and then ended resuming `anew` orders again."""
    if wish.mode == Wish.Mode.ALERT:
        return 0
    return pieces_left(wish, anew=True) - pieces_left(wish)


def _let_go(wish: Wish) -> QuerySet[Order]:
    """Return the orders that OVH took and then ended, where the wish is over; else none."""
    if wish.state not in OVER:
        return Order.objects.none()
    return Order.objects.filter(wish=wish, state=Order.State.CANCELLED, place__isnull=False)

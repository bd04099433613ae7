"""One wish: what it says, what it would cost today, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ovh_sniper.models import Alert, Order, WarmCart, Wish
from ovh_sniper.services.matching import budgets
from ovh_sniper.services.orders import listing as order_listing
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.telling import wish_words
from ovh_sniper.services.wishes import listing as wish_listing
from ovh_sniper.services.wishes import previews, resuming
from ovh_sniper.services.wishes.listing import Row
from ovh_sniper.services.wording import words
from ovh_sniper.views import may
from tenants.access import PortalRequest, member

State = Wish.State
LATEST = 10


def find(public_id: str) -> Wish:
    """Return a wish of the open scope. Raises Http404."""
    return get_object_or_404(wish_listing.listed(), public_id=public_id)


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show one wish."""
    return show(request, find(public_id))


def show(request: PortalRequest, wish: Wish) -> HttpResponse:
    """Return the page of a wish."""
    now = timezone.now()
    status = _status(wish, now)
    row: Row = status["row"]
    zone = timezone.get_current_timezone()
    context = {
        **status,
        "terms": wish_words.terms(wish, zone, row.currency),
        "preview": previews.preview(wish, now) if _may_begin(wish) else None,
        "plan_name": wish_listing.plan_names([wish]).get(wish.plan_code, ""),
        "orders": [_order(one) for one in wish_listing.orders_of(wish, LATEST)],
        "refusals": [_refusal(one) for one in wish_listing.refusals_of(wish, LATEST)],
        "alerts": [_alert(one, now) for one in wish_listing.alerts_of(wish, LATEST)],
        "spent": _spent(wish, row.currency, now),
        "may_change": may(request, "operator"),
        "may_resume": resuming.is_resumable(wish, now, may_pay=may(request, "admin"), anew=True),
    }
    return render(request, "ovh_sniper/wish.html", context)


@require_GET
@member()
def status(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Return the figures on top and the carts, which the page asks for again while it is open.

    Once state or number of orders has changed the whole page must be drawn anew.
    """
    context = _status(find(public_id), timezone.now())
    response = render(request, "ovh_sniper/_wish_status.html", context)
    if request.GET.get("was") != context["was"]:
        response["HX-Refresh"] = "true"
    return response


def _status(wish: Wish, now: datetime) -> dict[str, Any]:
    [row] = wish_listing.rows([wish])
    return {
        "wish": wish,
        "row": row,
        "was": f"{wish.state}-{row.ordered}",
        "reason": wish_words.reason(wish),
        "there": _there(row),
        "carts": [_cart(one, now) for one in wish_listing.carts_of(wish)] if row.buys else [],
    }


def _there(row: Row) -> list[str]:
    """Return where something fits it now and how soon that comes; each said once."""
    said = [
        f"{words.place(one.datacenter)}: {words.delivery(one.availability)}" for one in row.in_stock
    ]
    return list(dict.fromkeys(said))


def _may_begin(wish: Wish) -> bool:
    """Tell whether it acts, or could again."""
    return wish.track == Wish.Track.DEDICATED and wish.state not in (State.DONE, State.EXPIRED)


# --- Lines of its tables


def _cart(cart: WarmCart, now: datetime) -> dict[str, Any]:
    """Return what may be told of a cart: never its id, with which anybody could change it."""
    return {
        "hardware": cart.fqn,
        "place": words.place(cart.datacenter) if cart.datacenter else "",
        "state": cart.state,
        "label": cart.get_state_display(),
        "price": words.money(cart.due_now, cart.currency) if cart.due_now is not None else "",
        "asked": words.duration((now - cart.quoted_at).total_seconds()) if cart.quoted_at else "",
        "reason": wish_words.cart_reason(cart.reason),
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "order": order,
        "tone": order_listing.TONES.get(order.state, ""),
        "place": words.place(order.datacenter),
        "price": words.money(order.due_now, order.currency),
    }


def _refusal(order: Order) -> dict[str, Any]:
    return {
        "order": order,
        "place": words.place(order.datacenter),
        "why": reasons.words(order.reason, order.detail),
    }


def _alert(alert: Alert, now: datetime) -> dict[str, Any]:
    ended = alert.ended_at or now
    return {
        "alert": alert,
        "place": words.place(alert.datacenter),
        "delivery": words.delivery(alert.availability),
        "price": words.money(alert.due_now, alert.currency),
        "lasted": words.duration((ended - alert.stock_seen_at).total_seconds()),
        "tone": {"open": "good", "ordered": "info"}.get(alert.state, ""),
    }


def _spent(wish: Wish, currency: str, now: datetime) -> list[dict[str, str]]:
    """Return what the wish's orders cost so far beside its budgets; nothing without any."""
    day = budgets.day_start(wish, now)
    lines = [
        (_("Today"), wish.budget_day, day),
        (_("This month"), wish.budget_month, day.replace(day=1)),
    ]
    return [
        {
            "label": label,
            "spent": words.money(budgets.spent_since(wish, start), currency),
            "budget": words.money(budget, currency),
        }
        for label, budget, start in lines
        if budget is not None
    ]

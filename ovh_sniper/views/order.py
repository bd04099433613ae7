"""One order: where it stands, what happened, what its cart held and cost."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ovh_sniper.forms.orders import FAMILIES, RetractForm
from ovh_sniper.models import Configuration, Order
from ovh_sniper.services.accounts import functions
from ovh_sniper.services.ordering import queue
from ovh_sniper.services.orders import listing, reasons, story
from ovh_sniper.services.telling import alert_cards
from ovh_sniper.services.wording import words
from ovh_sniper.views import is_part, may
from tenants.access import PortalRequest, member

State = Order.State
PAID = (*listing.ON_THE_WAY, State.DELIVERED)
MOVING = (*listing.UNDER_WAY, State.PLACED, *listing.ON_THE_WAY)


def find(public_id: str) -> Order:
    """Return an order of the open scope without its secrets. Raises Http404."""
    found: Order = get_object_or_404(listing.listed(), public_id=public_id)
    return found


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show an order; the part that moves alone where that asks for itself again."""
    return show(request, find(public_id))


def show(
    request: PortalRequest, order: Order, *, retract_form: RetractForm | None = None
) -> HttpResponse:
    """Return the page; a form that was refused fills its dialog.

    Once the state has changed the whole page must be drawn anew, since its buttons have.
    """
    if is_part(request) and retract_form is None:
        response = render(request, "ovh_sniper/_order_status.html", _status(request, order))
        if request.GET.get("was") != _mark(order):
            response["HX-Refresh"] = "true"
        return response
    context = {
        **_status(request, order),
        **_cart(order),
        **_actions(request, order),
        "events": story.events(order, timezone.now()),
        "retract_form": retract_form or RetractForm(),
        "retract_failed": retract_form is not None,
    }
    return render(request, "ovh_sniper/order.html", context)


def _mark(order: Order) -> str:
    return f"{order.state}.{order.wanted}"


def _status(request: PortalRequest, order: Order) -> dict[str, Any]:
    zone = ZoneInfo(request.tenant.time_zone)
    is_open = order.state in listing.UNDER_WAY
    ends = {State.REFUSED, State.CANCELLED}
    return {
        "order": order,
        "mark": _mark(order),
        "tone": listing.TONES.get(order.state, ""),
        "is_moving": order.state in MOVING or bool(order.wanted),
        "next": queue.next_step(order, zone) if is_open else "",
        "reason": reasons.words(order.reason, order.detail)
        if order.reason or order.state in ends
        else "",
        "place": words.place(order.datacenter),
        "cost": words.money(order.due_now, order.currency),
        "renewal": words.money(order.renewal, order.currency),
    }


def _cart(order: Order) -> dict[str, Any]:
    """Return the cart beside the wish, and the price beside its cap."""
    configuration = Configuration.objects.filter(host=order.account.host, fqn=order.fqn).first()
    name = listing.names([order]).get(order.plan_code, "")
    currency = order.currency or order.account.currency
    return {
        "name": name,
        "hardware": alert_cards.hardware(configuration) if configuration else order.fqn,
        "lines": [
            {
                "line": line,
                "family": FAMILIES.get(line.family, line.family),
                "setup": words.money(line.setup, ""),
                "period": words.money(line.period, ""),
            }
            for line in story.lines(order)
        ],
        "caps": [
            _cap(_name, price, cap, currency)
            for _name, price, cap in (
                ("now", order.due_now, order.cap_due_now),
                ("renewal", order.renewal, order.cap_renewal),
            )
            if cap is not None
        ],
    }


def _cap(name: str, price: Any, cap: Any, currency: str) -> dict[str, Any]:
    return {
        "name": name,
        "cap": words.money(cap, currency),
        "price": words.money(price, currency),
        "is_over": price is not None and price > cap,
    }


def _actions(request: PortalRequest, order: Order) -> dict[str, Any]:
    """Return what this member may do with the order now, and why not what he may not."""
    is_unpaid = order.state == State.PLACED
    is_admin = may(request, "admin")
    return {
        "may_cancel": order.state == State.INTENDED and may(request, "operator"),
        "may_see_link": is_unpaid and may(request, "operator"),
        "may_pay": is_unpaid and is_admin and not order.wanted,
        "has_method": bool(order.account.payment_method),
        "lacks_pay": order.account.lacks(functions.PAY),
        "may_retract": order.state in PAID and is_admin and not order.wanted,
        "lacks_retract": order.account.lacks(functions.WITHDRAW),
        "is_unpaid": is_unpaid,
        "is_paid": order.state in PAID,
    }

"""What waits: orders under way, orders to be paid, wishes that order next; always fresh."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ovh_sniper.services.ordering import queue
from ovh_sniper.services.orders import listing
from ovh_sniper.services.wording import words
from ovh_sniper.views import is_part, may
from tenants.access import PortalRequest, member


@require_GET
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the queue; the part that moves alone where that asks for itself again."""
    zone, now = ZoneInfo(request.tenant.time_zone), timezone.now()
    waiting, waiting_count = queue.under_way(zone)
    unpaid, unpaid_count = queue.unpaid()
    watching, watching_count = queue.watching(zone, now)
    names = listing.names([*(one.order for one in waiting), *unpaid])
    context = {
        "waiting": [
            {
                "order": one.order,
                "name": names.get(one.order.plan_code, ""),
                "place": words.place(one.order.datacenter),
                "tone": listing.TONES.get(one.order.state, ""),
                "next": one.next,
                "may_cancel": one.order.state == listing.State.INTENDED
                and may(request, "operator"),
            }
            for one in waiting
        ],
        "waiting_count": waiting_count,
        "unpaid": [
            {
                "order": order,
                "name": names.get(order.plan_code, ""),
                "place": words.place(order.datacenter),
                "cost": words.money(order.due_now, order.currency),
            }
            for order in unpaid
        ],
        "unpaid_count": unpaid_count,
        "watching": watching,
        "watching_count": watching_count,
        "most": queue.MOST,
    }
    template = "_queue_live" if is_part(request) else "queue"
    return render(request, f"ovh_sniper/{template}.html", context)

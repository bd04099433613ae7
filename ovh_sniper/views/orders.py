"""The list of orders, what was spent, and the same as a table to take away."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from ovh_sniper.forms.orders import OrderFilter
from ovh_sniper.models import Account, Order
from ovh_sniper.services.orders import csv_file, listing, spend
from ovh_sniper.services.wording import words
from ovh_sniper.views import may
from tenants.access import PortalRequest, member

ON_PAGE = 25
# rows that an export holds in memory at a time
CHUNK = 500
MOST_TOTALS = 24
TABS = {
    "": _("All"),
    "under_way": _("Under way"),
    "unpaid": _("Not paid"),
    "on_the_way": _("On the way"),
    "delivered": _("Delivered"),
    "refused": _("Refused"),
    "cancelled": _("Cancelled"),
    "dry": _("Dry runs"),
}


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """List orders, with what they cost by month and account."""
    zone = ZoneInfo(request.tenant.time_zone)
    form = _filter(request)
    wanted = form.wanted(zone)
    page = Paginator(listing.find(wanted), ON_PAGE).get_page(request.GET.get("page"))
    orders = list(page.object_list)
    names = listing.names(orders)
    query = {name: value for name, value in request.GET.items() if value and name != "page"}
    context = {
        "form": form,
        "page": page,
        "rows": [_row(order, names) for order in orders],
        "tabs": [(name, label, name == wanted.group) for name, label in TABS.items()],
        "tab_query": urlencode({name: value for name, value in query.items() if name != "state"}),
        "export_query": urlencode(query),
        "totals": _totals(zone, wanted),
        "over_cap": list(spend.over_cap().select_related("account").defer(*listing.SECRETS)[:5]),
        "may_order": may(request, "operator"),
    }
    return render(request, "ovh_sniper/orders.html", context)


@require_GET
@member()
def export(request: PortalRequest, slug: str) -> HttpResponse:
    """Send all orders that the list's filters let through as CSV."""
    zone = ZoneInfo(request.tenant.time_zone)
    orders = listing.find(_filter(request).wanted(zone)).iterator(chunk_size=CHUNK)
    response = StreamingHttpResponse(
        csv_file.lines(orders, zone), content_type="text/csv; charset=utf-8"
    )
    day = timezone.localdate(timezone=zone).isoformat()
    response["Content-Disposition"] = f'attachment; filename="ovh-orders-{day}.csv"'
    response["Cache-Control"] = "no-store"
    # the middleware keeps the tenant's scope open while it streams
    return cast("HttpResponse", response)


def _filter(request: PortalRequest) -> OrderFilter:
    zone = ZoneInfo(request.tenant.time_zone)
    first = listing.first_at()
    return OrderFilter(
        request.GET,
        accounts=list(Account.objects.only("public_id", "name").order_by("name", "pk")),
        first=first.astimezone(zone) if first else None,
        now=timezone.localtime(timezone=zone),
    )


def _row(order: Order, names: dict[str, str]) -> dict[str, Any]:
    return {
        "order": order,
        "name": names.get(order.plan_code, ""),
        "place": words.short_place(order.datacenter),
        "tone": listing.TONES.get(order.state, ""),
        "cost": words.money(order.due_now, order.currency),
    }


def _totals(zone: ZoneInfo, wanted: listing.Wanted) -> list[dict[str, Any]]:
    """Return what was spent in the months and by the account that are looked at."""
    found = [
        total
        for total in spend.by_month(zone, since=wanted.since)
        if wanted.until is None or (total.month is not None and total.month < wanted.until)
    ]
    if wanted.account:
        known = Account.objects.filter(public_id=wanted.account).values_list("pk", flat=True)
        found = [total for total in found if total.account_id in set(known)]
    return [
        {
            "month": total.month,
            "account": total.account,
            "count": total.count,
            "ordered": words.money(total.ordered, total.currency),
            "paid": words.money(total.paid, total.currency),
            "monthly": words.money(total.monthly, total.currency),
        }
        for total in found[:MOST_TOTALS]
    ]

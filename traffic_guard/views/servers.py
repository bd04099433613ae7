"""The list of a tenant's servers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from traffic_guard.forms.servers import ServerFilter
from traffic_guard.services.guarding import rows
from traffic_guard.views import lines, may

ON_PAGE = 25


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the servers that the filters let through."""
    now = timezone.now()
    form = filter_of(request)
    page = Paginator(rows.find(form.wanted, now), ON_PAGE).get_page(request.GET.get("page"))
    servers = list(page.object_list)
    shown = urlencode([("id", one.public_id) for one in servers])
    context = {
        "form": form,
        "page": page,
        "lines": lines.lines(servers, lines.frame(request, now)),
        "live_url": f"{reverse('traffic_guard:servers_live', args=[slug])}?{shown}",
        "may_act": may(request, "operator"),
        "may_link": may(request, "admin"),
        "has_accounts": form.has_accounts,
        "query": request.GET.urlencode(),
    }
    return render(request, "traffic_guard/servers.html", context)


@require_GET
@never_cache
@member()
def live(request: PortalRequest, slug: str) -> HttpResponse:
    """Return the lines that a page shows as they are now, in its order: none moves under a hand."""
    ids = request.GET.getlist("id")[:ON_PAGE]
    found = {
        one.public_id: one
        for one in rows.listed().filter(public_id__in=[one for one in ids if one.isalnum()])
    }
    servers = [found[one] for one in dict.fromkeys(ids) if one in found]
    context = {
        "lines": lines.lines(servers, lines.frame(request, timezone.now())),
        "ticks": may(request, "operator"),
    }
    return render(request, "traffic_guard/_servers_rows.html", context)


def filter_of(request: PortalRequest) -> ServerFilter:
    """Return the filter as the address says it."""
    accounts = [(one.public_id, one.name) for one in lines.accounts()]
    return ServerFilter(request.GET, accounts=accounts, regions=rows.regions())

"""The list of a tenant's servers."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
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
    context = {
        "form": form,
        "page": page,
        "lines": lines.lines(list(page.object_list), lines.frame(request, now)),
        "may_act": may(request, "operator"),
        "may_link": may(request, "admin"),
        "has_accounts": form.has_accounts,
        "query": request.GET.urlencode(),
    }
    return render(request, "traffic_guard/servers.html", context)


def filter_of(request: PortalRequest) -> ServerFilter:
    """Return the filter as the address says it."""
    accounts = [(one.public_id, one.name) for one in lines.accounts()]
    return ServerFilter(request.GET, accounts=accounts, regions=rows.regions())

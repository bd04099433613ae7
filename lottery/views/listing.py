"""The list of a tenant's giveaways."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from bots.models import Bot
from lottery.models import Lottery
from lottery.services import plans
from lottery.views import may_run
from tenants.access import PortalRequest, member

ON_PAGE = 25
State = Lottery.State
FILTERS = {
    "": (_("All"), list(State)),
    "running": (_("Running"), [State.OPEN, State.FROZEN, State.DRAWN]),
    "upcoming": (_("Upcoming"), [State.SCHEDULED]),
    "drafts": (_("Drafts"), [State.DRAFT]),
    "finished": (_("Finished"), [State.ANNOUNCED, State.CLOSED]),
    "cancelled": (_("Cancelled"), [State.CANCELLED]),
}


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in FILTERS else ""
    query = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    found = Lottery.objects.select_related("bot").defer("secret", "bot__token").order_by("-pk")
    if chosen:
        found = found.filter(state__in=FILTERS[chosen][1])
    if query:
        found = found.filter(title__icontains=query)
    found = found.annotate(prize_count=Sum("prizes__count"))
    page = Paginator(found, ON_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "filters": [(name, label, name == chosen) for name, (label, _states) in FILTERS.items()],
        "chosen": chosen,
        "query": query,
        "is_filtered": bool(chosen or query),
        "has_bot": has_bot(),
        "may_run": may_run(request),
    }
    return render(request, "lottery/list.html", context)


def has_bot() -> bool:
    """Tell whether there is a bot that can have giveaways."""
    return any(
        plans.PRODUCT in products for products in Bot.objects.values_list("products", flat=True)
    )

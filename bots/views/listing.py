"""The list of a tenant's bots."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from bots import products
from bots.models import Bot
from bots.services import overview, reasons
from bots.views import draw
from tenants.access import PortalRequest, member

ON_PAGE = 25


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    bots = Bot.objects.defer("token").order_by("name", "pk")
    page = Paginator(bots, ON_PAGE).get_page(request.GET.get("page"))
    figures = overview.figures([bot.pk for bot in page], timezone.now())
    known = products.installed()
    rows = [
        {
            "bot": bot,
            "reason": reasons.shown(bot.state_reason),
            "products": [known[one].title for one in bot.products if one in known],
            **figures[bot.pk],
        }
        for bot in page
    ]
    return draw(request, "bots/list.html", {"page": page, "rows": rows})

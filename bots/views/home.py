"""The first page of a tenant: what matters now."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Case, When
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bots.models import Bot
from bots.services import overview, reasons
from bots.views import draw
from tenants.access import PortalRequest, member

SHOWN_BOTS = 6
# what needs attention, then what is online
FIRST = Case(When(state=Bot.State.BROKEN, then=0), When(state=Bot.State.ENABLED, then=1), default=2)


@require_GET
@member()
def home(request: PortalRequest, slug: str) -> HttpResponse:
    """Show bots, traffic, failures and the products' own panels."""
    states = overview.states()
    if not any(states.values()):
        return draw(request, "bots/home_empty.html", {})
    now = timezone.now()
    recent = overview.recent(Bot.objects.all(), now)
    bots = list(Bot.objects.defer("token").order_by(FIRST, "name")[:SHOWN_BOTS])
    context = {
        "states": states,
        "bots": bots,
        "troubled": [
            (bot, reasons.shown(bot.state_reason)) for bot in bots if bot.state == Bot.State.BROKEN
        ],
        "bot_count": sum(states.values()),
        "recent": recent,
        "parked": overview.parked().count(),
        "hours_chart": chart(recent.series, "line"),
        "days_chart": chart(overview.days(now), "bar"),
        "panels": panels(request),
    }
    return draw(request, "bots/home.html", context)


def chart(series: overview.Series, kind: str) -> dict[str, Any]:
    """Return a series as static/portal/charts.js wants it."""
    return {
        "type": kind,
        "labels": series.labels,
        "series": [
            {"label": _("Updates received"), "data": series.updates},
            {"label": _("Messages and calls sent"), "data": series.calls},
        ],
    }


def panels(request: PortalRequest) -> list[str]:
    """Return what the products show here.

    A product marks its AppConfig by `home_panel = "lottery.views.home_panel"`, a function
    `(request) -> (template, context)`, or None where it has nothing to show.
    """
    marks = (getattr(config, "home_panel", None) for config in apps.get_app_configs())
    found = (import_string(mark)(request) for mark in marks if mark)
    return [
        render_to_string(template, context, request=request)
        for template, context in (one for one in found if one)
    ]

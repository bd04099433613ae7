"""The page of one bot."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bots import links, products
from bots.forms import BotSettingsForm, DeleteForm, TokenForm
from bots.models import Bot
from bots.services import hooks, overview, reasons, trial
from bots.views import draw, find_bot
from bots.views.home import chart
from tenants.access import PortalRequest, member

SHOWN = 5
SHOWN_CHATS = 20


@require_GET
@member()
def page(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    return show(request, find_bot(bot_id))


def show(request: PortalRequest, bot: Bot, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Draw the page; `forms` replace those that come back with errors."""
    now = timezone.now()
    initial = {name: getattr(bot, name) for name in ("products", "language", "delivery")}
    people = overview.audience(bot)
    context = {
        "bot": bot,
        "reason": reasons.shown(bot.state_reason),
        "is_revoked": bot.state_reason == reasons.REVOKED,
        "product_titles": [
            product.title
            for product in products.installed().values()
            if product.slug in bot.products
        ],
        "polls": hooks.polls(bot),
        "health": health_in_words(bot),
        "recent": overview.recent(Bot.objects.filter(pk=bot.pk), now),
        "days_chart": chart(overview.days(now, bot), "bar"),
        "people": people,
        "languages_chart": languages_chart(people),
        "parked_count": overview.parked(bot).count(),
        "settings_form": BotSettingsForm(initial=initial),
        "token_form": TokenForm(auto_id="new_%s"),
        "delete_form": DeleteForm(bot),
        **lists(bot),
        **ways_in(request, bot),
        **forms,
    }
    return draw(request, "bots/bot.html", context, status=status)


def lists(bot: Bot) -> dict[str, Any]:
    """Return the beginnings of what has pages of its own, and the chats."""
    found = {
        "chats": overview.chats(bot)[: SHOWN_CHATS + 1],
        "parked": overview.parked(bot).defer("update", "traceback")[: SHOWN + 1],
        "undelivered": overview.undelivered(bot).defer("params")[: SHOWN + 1],
    }
    return {name: list(rows) for name, rows in found.items()}


def ways_in(request: PortalRequest, bot: Bot) -> dict[str, Any]:
    """Return how somebody gets into a chat with the bot."""
    return {
        "open_link": links.to_open(bot.link),
        "is_simulated": links.opened_by_simulator(),
        "qr_code": links.qr_code(bot.link),
        "my_chat": trial.chat_of(bot, request.membership),
    }


def health_in_words(bot: Bot) -> dict[str, Any]:
    """Return what was last seen of the bot's deliveries, ready to be shown."""
    seen = bot.health
    failed_at = seen.get("last_error_at")
    return {
        **seen,
        "problem": reasons.shown(seen.get("problem", "")),
        "last_error_at": parse_datetime(failed_at) if failed_at else None,
        "registered": hooks.is_registered(bot),
    }


def languages_chart(people: overview.Audience) -> dict[str, Any]:
    """Return the split of languages as static/portal/charts.js wants it."""
    names = dict(settings.LANGUAGES)
    return {
        "type": "doughnut",
        "labels": [names.get(code, code) for code in people.languages],
        "series": [{"label": _("People"), "data": list(people.languages.values())}],
    }

"""What went wrong at a bot: updates that failed, messages that were given up."""

from __future__ import annotations

import json

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from bots.models import FailedUpdate
from bots.replay import replay as run_again
from bots.services import overview, retrying
from bots.views import draw, find_bot
from tenants.access import PortalRequest, member
from tenants.services import audit
from tenants.services.audit import Actor

ON_PAGE = 25


@require_GET
@member()
def updates(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    bot = find_bot(bot_id)
    found = overview.parked(bot).defer("update", "traceback")
    page = Paginator(found, ON_PAGE).get_page(request.GET.get("page"))
    return draw(request, "bots/updates.html", {"bot": bot, "page": page})


@require_GET
@member()
def update(request: PortalRequest, slug: str, bot_id: str, number: int) -> HttpResponse:
    """Show one failed update: what came, and where the handler broke."""
    bot = find_bot(bot_id)
    failed = get_object_or_404(FailedUpdate.objects.filter(bot=bot), pk=number)
    content = json.dumps(failed.update, ensure_ascii=False, indent=2)
    return draw(request, "bots/update.html", {"bot": bot, "failed": failed, "content": content})


@require_POST
@member("operator")
def replay(request: PortalRequest, slug: str, bot_id: str, number: int) -> HttpResponse:
    """Run a parked update again."""
    bot = find_bot(bot_id)
    failed = get_object_or_404(FailedUpdate.objects.filter(bot=bot), pk=number)
    if run_again(failed):
        messages.success(request, _("The update went through this time."))
    else:
        messages.error(request, _("It failed again, or somebody else is running it now."))
    audit.record(
        "update.replayed", actor=Actor.from_request(request), target=bot, update_id=failed.update_id
    )
    return redirect("bots:updates", slug, bot_id)


@require_GET
@member()
def outbox(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    bot = find_bot(bot_id)
    page = Paginator(overview.undelivered(bot), ON_PAGE).get_page(request.GET.get("page"))
    for message in page:
        message.said = str(message.params.get("text") or message.params.get("caption") or "")
    return draw(request, "bots/outbox.html", {"bot": bot, "page": page})


@require_POST
@member("operator")
def retry(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    """Send failed messages again: the one that `message` names, else all."""
    bot = find_bot(bot_id)
    named = request.POST.get("message", "")
    # as many digits as an id can have: what names no message sends none
    only = [int(one) for one in [named] if one.isdecimal() and len(one) < 19] if named else None
    count = retrying.retry(bot, now=timezone.now(), only=only)
    if count:
        audit.record("messages.retried", actor=Actor.from_request(request), target=bot, count=count)
    messages.success(
        request,
        ngettext(
            "%(count)d message is on its way again.",
            "%(count)d messages are on their way again.",
            count,
        )
        % {"count": count},
    )
    return redirect("bots:outbox", slug, bot_id)

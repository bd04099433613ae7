"""One giveaway: where it stands, who joined, what was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bots import links
from lottery.models import DrawRecord, Entry, Lottery, Place
from lottery.services import cards, entries, giveaways, growth
from lottery.views import may_run
from tenants.access import PortalRequest, member
from tenants.paging import CappedPaginator

ON_PAGE = 25
PLACES_ON_PAGE = 50
COUNTED_HERE = 10_000


def find(public_id: str) -> Lottery:
    """Return a giveaway of the open scope. Raises Http404."""
    return get_object_or_404(
        Lottery.objects.select_related("bot", "chat").defer("secret", "bot__token"),
        public_id=public_id,
    )


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    return show(request, find(public_id))


@require_GET
@member()
def status(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Return the figures on top, which the page asks for again while it is running.

    Once the state has changed the whole page must be drawn anew.
    """
    lottery = find(public_id)
    response = render(request, "lottery/_status.html", _figures(lottery))
    if lottery.state != request.GET.get("was"):
        response["HX-Refresh"] = "true"
    return response


def show(
    request: PortalRequest, lottery: Lottery, *, reason: str = "", reason_errors: Sequence[str] = ()
) -> HttpResponse:
    """Return the page; `reason` and its errors fill the dialog that calls the giveaway off."""
    figures = _figures(lottery)
    context = {
        **figures,
        **_card(lottery, figures["count"]),
        **_chat(lottery),
        "entries": _entries(request, lottery),
        "chart": growth.chart(lottery, _("People"), now=timezone.now()),
        "link": lottery.deep_link,
        "link_here": links.to_open(lottery.deep_link),
        "in_simulator": links.opened_by_simulator(),
        "qr": links.qr_code(lottery.deep_link),
        "may_run": may_run(request),
        "may_edit": lottery.state in giveaways.EDITABLE,
        "may_cancel": lottery.state in giveaways.CANCELLABLE,
        "reason": reason,
        "reason_errors": reason_errors,
    }
    if lottery.is_decided:
        context |= _result(request, lottery)
    return render(request, "lottery/detail.html", context)


def _figures(lottery: Lottery) -> dict[str, Any]:
    # of many the clock's own count will do, which lags by seconds (services/cards.py)
    is_counting = lottery.state == Lottery.State.OPEN and lottery.entry_count < COUNTED_HERE
    return {
        "lottery": lottery,
        "count": entries.count(lottery.pk) if is_counting else lottery.entry_count,
        "prize_total": lottery.prizes.aggregate(total=Sum("count"))["total"] or 0,
        "is_live": lottery.state
        in {
            Lottery.State.SCHEDULED,
            Lottery.State.OPEN,
            Lottery.State.FROZEN,
            Lottery.State.DRAWN,
        },
        "next_at": lottery.starts_at
        if lottery.state == Lottery.State.SCHEDULED
        else lottery.ends_at,
    }


def _card(lottery: Lottery, count: int) -> dict[str, Any]:
    prizes = list(lottery.prizes.all())
    with translation.override(lottery.bot.language):
        text = cards.compose(lottery, prizes, count=count, room=cards.limit_of(lottery))
        keys = [key.text for row in cards.group_keyboard(lottery) for key in row]
    return {"text": text, "keys": keys, "prizes": prizes}


def _chat(lottery: Lottery) -> dict[str, Any]:
    is_lost = lottery.chat is not None and not cards.can_post(lottery)
    return {
        "chat_is_lost": is_lost,
        "is_posted": lottery.chat is not None and cards.is_posted(lottery),
        "may_post": lottery.state == Lottery.State.OPEN and cards.can_post(lottery),
    }


def _entries(request: PortalRequest, lottery: Lottery) -> Page[Entry]:
    found = Entry.objects.filter(lottery=lottery).select_related("person").order_by("-pk")
    return CappedPaginator(found.defer("salt", "tag"), ON_PAGE).get_page(request.GET.get("page"))


def _result(request: PortalRequest, lottery: Lottery) -> dict[str, Any]:
    places = Place.objects.filter(lottery=lottery).select_related("prize", "entry__person")
    paginator = Paginator(places.order_by("position"), PLACES_ON_PAGE)
    return {
        "places": paginator.get_page(request.GET.get("places")),
        "record": DrawRecord.objects.filter(lottery=lottery).first(),
    }

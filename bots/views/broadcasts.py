"""Broadcasts: one text to all people of a bot."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bots.channel_forms import BroadcastForm
from bots.models import Bot, Broadcast
from bots.services import broadcasts
from bots.views import draw
from tenants.access import PortalRequest, member
from tenants.ids import public_id as new_key
from tenants.services.audit import Actor

ON_PAGE = 30
State = Broadcast.State
TONES = {State.RUNNING: "info", State.PAUSED: "warn", State.DONE: "good", State.CANCELLED: ""}
VERBS = {
    "pause": broadcasts.pause,
    "resume": broadcasts.resume,
    "cancel": broadcasts.cancel,
}


def _all() -> QuerySet[Broadcast]:
    return Broadcast.objects.select_related("bot", "created_by").defer("bot__token")


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    found = _all().order_by("-created_at", "-pk")
    page = Paginator(found, ON_PAGE).get_page(request.GET.get("page"))
    for broadcast in page:
        _describe(broadcast)
    return draw(request, "bots/broadcasts.html", {"page": page, "has_bots": _has_bots()})


def _has_bots() -> bool:
    return Bot.objects.filter(state=Bot.State.ENABLED).exists()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("operator")
def compose(request: PortalRequest, slug: str) -> HttpResponse:
    form = BroadcastForm(
        _bots_and_people(),
        request.POST or None,
        initial={"key": new_key(), "bot": request.GET.get("bot")},
    )
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        bot, people = form.chosen()
        if "send" in request.POST:
            try:
                broadcast = broadcasts.start(
                    bot,
                    form.cleaned_data["text"],
                    Actor.from_request(request),
                    key=form.cleaned_data["key"],
                )
            except broadcasts.CannotStart as reason:
                form.add_error(None, str(reason))
            else:
                return redirect("bots:broadcast", slug, broadcast.public_id)
        elif "edit" not in request.POST:
            time = broadcasts.time_left(Broadcast(total=people))
            context |= {"bot": bot, "people": people, "minutes": _minutes(time.total_seconds())}
            context["text"] = form.cleaned_data["text"]
    return draw(request, "bots/broadcast_new.html", context)


def _bots_and_people() -> list[tuple[Bot, int]]:
    reached = Q(people__has_started=True, people__blocked_at=None)
    bots = Bot.objects.filter(state=Bot.State.ENABLED).defer("token")
    return [
        (bot, bot.reached)
        for bot in bots.annotate(reached=Count("people", filter=reached)).order_by("name", "pk")
    ]


def _minutes(seconds: float) -> int:
    return -(-int(seconds) // 60)


def _describe(broadcast: Any) -> Any:
    """Give a broadcast what its pages show beside the row."""
    broadcast.done = broadcast.sent + broadcast.blocked + broadcast.failed
    broadcast.left = max(broadcast.total - broadcast.done, 0)
    broadcast.tone = TONES[State(broadcast.state)]
    broadcast.minutes = _minutes(broadcasts.time_left(broadcast).total_seconds())
    broadcast.is_open = broadcast.finished_at is None
    return broadcast


def _find(public_id: str) -> Any:
    return _describe(get_object_or_404(_all(), public_id=public_id))


@require_GET
@member()
def detail(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    return draw(request, "bots/broadcast.html", {"broadcast": _find(public_id)})


@require_GET
@never_cache
@member()
def progress(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Return the figures that the page asks for every two seconds."""
    broadcast = _find(public_id)
    response = draw(request, "bots/_broadcast_progress.html", {"broadcast": broadcast})
    if request.GET.get("state") != broadcast.state:
        # buttons stand outside of what is swapped, so that nobody's focus is lost
        response["HX-Refresh"] = "true"
    return response


@require_POST
@member("operator")
def act(request: PortalRequest, slug: str, public_id: str, verb: str) -> HttpResponse:
    if verb not in VERBS:
        raise Http404
    broadcast = _find(public_id)
    if not VERBS[verb](broadcast, actor=Actor.from_request(request)):
        messages.info(request, _("Nothing to do: the broadcast has moved on meanwhile."))
    return redirect("bots:broadcast", slug, public_id)

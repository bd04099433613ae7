"""The page behind a link in a message: it shows, and one button acts. Nobody logs in for it.

Opening it changes nothing, since chats open links by themselves to show a preview.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import PlannedStop
from traffic_guard.services.guarding import planning, protecting
from traffic_guard.services.guarding.planning import TooLate
from traffic_guard.services.telling import facts, links, stop_cards
from traffic_guard.services.telling.links import BadLink, Deed, Signed
from traffic_guard.services.telling.stop_cards import Stop
from traffic_guard.texts import link_pages

Do = Callable[[PlannedStop, Actor, datetime], object]
DEEDS: dict[Deed, Do] = {
    Deed.POSTPONE: lambda plan, by, now: planning.postpone(plan, by=by, now=now),
    Deed.SKIP: lambda plan, by, now: planning.skip_cycle(plan, by=by, now=now),
    Deed.STOP_NOW: lambda plan, by, now: planning.stop_now(plan, by=by, now=now),
    Deed.APPROVE: lambda plan, by, now: planning.approve(plan, by=by, now=now),
    Deed.PROTECT: lambda plan, by, now: protecting.protect(plan.server, on=True, by=by, now=now),
}
# behind the address of the page that follows a press
DONE = "done"
# Not `no-referrer`: with that browsers hide from us, too, where a form comes from.
HEADERS = {"Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow"}


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, signed: str) -> HttpResponse:
    """Show what a link does, and do it once when its button is pressed."""
    try:
        link = links.read(signed)
    except BadLink:
        return _page(request, "link_bad.html", {}, status=404)
    with translation.override(link.language):
        now = timezone.now()
        if not _is_active(link):
            return _page(request, "link_bad.html", {}, status=404)
        if link.is_over(now):
            return _page(request, "link_over.html", {}, status=410)
        if request.method == "POST":
            return _done(request, signed, link, now)
        with scope(link.tenant_id, transaction=False):
            return _shown(request, link, now)


def _is_active(link: Signed) -> bool:
    return Tenant.objects.filter(pk=link.tenant_id, state=Tenant.State.ACTIVE).exists()


def _done(request: HttpRequest, signed: str, link: Signed, now: datetime) -> HttpResponse:
    """Act once; the page that follows says what is so now, whoever brought it about."""
    with scope(link.tenant_id):
        plan = links.plan_to_change(link)
        if plan is not None and link.is_fresh(plan):
            by = Actor(Actor.system().kind, links.BY, ip=audit.client_ip(request))
            # too late: the page says what is so
            with suppress(TooLate):
                DEEDS[link.deed](plan, by, now)
                return redirect(f"{reverse('traffic_guard:link', args=[signed])}?{DONE}")
    return redirect("traffic_guard:link", signed)


def _shown(request: HttpRequest, link: Signed, now: datetime) -> HttpResponse:
    plan = links.plan_of(link)
    if plan is None:
        return _page(request, "link_bad.html", {}, status=404)
    frame = facts.frame_of(link.tenant_id, now)
    stop = Stop(plan, facts.of([plan.server], frame)[plan.server_id])
    can_act = link.is_fresh(plan)
    context = {
        "title": stop_cards.title(stop),
        "lines": stop_cards.lines(stop),
        "question": link_pages.question(link.deed, stop) if can_act else "",
        "button": link_pages.button(link.deed) if can_act else "",
        "is_danger": link.deed in {Deed.STOP_NOW, Deed.APPROVE},
        "note": "" if can_act else _note(request, plan),
    }
    return _page(request, "link.html", context)


def _note(request: HttpRequest, plan: PlannedStop) -> str:
    return link_pages.done() if DONE in request.GET else link_pages.used(plan)


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    response = render(request, f"traffic_guard/{template}", context, status=status)
    for name, value in HEADERS.items():
        response[name] = value
    return response

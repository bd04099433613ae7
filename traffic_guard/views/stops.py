"""What people say to a planned stop: later, not in this cycle, not at all, now, or go ahead."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenants.access import PortalRequest, member
from tenants.services.audit import Actor
from traffic_guard.models import PlannedStop
from traffic_guard.services.guarding import planning, rows
from traffic_guard.services.guarding.planning import TooLate
from traffic_guard.services.readings import words
from traffic_guard.services.telling import costs_while_off

DASHBOARD = "dashboard"


@require_POST
@member("operator")
def postpone(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Put a stop off by an hour; a form that was sent twice does so once."""
    plan = _find(public_id)
    if request.POST.get("seen", "") != str(plan.postponed):
        messages.info(request, _("It was postponed already: look when it is planned for now."))
        return _back(request, plan)

    def act(by: Actor) -> str:
        planning.postpone(plan, by=by, now=timezone.now())
        at = words.moment(plan.execute_at, timezone.get_current_timezone())
        said = _("Postponed: %(name)s is stopped at %(at)s.")
        return words.one_full_stop(said % {"name": plan.server, "at": at})

    return _do(request, plan, act)


@require_POST
@member("operator")
def skip(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Leave the server alone until its cycle ends."""
    plan = _find(public_id)

    def act(by: Actor) -> str:
        planning.skip_cycle(plan, by=by, now=timezone.now())
        return _("%(name)s is not stopped in this cycle.") % {"name": plan.server}

    return _do(request, plan, act)


@require_POST
@member("operator")
def cancel(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Call the stop off."""
    plan = _find(public_id)

    def act(by: Actor) -> str:
        planning.cancel(plan, by=by, now=timezone.now())
        return _("Cancelled. Another stop of %(name)s is not planned within a day.") % {
            "name": plan.server
        }

    return _do(request, plan, act)


@require_POST
@member("operator")
def now(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Bring the stop forward, once that was confirmed."""
    plan = _find(public_id)
    if "confirmed" not in request.POST:
        context = {
            "plan": plan,
            "server": plan.server,
            "billed": costs_while_off.text(plan.server),
            "back": request.POST.get("back", ""),
        }
        return render(request, "traffic_guard/stop_now.html", context)

    def act(by: Actor) -> str:
        planning.stop_now(plan, by=by, now=timezone.now())
        return _("%(name)s is stopped as soon as everything was checked once more.") % {
            "name": plan.server
        }

    return _do(request, plan, act)


@require_POST
@member("operator")
def approve(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Let a stop happen that waits for somebody's word."""
    plan = _find(public_id)

    def act(by: Actor) -> str:
        planning.approve(plan, by=by, now=timezone.now())
        return _("%(name)s is stopped as soon as everything was checked once more.") % {
            "name": plan.server
        }

    return _do(request, plan, act)


def _find(public_id: str) -> PlannedStop:
    plans = PlannedStop.objects.select_related("server__account")
    plans = plans.defer(*(f"server__{name}" for name in rows.SECRETS))
    plan: PlannedStop = get_object_or_404(plans, public_id=public_id)
    return plan


def _do(request: PortalRequest, plan: PlannedStop, act: Callable[[Actor], str]) -> HttpResponse:
    try:
        with transaction.atomic():
            said = act(Actor.from_request(request))
    except TooLate as late:
        state = PlannedStop.State(late.state).label
        messages.warning(request, _("Too late, it is settled: %(state)s.") % {"state": state})
    else:
        messages.success(request, said)
    return _back(request, plan)


def _back(request: PortalRequest, plan: PlannedStop) -> HttpResponse:
    if request.POST.get("back") == DASHBOARD:
        return redirect("traffic_guard:dashboard", request.tenant.slug)
    return redirect("traffic_guard:server", request.tenant.slug, plan.server.public_id)

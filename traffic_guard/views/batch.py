"""How far the stops, starts and reboots are that were asked for together."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from traffic_guard.models import PowerAction
from traffic_guard.services.guarding import rows
from traffic_guard.services.telling import action_words
from traffic_guard.views import is_part, may

State = PowerAction.State
TONES = {
    State.DONE: "good",
    State.REFUSED: "bad",
    State.UNVERIFIED: "bad",
    State.UNCLEAR: "warn",
    State.WITHDRAWN: "",
}


@require_GET
@member()
def page(request: PortalRequest, slug: str, batch: str) -> HttpResponse:
    """Show a batch, or only what moves of it to who asks again."""
    found = PowerAction.objects.filter(batch=batch).select_related("server__account")
    actions = list(found.defer(*(f"server__{name}" for name in rows.SECRETS)).order_by("pk"))
    if not actions:
        raise Http404
    shown = [line(action, ZoneInfo(request.tenant.time_zone)) for action in actions]
    done = sum(not action.is_open for action in actions)
    context = {
        "batch": batch,
        "kind": actions[0].kind,
        "lines": shown,
        "count": len(actions),
        "done": done,
        "is_over": done == len(actions),
        "failed": sum(action.state in action_words.FAILED for action in actions),
        "may_act": may(request, "operator"),
    }
    template = "_batch_live" if is_part(request) else "batch"
    return render(request, f"traffic_guard/{template}.html", context)


def line(action: PowerAction, zone: ZoneInfo) -> dict[str, Any]:
    """Return what is shown of one action."""
    return {
        "action": action,
        "server": action.server,
        "tone": TONES.get(State(action.state), "info"),
        "said": action_words.state(action, zone, timezone.now()),
        "advice": action_words.advice(action),
        "by": action.requested_by or action.get_origin_display(),
    }

"""The log that answers "why was, or was not, this server stopped?"."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from tenants.paging import CappedPaginator
from traffic_guard.forms.decisions import KINDS, DecisionFilter
from traffic_guard.models import Decision
from traffic_guard.services.guarding import decision_words, decisions, rows
from traffic_guard.services.guarding.verdicts import Event, Verdict
from traffic_guard.services.policies import setting_words
from traffic_guard.services.policies.resolving import THRESHOLDS
from traffic_guard.services.readings import words
from traffic_guard.services.telling import outlook
from traffic_guard.views import lines

ON_PAGE = 30
TONES: dict[str, str] = {
    Verdict.ABOVE: "good",
    Verdict.STOP: "warn",
    Event.PLANNED: "warn",
    Event.HELD: "bad",
    Event.REMINDED: "bad",
    Event.DONE: "good",
    Event.RESUMING: "good",
}


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """List decisions, the newest first."""
    now = timezone.now()
    form = filter_of(request)
    page = CappedPaginator(find(form), ON_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": [line(one, _zone(request), now) for one in page.object_list],
        "query": request.GET.urlencode(),
    }
    return render(request, "traffic_guard/decisions.html", context)


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show one decision with the readings and rules that it rests on."""
    found = decisions.of_tenant().select_related("server__account")
    decision = get_object_or_404(
        found.defer(*(f"server__{name}" for name in rows.SECRETS)), public_id=public_id
    )
    context = {
        **line(decision, _zone(request), timezone.now()),
        "evidence": decision_words.evidence(decision, _zone(request)),
        "settings": settings_of(decision),
        "plan": decision.planned_stop,
        "action": decision.action,
    }
    return render(request, "traffic_guard/decision.html", context)


def filter_of(request: PortalRequest) -> DecisionFilter:
    """Return the filter as the address says it."""
    accounts = [(one.public_id, one.name) for one in lines.accounts()]
    return DecisionFilter(request.GET, accounts=accounts)


def find(form: DecisionFilter) -> QuerySet[Decision]:
    """Return the decisions that are looked for, the newest first."""
    return decisions.of_tenant().filter(form.condition())


def line(decision: Decision, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return what a list shows of a decision."""
    return {
        "decision": decision,
        "server": decision.server,
        "sentence": decision_words.sentence(decision, zone),
        "tone": tone(decision.code),
        "ago": words.distance(decision.last_at, now),
    }


def tone(code: str) -> str:
    """Return how a decision is marked: good, warn, bad, info or not at all."""
    if code in KINDS["trouble"]:
        return "bad"
    if code in KINDS["unknown"]:
        return "warn"
    return "info" if code in KINDS["people"] else TONES.get(code, "")


def settings_of(decision: Decision) -> list[dict[str, str]]:
    """Return the policy as it was then, in words; empty where the decision keeps none."""
    kept = decision.facts.get("policy") or {}
    shares = [kept.get(name) or (None, "default") for name in THRESHOLDS]
    said = {"threshold": (setting_words.threshold(shares[0][0], shares[1][0]), shares[0][1])}
    said |= {
        name: (setting_words.value(name, kept[name][0]), kept[name][1])
        for name in setting_words.LABELS
        if name in kept
    }
    return [
        {"label": str(setting_words.LABELS[name]), "value": value, "source": outlook.source(source)}
        for name, (value, source) in said.items()
        if kept
    ]


def _zone(request: PortalRequest) -> ZoneInfo:
    return ZoneInfo(request.tenant.time_zone)

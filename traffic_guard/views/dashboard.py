"""What matters now: what runs low, what is about to be stopped, what needs somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from traffic_guard.models import Account
from traffic_guard.services.accounts import findings
from traffic_guard.services.guarding import oversight, rows
from traffic_guard.services.policies import resolving
from traffic_guard.services.readings import pacing, words
from traffic_guard.services.telling.facts import Frame
from traffic_guard.views import lines, may, plans

SHOWN = 12
SHOWN_PLANS = 20
SHOWN_TROUBLED = 5


@require_GET
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the dashboard."""
    return render(request, "traffic_guard/dashboard.html", _context(request))


@require_GET
@member()
def live(request: PortalRequest, slug: str) -> HttpResponse:
    """Return what moves of it, which the page asks for again while somebody looks."""
    return render(request, "traffic_guard/_dashboard_live.html", _context(request))


def _context(request: PortalRequest) -> dict[str, Any]:
    now = timezone.now()
    frame = lines.frame(request, now)
    overview = oversight.overview(frame.settings, now)
    waiting = list(rows.open_plans()[: SHOWN_PLANS + 1])
    least = list(rows.listed().order_by(*rows.ORDERS[""])[:SHOWN])
    looking = oversight.looking()
    troubled = oversight.troubled()
    return {
        "overview": overview,
        "at_risk": _at_risk(overview),
        "excess": words.volume(overview.excess_bytes),
        "plans": plans.lines(waiting[:SHOWN_PLANS], frame),
        "more_plans": len(waiting) > SHOWN_PLANS,
        "lines": lines.lines(least, frame),
        "troubled": [_trouble(one) for one in troubled[:SHOWN_TROUBLED]],
        "more_troubled": len(troubled) > SHOWN_TROUBLED,
        "paused_until": _paused(frame),
        "has_accounts": bool(looking.accounts),
        "looked": words.distance(looking.polled_at, now) if looking.polled_at else "",
        "next_look": _next(looking.next_at, now),
        # as wanted, or as often as the limit that all share allows
        "minutes": round(resolving.of_tenant().interval_minutes.value * pacing.slowest()),
        "may_act": may(request, "operator"),
        "may_link": may(request, "admin"),
    }


def _at_risk(overview: oversight.Overview) -> str:
    if overview.at_risk is None:
        return ""
    return words.money(overview.at_risk, overview.currency)


def _paused(frame: Frame) -> datetime | None:
    until = frame.settings.paused_until
    return until if until is not None and until > frame.now else None


def _next(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    return words.distance(max(at, now), now)


def _trouble(account: Account) -> dict[str, Any]:
    """Return an account that needs somebody, and the worst that is the matter with it."""
    found = findings.of_account(account)
    said = [one.title for one in found if one.tone != findings.INFO][:2]
    if account.halted_for:
        said.insert(0, _("Automatic stops are halted until somebody has looked."))
    if not said and account.poll_failures >= oversight.FAILURES:
        said = [_("The cloud does not answer: nothing is read.")]
    if not said and account.discovery_note == "empty":
        said = [_("The search found no servers. Is the resource recorder on?")]
    return {
        "account": account,
        "said": said,
        "tone": "bad" if account.state == Account.State.BROKEN or account.halted_for else "warn",
    }

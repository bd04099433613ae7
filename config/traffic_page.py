"""The operators' page of cloud traffic: how clouds are read, what is late, stuck or broken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse  # noqa: TID251 - a page of the site
from django.shortcuts import render  # noqa: TID251
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config.dashboard import Figure, in_words
from config.operator_parts import NONE, Fact, change_url, lag, list_url
from tenants.redaction import struck
from traffic_guard.models import PowerAction
from traffic_guard.services.guarding import operations
from traffic_guard.services.guarding.operations import Api, Cloud, Counts

APP = "traffic_guard"


@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show it; the part that moves alone where that asks for itself again.

    Raises:
        PermissionDenied: the operator may not see accounts.
    """
    if not request.user.has_perm("traffic_guard.view_account"):
        raise PermissionDenied
    now = timezone.now()
    context = {
        "now": now,
        "clouds": [cloud(one) for one in operations.clouds(now)],
        "lags": [lag(one) for one in operations.lags(now)],
        "figures": figures(operations.counts(now)),
        "late": [
            {
                "account": one,
                "url": change_url(APP, "account", one.pk),
                "since": in_words(now - one.poll_at) if one.poll_at else NONE,
                "read": in_words(now - one.polled_at) if one.polled_at else _("never"),
            }
            for one in operations.late_accounts(now)
        ],
        "sick": [
            {
                "account": one.account,
                "url": change_url(APP, "account", one.account.pk),
                "why": struck(one.problem),
            }
            for one in operations.sick_accounts()
        ],
        "actions": [action(one, now) for one in operations.unclear_actions(now)],
        "stops": [
            {
                "plan": one,
                "url": change_url(APP, "plannedstop", one.pk),
                "since": in_words(now - one.execute_at),
            }
            for one in operations.late_stops(now)
        ],
    }
    if request.headers.get("HX-Request"):
        return render(request, "operator/_traffic_live.html", context)
    shell = {**admin.site.each_context(request), "title": _("Cloud traffic")}
    return render(request, "operator/traffic.html", {**shell, **context})


def cloud(one: Cloud) -> dict[str, Any]:
    """Return a cloud's card: its name, how it is, and the facts."""
    is_slow = one.stretch > 1
    facts = [
        Fact(_("Accounts that are read"), f"{one.accounts:,}"),
        Fact(_("Late"), f"{one.late:,}", one.late > 0),
        Fact(
            _("Intervals"),
            _("%(factor)s times as long as wanted") % {"factor": f"{one.stretch:.2g}"}
            if is_slow
            else _("as wanted"),
            is_slow,
        ),
        *(_api(api) for api in one.apis),
    ]
    return {
        "id": one.provider,
        "name": one.title,
        "is_bad": one.late > 0 or any(not api.pace for api in one.apis),
        "facts": facts,
    }


def _api(one: Api) -> Fact:
    """Return how one API is called: this hour, the hour before, and what it takes now."""
    limit = _("%(calls)s a second") % {"calls": f"{one.pace:.3g}"} if one.pace else _("paused")
    said = _("%(now)s calls this hour, %(before)s in the last; limit: %(limit)s") % {
        "now": f"{one.this_hour:,}",
        "before": f"{one.last_hour:,}",
        "limit": limit,
    }
    return Fact(one.name.upper(), said, not one.pace)


def figures(found: Counts) -> list[Figure]:
    """Return the numbers with the lists behind them."""
    lost, late = found.unclear + found.unverified, found.overdue
    return [
        Figure(
            _("Readings"),
            f"{found.readings:,}",
            _("in the last hour"),
            icon="monitoring",
            url=list_url(APP, "reading"),
        ),
        Figure(
            _("Broken accounts"),
            f"{found.broken}",
            _("stops halted: %(count)s") % {"count": found.halted},
            list_url(APP, "account", state__exact="broken"),
            "key_off",
            "bad" if found.broken or found.halted else "good",
        ),
        Figure(
            _("Stops and starts without a clear end"),
            f"{lost}",
            _("not confirmed: %(count)s") % {"count": found.unverified},
            list_url(APP, "poweraction", state__exact="unverified"),
            "help",
            "bad" if lost else "good",
        ),
        Figure(
            _("Planned stops waiting"),
            f"{found.waiting}",
            _("held: %(held)s, overdue: %(late)s") % {"held": found.held, "late": late},
            list_url(APP, "plannedstop", state__exact="waiting"),
            "hourglass_top",
            "bad" if late else "",
        ),
    ]


def action(one: PowerAction, now: datetime) -> dict[str, Any]:
    """Return a line of the actions that have no clear end."""
    return {
        "action": one,
        "url": change_url(APP, "poweraction", one.pk),
        "kind": one.get_kind_display(),
        "state": one.get_state_display(),
        "since": in_words(now - (one.sent_at or one.created_at)),
    }

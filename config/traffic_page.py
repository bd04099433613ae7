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
from config.operator_parts import NONE, Fact, Line, Table, cells, change_url, lag, list_url
from tenants.redaction import struck
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
        "tables": [late(now), sick(), unclear(now), overdue(now)],
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
    lost, is_late = found.unclear + found.unverified, found.overdue > 0
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
            _("held: %(held)s, overdue: %(late)s") % {"held": found.held, "late": found.overdue},
            list_url(APP, "plannedstop", state__exact="waiting"),
            "hourglass_top",
            "bad" if is_late else "",
        ),
    ]


# --- What somebody should look at


def late(now: datetime) -> Table:
    """Return the accounts that are not read in time."""
    return Table(
        "traffic-late",
        _("Accounts that wait for their reading"),
        (_("Account"), _("Tenant"), _("Waits for"), _("Last read")),
        [
            Line(
                f"{one.pk}",
                one,
                change_url(APP, "account", one.pk),
                cells(
                    one.tenant,
                    in_words(now - one.poll_at) if one.poll_at else NONE,
                    in_words(now - one.polled_at) if one.polled_at else _("never"),
                ),
            )
            for one in operations.late_accounts(now)
        ],
        _("None: every account is read in time."),
    )


def sick() -> Table:
    """Return the accounts whose keys do not work, or whose stops are halted."""
    return Table(
        "traffic-sick",
        _("Broken and halted accounts"),
        (_("Account"), _("Tenant"), _("Reason")),
        [
            Line(
                f"{one.account.pk}",
                one.account,
                change_url(APP, "account", one.account.pk),
                cells(one.account.tenant, struck(one.problem)),
            )
            for one in operations.sick_accounts()
        ],
        _("None: the clouds take the keys of all accounts."),
    )


def unclear(now: datetime) -> Table:
    """Return the stops and starts of which nobody knows what became of them."""
    return Table(
        "traffic-actions",
        _("Stops and starts without a clear end"),
        (_("Server"), _("Tenant"), _("What"), _("State"), _("Since")),
        [
            Line(
                f"{one.pk}",
                one.server,
                change_url(APP, "poweraction", one.pk),
                cells(
                    one.tenant,
                    one.get_kind_display(),
                    one.get_state_display(),
                    in_words(now - (one.sent_at or one.created_at)),
                ),
            )
            for one in operations.unclear_actions(now)
        ],
        _("None: of every stop and start it is known what became of it."),
    )


def overdue(now: datetime) -> Table:
    """Return the planned stops that nobody looked at when their time came."""
    return Table(
        "traffic-stops",
        _("Planned stops that nobody looked at in time"),
        (_("Server"), _("Tenant"), _("Due since")),
        [
            Line(
                f"{one.pk}",
                one.server,
                change_url(APP, "plannedstop", one.pk),
                cells(one.tenant, in_words(now - one.execute_at)),
            )
            for one in operations.late_stops(now)
        ],
        _("None: every planned stop is looked at when its time has come."),
    )

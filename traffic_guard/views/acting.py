"""Starts, stops and reboots one or many servers, protects them or leaves them alone: asks first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tenants.access import PortalRequest, member
from tenants.ids import public_id
from tenants.services.audit import Actor
from traffic_guard.forms.acting import PauseForm, PowerForm
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.guarding import actions, pausing, protecting, rows
from traffic_guard.services.guarding.actions import Batch
from traffic_guard.services.telling import costs_while_off, preferences, reasons
from traffic_guard.services.telling.words import listed

# what a forged form could name; a page ticks at most 25
MOST = 100
LONGEST_KEY = 40
POWER = frozenset(PowerAction.Kind.values)
PROTECTING = {"protect": True, "unprotect": False}
PAUSING = frozenset({"pause", "unpause"})
KNOWN = POWER | frozenset(PROTECTING) | PAUSING
FORMS: dict[str, type[forms.Form]] = {
    "stop": PowerForm,
    "reboot": PowerForm,
    "pause": PauseForm,
}


@require_POST
@member("operator")
def act(request: PortalRequest, slug: str) -> HttpResponse:
    """Ask about the ticked servers what is about to happen, and do it once that is confirmed."""
    name = request.POST.get("action", "")
    chosen = _chosen(request)
    if name not in KNOWN or not chosen:
        messages.info(request, _("Tick the servers that you mean first."))
        return redirect(_back(request))
    is_confirmed = "confirmed" in request.POST
    kind = FORMS.get(name, forms.Form)
    form = kind(request.POST) if is_confirmed else kind()
    if not is_confirmed or not form.is_valid():
        return _ask(request, name, chosen, form)
    if name in POWER:
        return _power(request, name, chosen, form)
    with transaction.atomic():
        _set(request, name, chosen, form)
    return redirect(_back(request))


def _chosen(request: PortalRequest) -> list[Server]:
    ids = [one for one in request.POST.getlist("server")[:MOST] if one.isalnum()]
    found = rows.listed().select_related("account__tenant").filter(public_id__in=ids)
    return list(found.order_by("name", "pk"))


def _back(request: PortalRequest) -> str:
    """Return the list as it was, or the page of the one server that sent the form."""
    if request.POST.get("from") == "server":
        [one, *_rest] = [*request.POST.getlist("server"), ""]
        if one.isalnum():
            return reverse("traffic_guard:server", args=[request.tenant.slug, one])
    query = request.POST.get("back", "")
    return f"{reverse('traffic_guard:servers', args=[request.tenant.slug])}?{query}".rstrip("?")


# --- Asking


def _ask(
    request: PortalRequest, name: str, chosen: Sequence[Server], form: forms.Form
) -> HttpResponse:
    context = {
        "action": name,
        "lines": [_line(name, server) for server in chosen],
        "form": form,
        "is_stop": name == PowerAction.Kind.STOP,
        "key": request.POST.get("key", "")[:LONGEST_KEY] or public_id(),
        "back": request.POST.get("back", ""),
        "from": request.POST.get("from", ""),
        "back_url": _back(request),
    }
    return render(request, "traffic_guard/act.html", context)


def _line(name: str, server: Server) -> dict[str, Any]:
    """Return what is to be known of one server before that is done to it."""
    why_not = actions.why_not(server, name) if name in POWER else ""
    return {
        "server": server,
        "why_not": reasons.clause(why_not),
        "billed": costs_while_off.text(server) if name == "stop" else "",
        "power": server.get_power_display(),
    }


# --- Doing


def _power(
    request: PortalRequest, name: str, chosen: Sequence[Server], form: forms.Form
) -> HttpResponse:
    key = request.POST.get("key", "")[:LONGEST_KEY] or public_id()
    with transaction.atomic():
        batch = actions.request(
            chosen,
            name,
            origin=PowerAction.Origin.PORTAL,
            requested_by=request.user.email,
            request_key=f"portal:{key}",
            now=timezone.now(),
            is_hard=bool(form.cleaned_data.get("is_hard")),
        )
    for why, names in _by_reason(batch).items():
        messages.warning(request, f"{listed(names)}: {why}")
    if not batch.actions:
        return redirect(_back(request))
    return redirect("traffic_guard:batch", request.tenant.slug, batch.batch)


def _by_reason(batch: Batch) -> dict[str, list[str]]:
    """Return which servers got no action, by why: few messages for many of them."""
    found: dict[str, list[str]] = {}
    for one in batch.refused:
        found.setdefault(reasons.clause(one.why), []).append(one.server.name)
    return found


def _set(request: PortalRequest, name: str, chosen: Sequence[Server], form: forms.Form) -> None:
    by, now = Actor.from_request(request), timezone.now()
    # all servers before the first message: see the order of locks in preferences.py
    preferences.take_turn(request.tenant.pk)
    preferences.hold_servers(one.pk for one in chosen)
    for server in chosen:
        if name in PROTECTING:
            protecting.protect(server, on=PROTECTING[name], by=by, now=now)
        elif name == "pause":
            until = now + timedelta(hours=form.cleaned_data["hours"])
            pausing.pause_server(server, until, by=by, now=now)
        else:
            pausing.pause_server(server, None, by=by, now=now)
    said = {
        "protect": ngettext("%(n)s server protected.", "%(n)s servers protected.", len(chosen)),
        "unprotect": ngettext(
            "%(n)s server is no longer protected.",
            "%(n)s servers are no longer protected.",
            len(chosen),
        ),
        "pause": ngettext(
            "Automatic stops of %(n)s server are paused.",
            "Automatic stops of %(n)s servers are paused.",
            len(chosen),
        ),
        "unpause": ngettext(
            "Automatic stops of %(n)s server are allowed again.",
            "Automatic stops of %(n)s servers are allowed again.",
            len(chosen),
        ),
    }
    messages.success(request, said[name] % {"n": len(chosen)})

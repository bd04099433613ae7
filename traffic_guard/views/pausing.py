"""Rests of all automatic stops of a tenant."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenants.access import PortalRequest, member
from tenants.services.audit import Actor
from traffic_guard.forms.acting import PauseForm
from traffic_guard.services.guarding import pausing
from traffic_guard.services.readings import words


@require_POST
@member("operator")
def pause(request: PortalRequest, slug: str) -> HttpResponse:
    """Stop nothing automatically for some hours."""
    form = PauseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose for how long."))
        return redirect("traffic_guard:dashboard", slug)
    now = timezone.now()
    until = now + timedelta(hours=form.cleaned_data["hours"])
    with transaction.atomic():
        pausing.pause_all(until, by=Actor.from_request(request), now=now)
    at = words.moment(until, timezone.get_current_timezone())
    said = _("Nothing is stopped automatically until %(at)s.") % {"at": at}
    messages.success(request, words.one_full_stop(said))
    return redirect("traffic_guard:dashboard", slug)


@require_POST
@member("operator")
def resume(request: PortalRequest, slug: str) -> HttpResponse:
    """Let the guard act again."""
    with transaction.atomic():
        pausing.resume_all(by=Actor.from_request(request), now=timezone.now())
    messages.success(request, _("Automatic stops are allowed again."))
    return redirect("traffic_guard:dashboard", slug)

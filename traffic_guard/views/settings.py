"""The product's settings of one tenant, but for those about telling."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.access import PortalRequest, member
from tenants.models import Membership
from tenants.services.audit import Actor
from traffic_guard.forms.settings import SettingsForm, initial_of
from traffic_guard.models import Preferences
from traffic_guard.services.telling import preferences
from traffic_guard.views import may


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the settings to every member; admins change them."""
    # a viewer's look writes no row
    found = Preferences.objects.first() or Preferences()
    form = SettingsForm(
        request.POST if request.method == "POST" else None, initial=initial_of(found)
    )
    if request.method == "POST":
        if not may(request, "admin"):
            needed = {"needed": Membership.Role.ADMIN.label}
            return render(request, "403.html", needed, status=403)
        if form.is_valid():
            _save(request, form)
            return redirect("traffic_guard:settings", slug)
    context = {"form": form, "may_change": may(request, "admin")}
    return render(request, "traffic_guard/settings.html", context)


def _save(request: PortalRequest, form: SettingsForm) -> None:
    with transaction.atomic():
        changed = preferences.change(
            request.tenant.pk, actor=Actor.from_request(request), **form.cleaned_data
        )
    if changed:
        messages.success(request, _("Settings saved."))
    else:
        messages.info(request, _("Nothing was changed."))
